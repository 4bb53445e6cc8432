import { laneNames, type LaneName } from '../../catalogue/lanes.ts';
import { Durations } from './statistics.ts';
import type { TimeoutLimits } from './timeout.ts';

export interface TimeoutSettings {
  readonly defaultMs: number;
  readonly factor: number;
  readonly graceMs: number;
  readonly adaptive: boolean;
  /** The shortest limit that is learnt. */
  readonly adaptiveMinMs: number;
}

const enough = 20;
const margin = 3;
const mostTools = 500;

/** Learns from the calls of a lane and tool how long one may take: three times their 99th percentile, inside bounds. */
export class AdaptiveTimeouts {
  readonly #lanes = new Map<LaneName, Map<string, Learnt>>(laneNames.map((lane) => [lane, new Map()]));
  readonly #unknown = new Learnt('');
  #tools = 0;

  record(lane: LaneName, what: string, workedMs: number): void {
    const tools = this.#lanes.get(lane);
    let learnt = tools?.get(what);
    if (learnt === undefined) {
      if (this.#tools >= mostTools) return;
      this.#tools++;
      learnt = new Learnt(what);
      tools?.set(what, learnt);
    }
    learnt.durations.add(workedMs);
  }

  /** The same object as long as nothing new was learnt. */
  limits(lane: LaneName, what: string, settings: TimeoutSettings): TimeoutLimits {
    return (this.#lanes.get(lane)?.get(what) ?? this.#unknown).limits(settings);
  }
}

/** What is known of one tool. */
class Learnt {
  readonly durations = new Durations();
  readonly #what: string;
  #settings: TimeoutSettings | null = null;
  #limits: TimeoutLimits | null = null;
  /** Calls known when the limits are reckoned anew: a tenth more than last time. */
  #next = 0;

  constructor(what: string) {
    this.#what = what;
  }

  limits(settings: TimeoutSettings): TimeoutLimits {
    const { count } = this.durations;
    if (this.#limits !== null && this.#settings === settings && count < this.#next) return this.#limits;
    this.#settings = settings;
    this.#next = count < enough ? enough : Math.ceil(count * 1.1);
    return (this.#limits = this.#reckon(settings));
  }

  #reckon({ defaultMs, factor, graceMs, adaptive, adaptiveMinMs }: TimeoutSettings): TimeoutLimits {
    const { count } = this.durations;
    const p99 = this.durations.quantile(0.99);
    const fixed: TimeoutLimits = { limitMs: defaultMs, factor, graceMs, reason: 'timeouts.default_ms' };
    if (!adaptive || count < enough || p99 === null) return fixed;
    const limitMs = Math.ceil(Math.max(p99 * margin, adaptiveMinMs));
    if (limitMs >= defaultMs) return fixed;
    const reason = `learnt from ${count} calls of ${this.#what}: ${margin} × their 99th percentile, from timeouts.adaptive_min_ms`;
    return { limitMs, factor, graceMs, reason };
  }
}
