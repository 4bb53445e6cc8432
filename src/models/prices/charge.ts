import type { TokenKind } from '../../catalogue/states.ts';
import { tokenKinds } from '../../catalogue/states.ts';
import type { Tokens } from '../../protocol/rows.ts';

/** USD per million tokens of each bucket; undefined where the rate is not known. */
export type Rates = Readonly<Record<TokenKind, number | undefined>>;

export interface Charge {
  readonly nusd: number;
  /** Whole nano-dollars per bucket that sum to `nusd`: shares for display, by largest remainder. */
  readonly parts: Readonly<Record<TokenKind, number>>;
}

// One USD per million tokens is 1,000 nano-dollars per token; rates keep nine more decimals.
const scale = 10n ** 9n;
const decimals = 12;

/** Exact arithmetic, rounded half-up once for the whole call. An undefined rate counts as 0: check before. */
export function chargeOf(tokens: Tokens, rates: Rates): Charge {
  const exact = tokenKinds.map((kind) => BigInt(tokens[kind]) * scaled(rates[kind] ?? 0));
  const sum = exact.reduce((a, b) => a + b, 0n);
  const total = (sum + scale / 2n) / scale;
  const floors = exact.map((e) => e / scale);
  const missing = Number(total - floors.reduce((a, b) => a + b, 0n));
  const byRemainder = exact
    .map((e, i) => ({ i, remainder: e % scale }))
    .sort((a, b) => Number(b.remainder - a.remainder));
  const raised = new Set(byRemainder.slice(0, missing).map((r) => r.i));
  const parts = tokenKinds.map((kind, i) => [kind, Number(floors[i] ?? 0n) + (raised.has(i) ? 1 : 0)] as const);
  return { nusd: Number(total), parts: Object.fromEntries(parts) as Record<TokenKind, number> };
}

/** Every known rate times the factor, without the noise of binary fractions. */
export function times(rates: Rates, factor: number): Rates {
  const entries = tokenKinds.map((kind) => {
    const rate = rates[kind];
    return [kind, rate === undefined ? undefined : Number((rate * factor).toFixed(decimals))] as const;
  });
  return Object.fromEntries(entries) as Record<TokenKind, number | undefined>;
}

/** A rate in nano-dollars per token, times `scale`. Twelve decimals of a USD are more than any price list has. */
function scaled(usd: number): bigint {
  const [whole = '0', fraction = ''] = usd.toFixed(decimals).split('.');
  return BigInt(whole + fraction);
}
