import { HaiosError } from '../core/errors.ts';
import type { HostModels, Ids } from '../core/ports.ts';
import type { HostModel, HostModelPart, HostModelRequest } from '../protocol/host-models.ts';
import type { Tell } from './host-teller.ts';

/**
 * Calls of the host's own models: told to the host, which answers with parts. A host reads on only when its last parts
 * were read here, so that none pile up; what comes after the end of a call is dropped.
 */
export class HostModelCalls implements HostModels {
  readonly #tell: Tell;
  readonly #ids: Ids;
  readonly #calls = new Map<string, Inbox>();
  #offered: readonly HostModel[] | null = null;

  constructor(tell: Tell, ids: Ids) {
    this.#tell = tell;
    this.#ids = ids;
  }

  offered(): readonly HostModel[] | null {
    return this.#offered;
  }

  setOffered(models: readonly HostModel[]): void {
    this.#offered = models;
  }

  /** Calls that have not ended. */
  get size(): number {
    return this.#calls.size;
  }

  /** Resolves when the parts were read: false once the call is over. */
  take(callId: string, parts: readonly HostModelPart[]): Promise<boolean> {
    return this.#calls.get(callId)?.put(parts) ?? Promise.resolve(false);
  }

  async *stream(request: HostModelRequest, signal: AbortSignal): AsyncGenerator<HostModelPart, void> {
    if (signal.aborted) throw cancelled();
    const callId = this.#ids.unique();
    const inbox = new Inbox();
    let ended = false;
    const end = (): void => {
      inbox.end();
      if (!this.#calls.delete(callId) || ended) return;
      this.#tell('hostModelCancel', { callId });
    };
    this.#calls.set(callId, inbox);
    signal.addEventListener('abort', end, { once: true });
    try {
      this.#tell('hostModelCall', { callId, ...request });
      while (!ended) {
        const part = await inbox.next();
        ended = part.type === 'end' || part.type === 'error';
        yield part;
      }
    } finally {
      signal.removeEventListener('abort', end);
      end();
    }
  }
}

/** The parts of one call that have come and were not read yet. */
class Inbox {
  readonly #parts: HostModelPart[] = [];
  readonly #unread = new Set<(wanted: boolean) => void>();
  #wake = (): void => undefined;
  #over = false;

  put(parts: readonly HostModelPart[]): Promise<boolean> {
    if (this.#over) return Promise.resolve(false);
    this.#parts.push(...parts);
    this.#wake();
    return new Promise((resolve) => this.#unread.add(resolve));
  }

  /** The next part, when it is there; throws CANCELLED once the call is over. */
  async next(): Promise<HostModelPart> {
    for (;;) {
      if (this.#over) throw cancelled();
      const part = this.#parts.shift();
      if (part !== undefined) return part;
      this.#answer(true);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  end(): void {
    this.#over = true;
    this.#parts.length = 0;
    this.#answer(false);
    this.#wake();
  }

  #answer(wanted: boolean): void {
    for (const resolve of this.#unread) resolve(wanted);
    this.#unread.clear();
  }
}

function cancelled(): HaiosError {
  return new HaiosError('CANCELLED', 'The model call was cancelled.', { details: { retryable: false } });
}
