import { AbstractMessageWriter, type Message, type MessageWriter } from 'vscode-jsonrpc';

/** The child's end of a fork channel, as `process` has it. */
export interface IpcEnd {
  send?(message: unknown, handle: undefined, options: undefined, callback: (error: Error | null) => void): boolean;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
}

/**
 * Writes to the fork's channel. The library's own writer calls a message written at once; here `write` resolves when
 * the pipe took it, so that a host that does not read is noticed.
 */
export class IpcWriter extends AbstractMessageWriter implements MessageWriter {
  readonly #end: IpcEnd;
  #last: Promise<unknown> = Promise.resolve();

  constructor(end: IpcEnd) {
    super();
    this.#end = end;
    end.on('error', (error) => this.fireError(error, undefined, undefined));
    end.on('disconnect', () => this.fireClose());
  }

  /** Resolves when the pipe took, or refused, all that was written. A host that does not read can keep it waiting. */
  async written(): Promise<void> {
    await this.#last;
  }

  write(message: Message): Promise<void> {
    const writing = new Promise<void>((resolve, reject) => {
      if (this.#end.send === undefined) return reject(new Error('The host is gone.'));
      this.#end.send(message, undefined, undefined, (error) => {
        if (error === null) return resolve();
        this.fireError(error, message, 1);
        reject(error);
      });
    });
    this.#last = writing.catch(() => undefined);
    return writing;
  }

  end(): void {}
}
