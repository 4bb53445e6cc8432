import { laneNames, type LaneName } from '../../catalogue/lanes.ts';
import type { LaneStats } from '../../protocol/snapshot.ts';

export type CallResult = 'success' | 'failure' | 'timeout' | 'cancelled' | 'refused';

interface LaneTally {
  success: number;
  failure: number;
  timeouts: number;
  rejections: number;
  readonly durations: Durations;
}

/** Counts what becomes of the calls of each lane, and how long they work. */
export class LaneStatistics {
  readonly #lanes = new Map<LaneName, LaneTally>(
    laneNames.map((lane) => [lane, { success: 0, failure: 0, timeouts: 0, rejections: 0, durations: new Durations() }]),
  );

  /** `workedMs` null: it never began. Cancelled calls count as neither success nor failure. */
  record(lane: LaneName, result: CallResult, workedMs: number | null): void {
    const tally = this.#lanes.get(lane);
    if (tally === undefined) return;
    if (result === 'success') tally.success++;
    else if (result === 'failure') tally.failure++;
    else if (result === 'timeout') tally.timeouts++;
    else if (result === 'refused') tally.rejections++;
    if (workedMs !== null && result !== 'cancelled' && result !== 'refused') tally.durations.add(workedMs);
  }

  figures(lane: LaneName): LaneStats {
    const { durations, ...counts } = this.#lanes.get(lane) ?? { durations: new Durations(), ...none };
    return { ...counts, avgMs: durations.mean, p95Ms: durations.quantile(0.95), p99Ms: durations.quantile(0.99) };
  }
}

const none = { success: 0, failure: 0, timeouts: 0, rejections: 0 };

const smallestMs = 0.001;
const growth = 1.1;
/** From a microsecond to 28 hours. */
const buckets = 270;

/** Durations in buckets of 10 %, so that a quantile is off by at most that and costs no memory per call. */
export class Durations {
  count = 0;
  #sum = 0;
  readonly #counts = new Float64Array(buckets);

  add(ms: number): void {
    if (!Number.isFinite(ms) || ms < 0) return;
    const bucket = ms <= smallestMs ? 0 : Math.ceil(Math.log(ms / smallestMs) / Math.log(growth));
    const at = Math.min(bucket, buckets - 1);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#sum += ms;
    this.count++;
  }

  get mean(): number | null {
    return this.count === 0 ? null : this.#sum / this.count;
  }

  /** The upper bound of the bucket in which the quantile lies; null before the first duration. */
  quantile(q: number): number | null {
    if (this.count === 0) return null;
    let left = Math.ceil(this.count * q);
    for (let at = 0; at < buckets; at++) {
      left -= this.#counts[at] ?? 0;
      if (left <= 0) return smallestMs * growth ** at;
    }
    return smallestMs * growth ** (buckets - 1);
  }
}
