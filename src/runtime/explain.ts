import { isHaiosError } from '../core/errors.ts';
import type { PricedModel, Prices } from '../core/ports.ts';
import type { ModelInfo } from '../protocol/messages.ts';
import type { LedgerRow, RunRow } from '../protocol/rows.ts';
import { explainCall, type AboutCall, type BoundParts } from '../reports/explain.ts';
import type { Reader } from '../storage/storage.ts';

export interface ExplainOptions {
  readonly reader: Pick<Reader, 'run' | 'entries'>;
  readonly prices: () => Promise<Prices>;
  readonly models: () => Promise<readonly ModelInfo[]>;
}

/** The arithmetic of a call, as text. */
export async function explained(row: LedgerRow, { reader, prices, models }: ExplainOptions): Promise<string> {
  const [run, entries] = await Promise.all([reader.run(row.runId), reader.entries(row.callId)]);
  const about = { g: run?.g ?? null, entries };
  try {
    return explainCall(row, { ...about, ...byPrices(row, run, await prices(), await models()) });
  } catch (error) {
    // A configuration that is wrong now does not keep the past from being explained.
    if (!isHaiosError(error, 'CONFIG_INVALID')) throw error;
    return explainCall(row, { ...about, bound: null, list: null });
  }
}

function byPrices(
  row: LedgerRow,
  run: RunRow | null,
  prices: Prices,
  models: readonly ModelInfo[],
): Pick<AboutCall, 'bound' | 'list'> {
  const subject = subjectOf(row, run, models);
  return {
    bound: boundParts(row, subject, prices),
    list: row.pricing === 'reported' ? prices.quote(subject, row.tokens, row.settledAt ?? row.at) : null,
  };
}

/** What the call was priced as: another model, the configured one, or its id as it stands where that is configured no more. */
function subjectOf(row: LedgerRow, run: RunRow | null, models: readonly ModelInfo[]): PricedModel {
  if (row.pricing === 'as' && run?.priceAs != null) return { provider: null, model: run.priceAs, tier: 'standard' };
  const configured = models.find(({ id }) => id === row.model);
  if (configured !== undefined) return { provider: configured.provider, model: configured.model };
  return { provider: null, model: row.model };
}

/**
 * Of the amounts held only the sums are on record. With the rates of the time two equations give the input and output
 * tokens they were made of; null when these do not give the amount to the nano-dollar (other prices were in force).
 */
export function boundParts(row: LedgerRow, subject: PricedModel, prices: Pick<Prices, 'bound'>): BoundParts | null {
  const { reservedNusd: nusd, reservedTokens: tokens, at } = row;
  if (nusd === 0 || tokens === 0) return null;
  const perMillion = (input: number, output: number): number =>
    (prices.bound(subject, input, output, at) ?? NaN) / 1000 / (input + output);
  const inputRate = perMillion(tokens, 0);
  const outputRate = perMillion(0, 1_000_000);
  const outputTokens = Math.round((nusd / 1000 - tokens * inputRate) / (outputRate - inputRate));
  const inputTokens = tokens - outputTokens;
  if (!(outputTokens >= 0 && inputTokens >= 0)) return null;
  if (prices.bound(subject, inputTokens, outputTokens, at) !== nusd) return null;
  return { inputTokens, inputRate: tidy(inputRate), outputTokens, outputRate: tidy(outputRate) };
}

/** Without what dividing left behind its last digits. */
function tidy(rate: number): number {
  return Number(rate.toPrecision(9));
}
