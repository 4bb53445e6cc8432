import type { LaneName } from '../../catalogue/lanes.ts';
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
  readonly #durations = new Map<string, Durations>();

  record(lane: LaneName, what: string, workedMs: number): void {
    const key = `${lane} ${what}`;
    const known = this.#durations.get(key);
    if (known !== undefined) known.add(workedMs);
    else if (this.#durations.size < mostTools) {
      const durations = new Durations();
      durations.add(workedMs);
      this.#durations.set(key, durations);
    }
  }

  limits(lane: LaneName, what: string, settings: TimeoutSettings): TimeoutLimits {
    const { defaultMs, factor, graceMs, adaptive, adaptiveMinMs } = settings;
    const fixed: TimeoutLimits = { limitMs: defaultMs, factor, graceMs, reason: 'timeouts.default_ms' };
    const durations = this.#durations.get(`${lane} ${what}`);
    const p99 = durations?.quantile(0.99) ?? null;
    if (!adaptive || durations === undefined || durations.count < enough || p99 === null) return fixed;
    const limitMs = Math.ceil(Math.max(p99 * margin, adaptiveMinMs));
    if (limitMs >= defaultMs) return fixed;
    const reason = `learnt from ${durations.count} calls of ${what}: ${margin} × their 99th percentile, from timeouts.adaptive_min_ms`;
    return { limitMs, factor, graceMs, reason };
  }
}
