import { exactUsd, formatG, formatInteger } from '../protocol/money.ts';
import { totalTokens } from '../protocol/rows.ts';
import type { LedgerRow, RateLine } from '../protocol/rows.ts';
import { oneLine } from '../protocol/text.ts';
import { bucketNames, isoTime } from './format.ts';

/** What is known of a call besides its row. */
export interface AboutCall {
  /** The number of its run; null: the run's row is gone. */
  readonly g: number | null;
  /** Its settlements and their corrections, the first made first. */
  readonly entries: readonly {
    readonly entry: string;
    readonly at: number;
    readonly tokens: number;
    readonly nusd: number;
  }[];
  /** What was held, taken apart; null: it cannot be told from the prices known now. */
  readonly bound: BoundParts | null;
  /** What the list price would have been of a call whose cost was reported; null: no price is known, or none was asked for. */
  readonly list: { readonly nusd: number; readonly source: string } | null;
}

/** The most tokens the call could take and give, each at its dearest rate, USD per million. */
export interface BoundParts {
  readonly inputTokens: number;
  readonly inputRate: number;
  readonly outputTokens: number;
  readonly outputRate: number;
}

/** The arithmetic of one ledger row, for a person: bucket × rate, the sum, its rounding, and what was held before. */
export function explainCall(row: LedgerRow, about: AboutCall): string {
  const parts = [facts(row, about), reservation(row, about), settlement(row, about), corrections(about)];
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function facts(row: LedgerRow, { g }: AboutCall): readonly string[] {
  const answered =
    row.responseModel === null || row.responseModel === row.model ? '' : ` (answered by ${oneLine(row.responseModel)})`;
  return [
    `call       ${oneLine(row.callId)}`,
    `run, task  ${g === null ? '' : `g${formatG(g)} `}${oneLine(row.runId)}, ${oneLine(row.taskId)}`,
    `trace      ${oneLine(row.traceId)}, span ${oneLine(row.spanId)}`,
    `model      ${oneLine(row.model)}${answered}, as ${row.role} of agent ${oneLine(row.agent)}`,
    ...(row.serviceTier === null ? [] : [`tier       ${row.serviceTier}`]),
    `reserved   ${isoTime(row.at)}`,
    `settled    ${row.settledAt === null ? 'not yet' : isoTime(row.settledAt)}`,
    `state      ${row.state}`,
  ];
}

function reservation(row: LedgerRow, { bound }: AboutCall): readonly string[] {
  return [held(row), ...(bound === null ? [] : [boundLine(bound)])];
}

function boundLine({ inputTokens, inputRate, outputTokens, outputRate }: BoundParts): string {
  return (
    `That is the most it could cost: ${formatInteger(inputTokens)} input tokens (a token for each byte sent) at ${inputRate} and ` +
    `${formatInteger(outputTokens)} output tokens at ${outputRate} USD per million, the dearest rates of each.`
  );
}

function held(row: LedgerRow): string {
  const amount = `${exactUsd(row.reservedNusd)} USD and ${formatInteger(row.reservedTokens)} tokens`;
  switch (row.state) {
    case 'reserved':
      return `Held before sending: ${amount}; the call is not sent yet.`;
    case 'sent':
      return `Held: ${amount}; the call is under way, and a crash would settle it at this amount.`;
    case 'released':
      return `Held: ${amount}; the call was never sent, so all of it was released and nothing was spent.`;
    case 'settled': {
      const back = row.reservedNusd - row.nusd;
      const rest =
        row.pricing === 'unpriced'
          ? 'the hold ended'
          : back < 0
            ? `${exactUsd(-back)} USD more than held was spent`
            : `${exactUsd(back)} USD of it went back`;
      return `Held before sending: ${amount}; when the call settled, ${rest}.`;
    }
  }
}

function settlement(row: LedgerRow, { list }: AboutCall): readonly string[] {
  if (row.state !== 'settled') return ['There is no settlement to explain.'];
  const estimate = row.estimated ? [estimateLine(row)] : [];
  switch (row.pricing) {
    case 'free':
      return [`${tokens(row)} from a model that is free by its nature: 0.00 USD.`, ...estimate];
    case 'unpriced':
      return [`${tokens(row)}; the model has no known price, so what they cost is unknown (it is not 0).`, ...estimate];
    case 'reported':
      return [
        `${tokens(row)}; the provider itself reported ${exactUsd(row.nusd)} USD.`,
        ...source(row),
        list === null
          ? 'No list price of that model is known to compare it with.'
          : `At the list price it would have been ${exactUsd(list.nusd)} USD (${oneLine(list.source)}); what was reported counts.`,
        ...estimate,
      ];
    case 'as':
      return [
        ...arithmetic(row),
        'The money is reckoned at another model’s prices and was not paid.',
        ...source(row),
        ...estimate,
      ];
    case 'priced':
      return [...arithmetic(row), ...source(row), ...estimate];
  }
}

function estimateLine(row: LedgerRow): string {
  const whole =
    row.rates.length === 0 && row.nusd === row.reservedNusd && totalTokens(row.tokens) === row.reservedTokens;
  return whole
    ? 'Estimated: its process ended while it was under way, so all that was held counts as spent.'
    : 'Estimated: the provider sent no usable usage, or the call was cut off.';
}

/** Nothing where no settlement was ever taken back. */
function corrections({ entries }: AboutCall): readonly string[] {
  if (!entries.some(({ entry }) => entry === 'reverse')) return [];
  const rows = entries
    .filter(({ entry }) => entry === 'settle' || entry === 'reverse')
    .map(({ entry, at, tokens: count, nusd }) => [entry, isoTime(at), formatInteger(count), exactUsd(nusd)]);
  return [
    'Corrected: a settlement that was wrong is taken back, and the last one counts.',
    ...align([['entry', 'at', 'tokens', 'USD'], ...rows]),
  ];
}

function tokens(row: LedgerRow): string {
  return `${formatInteger(totalTokens(row.tokens))} tokens`;
}

function source(row: LedgerRow): readonly string[] {
  return row.priceSource === null ? [] : [`Prices: ${oneLine(row.priceSource)}`];
}

function arithmetic(row: LedgerRow): readonly string[] {
  if (row.rates.length === 0)
    return [`${tokens(row)}, ${exactUsd(row.nusd)} USD; the ledger holds no rates for this call.`];
  const products = row.rates.map(product);
  const sum = products.reduce((a, b) => a + b, 0n);
  const rounded = Number((sum + picoHalf) / picoPerNano);
  const cells = row.rates.map((line, i) => [
    bucketNames[line.bucket],
    formatInteger(line.tokens),
    decimalOf(line.usdPerMillion),
    pico(products[i] ?? 0n),
  ]);
  const lines = align([
    ['bucket', 'tokens', 'USD per million', 'nano-dollars'],
    ...cells,
    ['sum', tokenSum(row.rates), '', pico(sum)],
  ]);
  const rounding =
    rounded === row.nusd
      ? `Rounded half-up once: ${formatInteger(rounded)} nano-dollars = ${exactUsd(row.nusd)} USD, as the ledger says.`
      : `Rounded half-up: ${formatInteger(rounded)} nano-dollars; the ledger says ${formatInteger(row.nusd)} = ${exactUsd(row.nusd)} USD, ` +
        `${formatInteger(row.nusd - rounded)} apart${row.estimated ? ' (settled at the full amount held)' : ''}.`;
  return [...lines, rounding];
}

// tokens × USD per million = tokens × rate × 1000 nano-dollars; kept exact in units of 1e-9 nano-dollars.
const picoPerNano = 1_000_000_000n;
const picoHalf = picoPerNano / 2n;

function product(line: RateLine): bigint {
  const [whole = '0', fraction = ''] = decimalOf(line.usdPerMillion).split('.');
  return (
    (BigInt(Math.round(line.tokens)) * BigInt(whole + fraction.padEnd(12, '0').slice(0, 12)) * (1000n * picoPerNano)) /
    10n ** 12n
  );
}

/** A rate in plain digits, at most 12 after the point. */
function decimalOf(rate: number): string {
  if (!Number.isFinite(rate) || rate < 0) return '0';
  const shortest = String(rate);
  return /e/.test(shortest) ? rate.toFixed(12).replace(/\.?0+$/, '') : shortest;
}

function pico(amount: bigint): string {
  const fraction = (amount % picoPerNano).toString().padStart(9, '0').replace(/0+$/, '');
  const whole = formatWhole(amount / picoPerNano);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

function formatWhole(amount: bigint): string {
  return amount.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

function tokenSum(lines: readonly RateLine[]): string {
  return formatInteger(lines.reduce((sum, line) => sum + line.tokens, 0));
}

function align(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
  );
}
