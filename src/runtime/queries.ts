import { HaiosError } from '../core/errors.ts';
import type { Clock, Prices } from '../core/ports.ts';
import type { CallsQuery, CostRow, CostsQuery, Method, ModelInfo, Params, Result } from '../protocol/messages.ts';
import { totalTokens } from '../protocol/rows.ts';
import { traceText } from '../reports/trace-tree.ts';
import type { Storage } from '../storage/storage.ts';
import { explained } from './explain.ts';
import type { LiveTrace } from './live-trace.ts';
import { whatIfOf } from './what-if.ts';

export interface QueriesOptions {
  readonly storage: Storage;
  readonly live: LiveTrace;
  readonly clock: Clock;
  readonly version: string;
  readonly prices: () => Promise<Prices>;
  readonly models: () => Promise<readonly ModelInfo[]>;
  readonly priceIds: () => Promise<readonly string[]>;
}

type Query = 'runs' | 'run' | 'spans' | 'trace' | 'traceText' | 'costs' | 'calls' | 'explain' | 'priceIds';
export type Queries = { readonly [M in Extract<Method, Query>]: (params: Params<M>) => Promise<Result<M>> };

const dayMs = 86_400_000;
const maxPage = 500;
const freshMs = 500;

/** What only reads: history, traces, costs. Parameters may come from a browser, so their ranges are checked here. */
export function createQueries({ storage, live, clock, version, prices, models, priceIds }: QueriesOptions): Queries {
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
      return explained(row, { reader, prices, models });
    },
  };

  async function costs({ by, days, priceAs }: CostsQuery): Promise<readonly CostRow[]> {
    const until = clock.now() + 1;
    const since = until - daysOf(days) * dayMs;
    if (!['run', 'model', 'day', 'agent', 'task', 'resource'].includes(by))
      throw usage('by', by, 'run, model, day, agent, task or resource');
    const rows =
      by === 'resource' ? resourceRows(await reader.total({ since, until })) : await reader.costs({ by, since, until });
    if (priceAs === null) return rows;
    const upTo = Number.MAX_SAFE_INTEGER;
    const { total, ...sums } = await whatIfOf({ since, until, upTo, priceAs }, reader, await prices());
    const nusd = {
      run: sums.byRun,
      model: sums.byModel,
      day: sums.byDay,
      agent: sums.byAgent,
      task: sums.byTask,
      resource: null,
    }[by];
    return rows.map((row) => as(priceAs, row, nusd === null ? total : (nusd.get(row.key) ?? 0)));
  }
}

/** The same row with the money it would have been: a model that is priced leaves nothing unpriced. */
function as(priceAs: string, row: CostRow, nusd: number): CostRow {
  const amount = row.key === 'usd' && row.amount !== null ? nusd : row.amount;
  return { ...row, cost: { ...row.cost, nusd, unpricedCalls: 0 }, priceAs, amount };
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
