import { windowStart } from '../core/budget/windows.ts';
import type { CoreEvent } from '../core/events.ts';
import type { Clock } from '../core/ports.ts';
import { totalTokens } from '../protocol/rows.ts';
import type { Snapshot } from '../protocol/snapshot.ts';
import type { Reader } from '../storage/storage.ts';

/** What all runs of the user have cost since midnight: read from the ledger, and kept up with this runtime's calls in between. */
export class Today {
  #view: Snapshot['today'] = { nusd: 0, tokens: 0, estimated: false, reckoned: false, unpricedCalls: 0 };
  readonly #reader: Reader;
  readonly #clock: Clock;

  constructor(reader: Reader, clock: Clock) {
    this.#reader = reader;
    this.#clock = clock;
  }

  async read(): Promise<void> {
    const now = this.#clock.now();
    const { nusd, tokens, estimated, reckoned, unpricedCalls } = await this.#reader.total({
      since: windowStart('day', now),
      until: now + 1,
    });
    this.#view = { nusd, tokens: totalTokens(tokens), estimated, reckoned, unpricedCalls };
  }

  observe(event: CoreEvent): boolean {
    if (event.type !== 'call_settled') return false;
    const { nusd, tokens, estimated, reckoned, unpricedCalls } = this.#view;
    this.#view = {
      nusd: nusd + event.nusd,
      tokens: tokens + totalTokens(event.tokens),
      estimated: estimated || event.estimated,
      reckoned: reckoned || event.pricing === 'as',
      unpricedCalls: unpricedCalls + (event.pricing === 'unpriced' ? 1 : 0),
    };
    return true;
  }

  view(): Snapshot['today'] {
    return this.#view;
  }
}
