import type { HostModelPart } from '../../protocol/host-models.ts';

/** Most characters kept while a message is on its way. */
const maxPending = 64 * 1024;

/**
 * Sends the parts of an answer in order, one message at a time: those that come meanwhile go together, texts as one text.
 * `send` resolves when they were read, to whether more is wanted.
 */
export class PartSender {
  readonly #send: (parts: readonly HostModelPart[]) => Promise<boolean>;
  #pending: HostModelPart[] = [];
  #size = 0;
  #sending: Promise<void> | null = null;
  #wanted = true;

  constructor(send: (parts: readonly HostModelPart[]) => Promise<boolean>) {
    this.#send = send;
  }

  /** False once nothing more is wanted. */
  get wanted(): boolean {
    return this.#wanted;
  }

  /** Resolves when there is room for more: at once, or when what waits was sent. */
  async add(part: HostModelPart): Promise<void> {
    this.#put(part);
    this.#sending ??= this.#drain();
    if (this.#size > maxPending) await this.#sending;
  }

  /** Resolves when all of it was read, or nothing more is wanted. */
  async sent(): Promise<void> {
    await this.#sending;
  }

  async #drain(): Promise<void> {
    // What comes within one turn of the event loop goes together.
    await Promise.resolve();
    while (this.#wanted && this.#pending.length > 0) {
      const parts = this.#pending;
      this.#pending = [];
      this.#size = 0;
      this.#wanted = await this.#send(parts);
    }
    this.#sending = null;
  }

  #put(part: HostModelPart): void {
    const last = this.#pending.at(-1);
    if (part.type === 'text' && last?.type === 'text') {
      this.#pending[this.#pending.length - 1] = { type: 'text', text: last.text + part.text };
    } else {
      this.#pending.push(part);
    }
    this.#size += part.type === 'text' ? part.text.length : JSON.stringify(part).length;
  }
}
