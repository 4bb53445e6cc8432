import type { Range } from '../../protocol/messages.ts';

export interface Weighted {
  readonly value: number;
  /** Above 0; only its ratio to the others counts. */
  readonly weight: number;
}

/** How many of a hundred such values are meant to lie in the range. */
export const nominalCoverage = 0.8;
const upTo = (1 + nominalCoverage) / 2;

/** With less weight than this the limits would lie outside what was seen: total ≥ upTo × (total + 1). */
const enough = Math.round(upTo / (1 - upTo));

/** The 0.9 quantile of Student’s t for 1, 2 … 7 degrees of freedom. */
const student = [3.078, 1.886, 1.638, 1.533, 1.476, 1.44, 1.415] as const;

/**
 * The range in which the next value lies in 80 of 100 cases, in whole numbers from 0, rounded outwards; null without values.
 *
 * Conformal: the next value counts as one more of weight 1 (the heaviest’s), wherever it may lie, so that the limits are
 * the values beyond which at most a tenth of all weight is left. That holds for any distribution whose values may be
 * exchanged. It takes a weight of nine: where there is less, the lighter values count for more, up to alike. Fewer than
 * nine values have, alike, the limits of Student’s prediction interval of their logarithms, outside what was seen.
 */
export function rangeOf(samples: readonly Weighted[]): Range | null {
  if (samples.length === 0) return null;
  const sorted = levelled(samples).sort((a, b) => a.value - b.value || a.weight - b.weight);
  const total = weightOf(sorted);
  const middle = reaching(sorted, total / 2);
  const need = upTo * (total + 1) - 1e-9;
  const [low, high] =
    total >= enough ? [reaching([...sorted].reverse(), need), reaching(sorted, need)] : studentLimits(sorted);
  return {
    low: Math.floor(Math.max(0, Math.min(low, middle))),
    middle: Math.round(middle),
    high: Math.min(Number.MAX_SAFE_INTEGER, Math.ceil(Math.max(high, middle))),
  };
}

/** Weights up to 1, no more level than it takes for their sum to be enough. */
function levelled(samples: readonly Weighted[]): Weighted[] {
  const heaviest = Math.max(...samples.map(({ weight }) => weight));
  const raised = (power: number): Weighted[] =>
    samples.map(({ value, weight }) => ({
      value: Math.min(value, Number.MAX_SAFE_INTEGER),
      weight: (weight / heaviest) ** power,
    }));
  for (const power of [1, 0.75, 0.5, 0.25]) {
    const weighted = raised(power);
    if (weightOf(weighted) >= enough) return weighted;
  }
  return raised(0);
}

function weightOf(samples: readonly Weighted[]): number {
  return samples.reduce((sum, { weight }) => sum + weight, 0);
}

/** The first value with which the weights, summed in the order given, reach `mass`. */
function reaching(ordered: readonly Weighted[], mass: number): number {
  let sum = 0;
  for (const { value, weight } of ordered) {
    sum += weight;
    if (sum >= mass) return value;
  }
  return ordered.at(-1)?.value ?? 0;
}

function studentLimits(samples: readonly Weighted[]): readonly [number, number] {
  const n = samples.length;
  const logs = samples.map(({ value }) => Math.log1p(value));
  const mean = logs.reduce((sum, log) => sum + log, 0) / n;
  const freedom = Math.max(1, n - 1);
  const variance = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / freedom;
  const t = student[freedom - 1] ?? student[0];
  const half = t * Math.sqrt(variance * (1 + 1 / n));
  return [plain(Math.expm1(mean - half)), plain(Math.expm1(mean + half))];
}

/** Without the last digits, in which a logarithm and its inverse differ from what went in. */
function plain(value: number): number {
  return Number(value.toPrecision(12));
}
