import { exactUsd, formatInteger } from '../protocol/money.ts';
import { totalTokens } from '../protocol/rows.ts';
import type { LedgerRow, RateLine } from '../protocol/rows.ts';
import { oneLine } from '../protocol/text.ts';
import { bucketNames, isoTime } from './format.ts';

/** The arithmetic of one ledger row, for a person: bucket × rate, the sum, its rounding, and what was held before. */
export function explainCall(row: LedgerRow): string {
  return `${[...facts(row), '', ...reservation(row), '', ...settlement(row)].join('\n')}\n`;
}

function facts(row: LedgerRow): readonly string[] {
  const answered =
    row.responseModel === null || row.responseModel === row.model ? '' : ` (answered by ${oneLine(row.responseModel)})`;
  return [
    `call       ${oneLine(row.callId)}`,
    `run, task  ${oneLine(row.runId)}, ${oneLine(row.taskId)}`,
    `trace      ${oneLine(row.traceId)}, span ${oneLine(row.spanId)}`,
    `model      ${oneLine(row.model)}${answered}, as ${row.role} of agent ${oneLine(row.agent)}`,
    `reserved   ${isoTime(row.at)}`,
    `settled    ${row.settledAt === null ? 'not yet' : isoTime(row.settledAt)}`,
    `state      ${row.state}`,
  ];
}

function reservation(row: LedgerRow): readonly string[] {
  const held = `${exactUsd(row.reservedNusd)} USD and ${formatInteger(row.reservedTokens)} tokens`;
  switch (row.state) {
    case 'reserved':
      return [`Held before sending: ${held}; the call is not sent yet.`];
    case 'sent':
      return [`Held: ${held}; the call is under way, and a crash would settle it at this amount.`];
    case 'released':
      return [`Held: ${held}; the call was never sent, so all of it was released and nothing was spent.`];
    case 'settled': {
      const back = row.reservedNusd - row.nusd;
      const rest =
        row.pricing === 'unpriced'
          ? 'the hold ended'
          : back < 0
            ? `${exactUsd(-back)} USD more than held was spent`
            : `${exactUsd(back)} USD of it went back`;
      return [`Held before sending: ${held}; when the call settled, ${rest}.`];
    }
  }
}

function settlement(row: LedgerRow): readonly string[] {
  if (row.state !== 'settled') return ['There is no settlement to explain.'];
  const estimate = row.estimated
    ? ['Estimated: the provider sent no usable usage, or the call was cut off or its process ended.']
    : [];
  switch (row.pricing) {
    case 'free':
      return [`${tokens(row)} from a model that is free by its nature: 0.00 USD.`, ...estimate];
    case 'unpriced':
      return [`${tokens(row)}; the model has no known price, so what they cost is unknown (it is not 0).`, ...estimate];
    case 'reported':
      return [`${tokens(row)}; the provider itself reported ${exactUsd(row.nusd)} USD.`, ...source(row), ...estimate];
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
