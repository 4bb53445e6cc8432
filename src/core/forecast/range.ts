import type { Range } from '../../protocol/messages.ts';

export interface Weighted {
  readonly value: number;
  /** Above 0; only its ratio to the others counts. */
  readonly weight: number;
}

/** How many of a hundred such values are meant to lie in the range. */
export const nominalCoverage = 0.8;
const upTo = (1 + nominalCoverage) / 2;

/** The 0.9 quantile of Student’s t for 1, 2 … degrees of freedom. */
const student = [3.078, 1.886, 1.638, 1.533, 1.476, 1.44, 1.415, 1.397] as const;

/**
 * The range in which the next value lies in 80 of 100 cases, in whole numbers from 0, rounded outwards; null without values.
 *
 * Conformal: the next value counts as one more of weight 1 (the heaviest’s), wherever it may lie, so that the limits are
 * the values beyond which at most a tenth of all weight is left. That holds for any distribution whose values may be
 * exchanged. It takes a weight of nine; with less, the limits lie outside what was seen, and are those of Student’s
 * prediction interval of the logarithms.
 */
export function rangeOf(samples: readonly Weighted[]): Range | null {
  const heaviest = samples.reduce((most, { weight }) => Math.max(most, weight), 0);
  if (heaviest === 0) return null;
  const sorted = samples
    .map(({ value, weight }) => ({ value: Math.min(value, Number.MAX_SAFE_INTEGER), weight: weight / heaviest }))
    .sort((a, b) => a.value - b.value || a.weight - b.weight);
  const total = sorted.reduce((sum, { weight }) => sum + weight, 0);
  const middle = reaching(sorted, total / 2);
  const need = upTo * (total + 1) - 1e-9;
  const [low, high] =
    need <= total ? [reaching([...sorted].reverse(), need), reaching(sorted, need)] : studentLimits(sorted, total);
  return {
    low: Math.floor(Math.max(0, Math.min(low, middle))),
    middle: Math.round(middle),
    high: Math.min(Number.MAX_SAFE_INTEGER, Math.ceil(Math.max(high, middle))),
  };
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

function studentLimits(samples: readonly Weighted[], total: number): readonly [number, number] {
  const squares = samples.reduce((sum, { weight }) => sum + weight ** 2, 0);
  const mean = samples.reduce((sum, { value, weight }) => sum + weight * Math.log1p(value), 0) / total;
  const spread = samples.reduce((sum, { value, weight }) => sum + weight * (Math.log1p(value) - mean) ** 2, 0);
  /** As many equal weights would tell as much. */
  const equal = total ** 2 / squares;
  const freedom = Math.max(1, Math.floor(equal - 1 + 1e-9));
  const t = student[Math.min(freedom, student.length) - 1] ?? student[0];
  const variance = equal > 1 ? spread / (total - squares / total) : 0;
  const half = t * Math.sqrt(variance * (1 + 1 / equal));
  return [plain(Math.expm1(mean - half)), plain(Math.expm1(mean + half))];
}

/** Without the last digits, in which a logarithm and its inverse differ from what went in. */
function plain(value: number): number {
  return Number(value.toPrecision(12));
}
