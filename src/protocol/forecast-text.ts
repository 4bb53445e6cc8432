import type { Forecast, Range } from './messages.ts';
import { formatUsd } from './money.ts';

type RangeForecast = Extract<Forecast, { kind: 'range' }>;

/** What is said of a forecast, each in few words: `$0.10–0.35` (left out where there is no money), `2–4 min`, `30k–50k tokens`. */
export function forecastParts({ nusd, durationMs, tokens }: RangeForecast): readonly string[] {
  return [...(nusd === null ? [] : [money(nusd)]), time(durationMs), `${span(shortCount, tokens)} tokens`];
}

function money({ low, high }: Range): string {
  const most = formatUsd(high);
  const least = formatUsd(low);
  return least === most ? most : `${least}–${most.slice(1)}`;
}

const units = [
  { ms: 1, name: 'ms' },
  { ms: 1000, name: 's' },
  { ms: 60_000, name: 'min' },
  { ms: 3_600_000, name: 'h' },
] as const;

/** Both ends in the unit of the longer one, unless the shorter one would be nothing in it. */
function time(range: Range): string {
  const unit = unitOf(range.high);
  const text = `${span((ms) => short(ms / unit.ms), range)} ${unit.name}`;
  if (range.low === 0 || !text.startsWith('0–')) return text;
  const small = unitOf(range.low);
  return `${short(range.low / small.ms)} ${small.name}${text.slice(1)}`;
}

function unitOf(ms: number): (typeof units)[number] {
  return units.findLast((unit) => ms >= unit.ms) ?? units[0];
}

function span(format: (value: number) => string, { low, high }: Range): string {
  const [least, most] = [format(low), format(high)];
  return least === most ? most : `${least}–${most}`;
}

/** 950, 1.2k, 30k, 2.5M. */
function shortCount(value: number): string {
  if (value < 1000) return String(Math.round(value));
  if (value < 999_500) return `${short(value / 1000)}k`;
  return `${short(value / 1_000_000)}M`;
}

/** One decimal below ten, none from there on. */
function short(value: number): string {
  return value < 9.95 ? value.toFixed(1).replace(/\.0$/, '') : String(Math.round(value));
}
