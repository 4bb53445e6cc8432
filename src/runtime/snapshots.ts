import { laneNames } from '../catalogue/lanes.ts';
import type { Clock } from '../core/ports.ts';
import type { Guards } from '../core/lanes/worker-call.ts';
import type { Section, Snapshot, SnapshotDelta } from '../protocol/snapshot.ts';

export type SectionBuilders = { readonly [S in Section]: () => Snapshot[S] };
export type DeltaListener = (delta: SnapshotDelta) => void;

const minIntervalMs = 100;

/** One snapshot of the runtime, told as deltas at most ten times a second to whoever listens. */
export class Snapshots {
  #seq = 0;
  #dirty = new Set<Section>();
  #waiting = false;
  #lastAt = -Infinity;
  readonly #builders: SectionBuilders;
  readonly #clock: Clock;
  readonly #listeners = new Set<DeltaListener>();

  constructor(builders: SectionBuilders, clock: Clock) {
    this.#builders = builders;
    this.#clock = clock;
  }

  whole(): Snapshot {
    const b = this.#builders;
    return {
      seq: this.#seq,
      runtime: b.runtime(),
      runs: b.runs(),
      lanes: b.lanes(),
      global: b.global(),
      budgets: b.budgets(),
      today: b.today(),
      approvals: b.approvals(),
      stops: b.stops(),
      issues: b.issues(),
      events: b.events(),
    };
  }

  /** The returned function ends it. */
  subscribe(listener: DeltaListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  touch(...sections: readonly Section[]): void {
    for (const section of sections) this.#dirty.add(section);
    if (this.#waiting) return;
    this.#waiting = true;
    const wait = Math.max(0, this.#lastAt + minIntervalMs - this.#clock.monotonic());
    this.#clock.after(wait, () => this.#tell());
  }

  #tell(): void {
    this.#waiting = false;
    this.#lastAt = this.#clock.monotonic();
    const changed = Object.fromEntries([...this.#dirty].map((section) => [section, this.#builders[section]()]));
    this.#dirty = new Set();
    this.#seq += 1;
    for (const listener of this.#listeners) listener({ seq: this.#seq, changed });
  }
}

const lateShown = 10;

export function laneViews({ scheduler, load, late, statistics }: Guards): Snapshot['lanes'] {
  const { lanes } = scheduler.status();
  return laneNames.map((lane) => ({
    lane,
    ...lanes[lane],
    load: load.lane === lane ? load.view() : null,
    late: late.of(lane).slice(0, lateShown),
    stats: statistics.figures(lane),
  }));
}
