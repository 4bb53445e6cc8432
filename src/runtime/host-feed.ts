import type { SnapshotDelta } from '../protocol/snapshot.ts';
import type { Snapshot } from '../protocol/snapshot.ts';
import type { Snapshots } from './snapshots.ts';

/**
 * The deltas of one host, numbered for it. While the last one is still on its way, newer ones are folded into one: a
 * slow host costs no memory, and misses nothing but steps in between.
 */
export class HostFeed {
  readonly #snapshots: Snapshots;
  readonly #send: (delta: SnapshotDelta) => Promise<void>;
  #seq = 0;
  #pending: SnapshotDelta['changed'] | null = null;
  #sending = false;
  #end = (): void => undefined;

  constructor(snapshots: Snapshots, send: (delta: SnapshotDelta) => Promise<void>) {
    this.#snapshots = snapshots;
    this.#send = send;
  }

  subscribe(): Snapshot {
    this.#end();
    const whole = this.#snapshots.whole();
    this.#seq = whole.seq;
    this.#pending = null;
    this.#end = this.#snapshots.subscribe(({ changed }) => {
      this.#pending = { ...this.#pending, ...changed };
      void this.#drain();
    });
    return whole;
  }

  async #drain(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    while (this.#pending !== null) {
      const changed = this.#pending;
      this.#pending = null;
      await this.#send({ seq: ++this.#seq, changed });
    }
    this.#sending = false;
  }
}
