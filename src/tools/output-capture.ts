import { randomBytes } from 'node:crypto';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

/** The model reads this many bytes from the beginning and as many from the end. */
const shownBytes = 32 * 1024;

export interface Captured {
  /** All of it, or its beginning and end and what was left out between them. */
  readonly text: string;
  /** Absolute path of the file with the whole output (up to the cap), when it was cut. */
  readonly spilled: string | null;
}

/** Takes the output of a program in memory that does not grow with it: what is too long goes to a file as it comes. */
export class OutputCapture {
  readonly #folder: string;
  readonly #capBytes: number;
  readonly #head = Buffer.alloc(shownBytes);
  /** The last bytes, in a ring. */
  readonly #tail = Buffer.alloc(shownBytes);
  #total = 0;
  #written = 0;
  #file: { readonly path: string; readonly handle: FileHandle } | null = null;
  #problem: string | null = null;
  #queue: Promise<void> = Promise.resolve();

  constructor(folder: string, capBytes: number) {
    this.#folder = folder;
    this.#capBytes = capBytes;
  }

  /** Resolves when the chunk is stored; chunks are stored in the order of the calls. */
  write(chunk: Buffer): Promise<void> {
    this.#queue = this.#queue.then(() => this.#store(chunk));
    return this.#queue;
  }

  /** Closes the file. Call once, after the last write. */
  async finish(): Promise<Captured> {
    await this.#queue;
    await this.#file?.handle.close();
    const head = this.#head.subarray(0, Math.min(this.#total, shownBytes));
    if (this.#total <= 2 * shownBytes)
      return { text: Buffer.concat([head, this.#tailBytes()]).toString('utf8'), spilled: null };
    const left = this.#total - 2 * shownBytes;
    const text = `${wholeCharacters(head)}\n… ${left} bytes left out; ${this.#whereabouts()} …\n${wholeCharacters(this.#tailBytes())}`;
    return { text, spilled: this.#file?.path ?? null };
  }

  #whereabouts(): string {
    if (this.#problem !== null) return `the whole output could not be kept (${this.#problem})`;
    const kept =
      this.#written < this.#total
        ? `the first ${this.#written} of ${this.#total} bytes are`
        : `all ${this.#total} bytes are`;
    return `${kept} in ${this.#file?.path ?? 'no file'}`;
  }

  async #store(chunk: Buffer): Promise<void> {
    if (this.#file === null && this.#problem === null && this.#total + chunk.length > 2 * shownBytes) {
      await this.#spill(async () => {
        await mkdir(this.#folder, { recursive: true, mode: 0o700 });
        const path = join(this.#folder, `command-${randomBytes(8).toString('hex')}.log`);
        this.#file = { path, handle: await open(path, 'wx', 0o600) };
        await this.#append(this.#head.subarray(0, Math.min(this.#total, shownBytes)));
        await this.#append(this.#tailBytes());
      });
    }
    if (this.#file !== null && this.#problem === null) await this.#spill(() => this.#append(chunk));
    this.#remember(chunk);
  }

  /** A full disk must not end the program whose output it is: the rest is only counted. */
  async #spill(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      this.#problem = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    }
  }

  async #append(bytes: Buffer): Promise<void> {
    const room = bytes.subarray(0, Math.max(0, this.#capBytes - this.#written));
    for (let from = 0; from < room.length;) {
      const { bytesWritten } = await (this.#file?.handle.write(room, from) ?? { bytesWritten: room.length });
      from += bytesWritten;
      this.#written += bytesWritten;
    }
  }

  #remember(chunk: Buffer): void {
    const toHead = chunk.copy(this.#head, Math.min(this.#total, shownBytes));
    const rest = chunk.subarray(toHead);
    const last = rest.subarray(Math.max(0, rest.length - shownBytes));
    const at = (Math.max(0, this.#total - shownBytes) + (rest.length - last.length)) % shownBytes;
    const first = last.copy(this.#tail, at);
    last.copy(this.#tail, 0, first);
    this.#total += chunk.length;
  }

  #tailBytes(): Buffer {
    const size = Math.max(0, this.#total - shownBytes);
    if (size <= shownBytes) return this.#tail.subarray(0, size);
    const at = size % shownBytes;
    return Buffer.concat([this.#tail.subarray(at), this.#tail.subarray(0, at)]);
  }
}

/** The text without the halves of characters at its ends. */
function wholeCharacters(bytes: Buffer): string {
  return bytes.toString('utf8').replace(/^\ufffd{1,3}|\ufffd{1,3}$/g, '');
}
