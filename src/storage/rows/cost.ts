import { tokenKinds } from '../../catalogue/states.ts';
import type { CostRecord } from '../../protocol/rows.ts';
import type { Tokens } from '../../protocol/rows.ts';
import type { Fields } from '../sql.ts';
import { number } from '../sql.ts';

export const tokenColumns = tokenKinds.map((kind) => `${kind}_tokens` as const);

/** The token columns, the same in both databases. */
export function tokenFields(tokens: Tokens): Fields {
  return {
    input_tokens: tokens.input,
    cache_read_tokens: tokens.cache_read,
    cache_write_tokens: tokens.cache_write,
    cache_write_1h_tokens: tokens.cache_write_1h,
    output_tokens: tokens.output,
    reasoning_tokens: tokens.reasoning,
  };
}

export function tokensOf(fields: Fields): Tokens {
  return {
    input: number(fields, 'input_tokens'),
    cache_read: number(fields, 'cache_read_tokens'),
    cache_write: number(fields, 'cache_write_tokens'),
    cache_write_1h: number(fields, 'cache_write_1h_tokens'),
    output: number(fields, 'output_tokens'),
    reasoning: number(fields, 'reasoning_tokens'),
  };
}

export function costFields(cost: CostRecord): Fields {
  return {
    ...tokenFields(cost.tokens),
    usd_nusd: cost.nusd,
    cpu_seconds: cost.cpuSeconds,
    mem_bytes: Math.round(cost.memBytes),
    disk_bytes: Math.round(cost.diskBytes),
    calls: cost.calls,
    estimated: cost.estimated ? 1 : 0,
    unpriced_calls: cost.unpricedCalls,
  };
}

/** Absent columns (a task without a cost record yet) count as zero. */
export function costOf(fields: Fields): CostRecord {
  return {
    tokens: tokensOf(fields),
    nusd: number(fields, 'usd_nusd'),
    cpuSeconds: number(fields, 'cpu_seconds'),
    memBytes: number(fields, 'mem_bytes'),
    diskBytes: number(fields, 'disk_bytes'),
    calls: number(fields, 'calls'),
    estimated: number(fields, 'estimated') > 0,
    unpricedCalls: number(fields, 'unpriced_calls'),
  };
}

/** Sums of cost records as SQL, named as the columns are; memory is a maximum. */
export const costSums = `
  SUM(input_tokens) AS input_tokens, SUM(cache_read_tokens) AS cache_read_tokens,
  SUM(cache_write_tokens) AS cache_write_tokens, SUM(cache_write_1h_tokens) AS cache_write_1h_tokens, SUM(output_tokens) AS output_tokens,
  SUM(reasoning_tokens) AS reasoning_tokens, SUM(usd_nusd) AS usd_nusd, SUM(cpu_seconds) AS cpu_seconds,
  MAX(mem_bytes) AS mem_bytes, SUM(disk_bytes) AS disk_bytes, SUM(calls) AS calls, MAX(estimated) AS estimated,
  SUM(unpriced_calls) AS unpriced_calls`;
