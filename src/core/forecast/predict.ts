import type { Forecast, Range } from '../../protocol/messages.ts';
import { likeness, type Features, type PastRun } from './likeness.ts';
import { rangeOf, type Weighted } from './range.ts';

/** With fewer runs there is no forecast. */
export const minSamples = 5;
const mostSamples = 50;

export interface ForecastFor extends Features {
  /** The model that the run’s money will be reckoned as; runs reckoned otherwise say nothing about it. */
  readonly priceAs: string | null;
}

export interface Prediction {
  readonly forecast: Forecast;
  /** What one task of such a run costs at most in nine of ten cases, nano-dollars; null where `forecast` has no money. */
  readonly stepNusd: number | null;
}

/**
 * What a run usually takes: from runs of the same prompt alone where there are enough, else from all those that are like
 * it; at most 50, the most alike. Independent of the order of `past`;
 * a run with an amount that is no number from 0 is left out. `now` is ms since the epoch.
 */
export function predict(query: ForecastFor, past: readonly PastRun[], now: number): Prediction {
  const like = past
    .filter(isUsable)
    .map((run) => ({ run, weight: likeness(query, run, now) }))
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight || compare(a.run, b.run));
  const same = like.filter(({ run }) => run.samePrompt);
  const near = (same.length < minSamples ? like : same).slice(0, mostSamples);
  const measure = (amount: (run: PastRun) => number | null): Range | null => rangeFrom(near, amount);
  const durationMs = measure(({ durationMs }) => durationMs);
  const tokens = measure(({ tokens }) => tokens);
  const memBytes = measure(({ memBytes }) => memBytes);
  if (durationMs === null || tokens === null || memBytes === null) {
    return { forecast: { kind: 'not_enough_history', samples: near.length }, stepNusd: null };
  }
  const money = (run: PastRun): number | null => (run.priceAs === query.priceAs ? run.nusd : null);
  const nusd = measure(money);
  const step = measure((run) => {
    const whole = money(run);
    // A run that was decomposed has its steps and the task that they are steps of.
    return whole === null ? null : whole / Math.max(1, run.tasks - 1);
  });
  const paid = nusd !== null && nusd.high > 0;
  return {
    forecast: { kind: 'range', samples: near.length, durationMs, tokens, nusd: paid ? nusd : null, memBytes },
    stepNusd: paid && step !== null ? step.high : null,
  };
}

function rangeFrom(
  near: readonly { readonly run: PastRun; readonly weight: number }[],
  amount: (run: PastRun) => number | null,
): Range | null {
  const samples: Weighted[] = [];
  for (const { run, weight } of near) {
    const value = amount(run);
    if (value !== null) samples.push({ value, weight });
  }
  return samples.length < minSamples ? null : rangeOf(samples);
}

function isUsable({ durationMs, tokens, nusd, memBytes, tasks }: PastRun): boolean {
  return [durationMs, tokens, nusd ?? 0, memBytes, tasks].every((value) => Number.isFinite(value) && value >= 0);
}

/** So that equal weights at the cut are cut the same way whatever their order. */
function compare(a: PastRun, b: PastRun): number {
  return (
    b.endedAt - a.endedAt ||
    a.durationMs - b.durationMs ||
    a.tokens - b.tokens ||
    (a.nusd ?? -1) - (b.nusd ?? -1) ||
    a.memBytes - b.memBytes ||
    a.tasks - b.tasks ||
    (a.priceAs ?? '').localeCompare(b.priceAs ?? '')
  );
}
