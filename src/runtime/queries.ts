import { HaiosError } from '../core/errors.ts';
import type { Clock, Prices } from '../core/ports.ts';
import type { CallsQuery, CostRow, CostsQuery, Method, Params, Result } from '../protocol/messages.ts';
import { noCost, totalTokens } from '../protocol/rows.ts';
import { createCostTally, localDays, type CostGroup } from '../reports/cost-tally.ts';
import { explainCall } from '../reports/explain.ts';
import { traceText } from '../reports/trace-tree.ts';
import type { Storage } from '../storage/storage.ts';
import { repriced } from './cost-reports.ts';
import type { LiveTrace } from './live-trace.ts';

export interface QueriesOptions {
  readonly storage: Storage;
  readonly live: LiveTrace;
  readonly clock: Clock;
  readonly version: string;
  readonly prices: () => Promise<Prices>;
  readonly priceIds: () => Promise<readonly string[]>;
}

type Query = 'runs' | 'run' | 'spans' | 'trace' | 'traceText' | 'costs' | 'calls' | 'explain' | 'priceIds';
export type Queries = { readonly [M in Extract<Method, Query>]: (params: Params<M>) => Promise<Result<M>> };

const dayMs = 86_400_000;
const maxPage = 500;
const freshMs = 500;

/** What only reads: history, traces, costs. Parameters may come from a browser, so their ranges are checked here. */
export function createQueries({ storage, live, clock, version, prices, priceIds }: QueriesOptions): Queries {
  const { reader } = storage;
  /** Who has just seen a run in the snapshot finds it here: its row may still be on its way. A locked history delays this little. */
  const written = async (): Promise<void> => {
    let cancel = (): void => undefined;
    const late = new Promise<void>((resolve) => (cancel = clock.after(freshMs, resolve)));
    await Promise.race([storage.flush(), late]).finally(() => cancel());
  };
  const found = async (run: string): Promise<Result<'run'>> => {
    const row = await reader.run(run);
    if (row === null) throw new HaiosError('RUN_NOT_FOUND', `There is no run “${run}”; \`haios runs\` lists them.`);
    return row;
  };
  const trace = async (run: string): Promise<Result<'trace'>> => {
    const { runId } = await found(run);
    return live.merge(runId, await reader.trace(runId), undefined);
  };

  return {
    async runs({ limit, cursor }) {
      const page = { limit: pageOf(limit), cursor };
      await written();
      return reader.runs(page);
    },
    async run({ run }) {
      const key = text('run', run);
      await written();
      return found(key);
    },
    spans: async ({ runId, parentSpanId }) =>
      live.merge(text('runId', runId), await reader.spans(runId, parentSpanId), parentSpanId),
    trace: ({ run }) => trace(text('run', run)),
    traceText: async ({ run, format }) => traceText(await trace(text('run', run)), format, version),
    costs: (query) => costs(query),
    priceIds: () => priceIds(),
    calls: (query) => reader.calls({ ...callsOf(query), since: clock.now() - daysOf(query.days) * dayMs }),
    async explain({ callId }) {
      const row = await reader.call(text('callId', callId));
      if (row === null)
        throw new HaiosError(
          'CALL_NOT_FOUND',
          `The ledger has no call “${callId}”; \`haios report --format json\` lists the calls.`,
        );
      return explainCall(row);
    },
  };

  async function costs({ by, days, priceAs }: CostsQuery): Promise<readonly CostRow[]> {
    const until = clock.now() + 1;
    const since = until - daysOf(days) * dayMs;
    if (by === 'resource') return resourceRows(await reader.total({ since, until }));
    if (!['run', 'model', 'day', 'agent', 'task'].includes(by))
      throw usage('by', by, 'run, model, day, agent, task or resource');
    if (priceAs === null) return reader.costs({ by, since, until });
    const tally = createCostTally({ dayOf: localDays(Intl.DateTimeFormat().resolvedOptions().timeZone), maxCalls: 0 });
    const inForce = await prices();
    let cursor: string | null = null;
    do {
      const page = await reader.calls({ by: 'all', key: '', days, since, limit: maxPage, cursor });
      for (const call of page.rows) tally.add(repriced(call, priceAs, inForce));
      cursor = page.next;
    } while (cursor !== null);
    const summary = tally.summary();
    const groups = {
      run: summary.byRun,
      model: summary.byModel,
      day: summary.byDay,
      agent: summary.byAgent,
      task: summary.byTask,
    };
    return groups[by].map((group) => rowOf(priceAs, group));
  }
}

function resourceRows(total: Awaited<ReturnType<Storage['reader']['total']>>): readonly CostRow[] {
  const priceAs = total.reckoned ? 'another model' : null;
  const row = (key: string, label: string, amount: number, unit: string): CostRow => ({
    key,
    label,
    cost: total,
    parts: total.parts,
    priceAs,
    amount,
    unit,
  });
  return [
    row('usd', 'Money', total.nusd, 'nano-dollars'),
    row('tokens', 'Tokens', totalTokens(total.tokens), 'tokens'),
    row('cpu_seconds', 'Processor time', total.cpuSeconds, 's'),
    row('mem_bytes', 'Memory (highest peak)', total.memBytes, 'bytes'),
    row('disk_bytes', 'Disk', total.diskBytes, 'bytes'),
  ];
}

function rowOf(priceAs: string, group: CostGroup): CostRow {
  const { key, calls, tokens, nusd, estimatedCalls, estimatedNusd, unpricedCalls, unpricedTokens } = group;
  return {
    key,
    label: key,
    cost: { ...noCost, calls, tokens, nusd, estimated: estimatedCalls > 0, unpricedCalls },
    parts: { estimatedCalls, estimatedNusd, unpricedTokens: totalTokens(unpricedTokens) },
    priceAs,
    amount: null,
    unit: null,
  };
}

function callsOf(query: CallsQuery): CallsQuery {
  if (!['run', 'model', 'day', 'agent', 'task', 'all'].includes(query.by))
    throw usage('by', query.by, 'run, model, day, agent, task or all');
  return { ...query, key: query.by === 'all' ? '' : text('key', query.key), limit: pageOf(query.limit) };
}

function pageOf(limit: number): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= maxPage) return limit;
  throw usage('limit', limit, `a whole number from 1 to ${maxPage}`);
}

function daysOf(days: number): number {
  if (Number.isFinite(days) && days > 0 && days <= 3660) return days;
  throw usage('days', days, 'a number from 1 to 3660');
}

function text(field: string, value: unknown): string {
  if (typeof value === 'string' && value.length > 0 && value.length <= 4096) return value;
  throw usage(field, value, 'a text of 1 to 4096 characters');
}

function usage(field: string, value: unknown, allowed: string): HaiosError {
  return new HaiosError('USAGE', `${field} is ${JSON.stringify(value) ?? 'missing'}; give ${allowed}.`);
}
