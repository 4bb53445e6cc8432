import { HaiosError } from '../core/errors.ts';
import type { PriceQuote, Prices } from '../core/ports.ts';
import { noTokens, type Tokens } from '../protocol/rows.ts';
import { createWhatIf, type WhatIf } from '../reports/what-if.ts';
import { dayOf } from '../storage/reader/days.ts';
import type { Reader } from '../storage/storage.ts';

export interface WhatIfTime {
  readonly since: number;
  readonly until: number;
  /** The ledger's last entry that counts. */
  readonly upTo: number;
  readonly priceAs: string;
}

/** A page is priced in one go, so it is small enough for the event loop. */
const pageSize = 2000;

/** What everything settled in a time would have cost as that model. Throws USAGE for a model whose prices are not known. */
export async function whatIfOf(time: WhatIfTime, reader: Pick<Reader, 'settlements'>, prices: Prices): Promise<WhatIf> {
  const { priceAs: model, ...bounds } = time;
  const quote = (tokens: Tokens, at: number): PriceQuote => {
    const found = prices.quote({ provider: null, model }, tokens, at);
    if (found !== null) return found;
    throw new HaiosError(
      'USAGE',
      `--price-as “${model}”: no price is known for that model; give an exact model id, e.g. gpt-5-mini.`,
    );
  };
  quote(noTokens, time.until);
  const whatIf = createWhatIf({ model, quote: (tokens, at) => quote(tokens, at).nusd, dayOf: rememberedDay() });
  for (let after = 0; ;) {
    const page = await reader.settlements({ ...bounds, after, limit: pageSize });
    for (const entry of page) whatIf.add(entry);
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return whatIf.result();
    after = last.entryId;
  }
}

/** Calls of one minute are on one day, and neighbours often of one minute. */
function rememberedDay(): (at: number) => string {
  let minute = NaN;
  let day = '';
  return (at) => {
    const now = Math.floor(at / 60_000);
    if (now !== minute) {
      minute = now;
      day = dayOf(at);
    }
    return day;
  };
}
