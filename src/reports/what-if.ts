import type { Settled } from '../core/costs/settled-sums.ts';
import type { Tokens } from '../protocol/rows.ts';

/** What settled calls would have cost at one model's prices, nano-dollars. It is never part of what was paid. */
export interface WhatIf {
  readonly model: string;
  readonly total: number;
  readonly byDay: ReadonlyMap<string, number>;
  readonly byModel: ReadonlyMap<string, number>;
  readonly byAgent: ReadonlyMap<string, number>;
  readonly byRun: ReadonlyMap<string, number>;
  readonly byTask: ReadonlyMap<string, number>;
}

export interface WhatIfOptions {
  readonly model: string;
  /** What such a call costs at the model's prices, nano-dollars; the same within a quarter of an hour. */
  readonly quote: (tokens: Tokens, at: number) => number;
  readonly dayOf: (at: number) => string;
}

const quarterMs = 15 * 60_000;
const remembered = 50_000;

/** Prices each call by itself, as prices may depend on its size. Give each entry once; a correction takes its call back. */
export function createWhatIf({ model, quote, dayOf }: WhatIfOptions): { add(entry: Settled): void; result(): WhatIf } {
  const [byDay, byModel, byAgent, byRun, byTask] = [0, 1, 2, 3, 4].map(() => new Map<string, number>()) as Maps;
  const known = new Map<string, number>();
  let total = 0;
  const priced = ({ tokens: t, at }: Settled): number => {
    const size = `${t.input},${t.cache_read},${t.cache_write},${t.cache_write_1h},${t.output},${t.reasoning}`;
    const key = `${Math.floor(at / quarterMs)},${size}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const nusd = quote(t, at);
    if (known.size >= remembered) known.clear();
    known.set(key, nusd);
    return nusd;
  };
  return {
    add(entry) {
      const nusd = entry.sign * priced(entry);
      total += nusd;
      for (const [map, key] of [
        [byDay, dayOf(entry.at)],
        [byModel, entry.model],
        [byAgent, entry.agent],
        [byRun, entry.runId],
        [byTask, entry.taskId],
      ] as const) {
        map.set(key, (map.get(key) ?? 0) + nusd);
      }
    },
    result: () => ({ model, total, byDay, byModel, byAgent, byRun, byTask }),
  };
}

type Sums = Map<string, number>;
type Maps = [Sums, Sums, Sums, Sums, Sums];
