import type { AnsweredTier, PricedModel } from '../../core/ports.ts';

const quarterMs = 15 * 60_000;
const most = 2000;

type Find<T> = (model: PricedModel, tier: AnsweredTier, at: number) => T;

/**
 * A look-up of prices that remembers what it found. Lists change their prices on a date or at a time of day, and never
 * within a quarter of an hour (UTC).
 */
export function remembered<T>(find: Find<T>): Find<T> {
  const known = new Map<string, T>();
  return (model, tier, at) => {
    const key = JSON.stringify([model.provider, model.model, tier, Math.floor(at / quarterMs)]);
    const before = known.get(key);
    if (before !== undefined) return before;
    const found = find(model, tier, at);
    if (known.size >= most) known.clear();
    known.set(key, found);
    return found;
  };
}
