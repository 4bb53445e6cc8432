import type { Readable, Writable } from 'node:stream';
import {
  deserializeMessage,
  serializeMessage,
  type JSONRPCMessage,
  type Transport,
} from '@modelcontextprotocol/client';

/** What the transport needs of a server's process. */
export interface MessageStreams {
  readonly input: Writable;
  readonly output: Readable;
  readonly ended: Promise<string>;
  kill(how: string): void;
}

/**
 * JSON-RPC messages, one a line, over a process that somebody else starts and ends. The package's own transport starts the
 * process itself: not in a group of its own, with more of the environment, and cannot end what the process started.
 * Lines that are no object are passed over (some servers print there). A server that sends nothing else, or a line that does
 * not end, or one wrong message after the other, is killed.
 */
export class StreamTransport implements Transport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: Transport['onmessage'];
  readonly #streams: MessageStreams;
  /** The beginning of a line whose end has not come. */
  #parts: Buffer[] = [];
  #bytesSinceMessage = 0;
  #wrongSinceMessage = 0;
  #broken = false;

  constructor(streams: MessageStreams) {
    this.#streams = streams;
  }

  async start(): Promise<void> {
    const { output, ended } = this.#streams;
    output.on('data', (chunk: Buffer) => {
      this.#read(chunk);
      // One chunk a turn: a server that floods us must not keep the rest of the runtime waiting.
      output.pause();
      setImmediate(() => output.resume());
    });
    // It may live on, but nothing more can come from it.
    output.once('end', () => setTimeout(() => this.#streams.kill('closed its output'), endGraceMs).unref());
    void ended.then(() => this.onclose?.());
  }

  /** Settles when the message is handed over; what is not taken is given up when the server ends. */
  async send(message: JSONRPCMessage): Promise<void> {
    const { input } = this.#streams;
    if (!input.writable) throw new Error('The server takes no more input.');
    if (input.writableLength > maxMessageBytes) {
      this.#break('read nothing of what it was sent');
      throw new Error('The server reads nothing of what it is sent.');
    }
    input.write(serializeMessage(message));
  }

  /** Nothing: the process is ended by whoever started it, and that is the close. */
  async close(): Promise<void> {}

  #read(chunk: Buffer): void {
    if (this.#broken) return;
    this.#bytesSinceMessage += chunk.length;
    if (this.#bytesSinceMessage > maxMessageBytes) {
      this.#break(`sent ${maxMessageBytes / mib} MiB without a message of the protocol in them`);
      return;
    }
    let from = 0;
    for (let at = chunk.indexOf(lineEnd); at !== -1 && !this.#broken; at = chunk.indexOf(lineEnd, from)) {
      const line = Buffer.concat([...this.#parts, chunk.subarray(from, at)]);
      this.#parts = [];
      from = at + 1;
      this.#take(line.toString('utf8'));
    }
    if (from < chunk.length) this.#parts.push(chunk.subarray(from));
  }

  #take(line: string): void {
    if (!line.trimStart().startsWith('{')) return;
    let message: JSONRPCMessage;
    try {
      message = deserializeMessage(line);
    } catch {
      this.#wrongSinceMessage += 1;
      if (this.#wrongSinceMessage > maxWrong) this.#break(`sent ${maxWrong} wrong messages in a row`);
      return;
    }
    this.#bytesSinceMessage = 0;
    this.#wrongSinceMessage = 0;
    this.onmessage?.(message);
  }

  #break(how: string): void {
    this.#broken = true;
    this.#parts = [];
    this.#streams.kill(`${how} and was killed`);
  }
}

const lineEnd = 0x0a;
const mib = 1024 * 1024;
const maxMessageBytes = 8 * mib;
const maxWrong = 100;
const endGraceMs = 1000;
