import { HaiosError } from '../../core/errors.ts';

/** The local calendar day of a moment, `YYYY-MM-DD`. */
export function dayOf(at: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** From local midnight to local midnight: 23, 24 or 25 hours. Throws USAGE for what is no day. */
export function dayBounds(day: string): { readonly start: number; readonly end: number } {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  const [year, month, date] = [Number(match?.[1]), Number(match?.[2]), Number(match?.[3])];
  const start = new Date(year, month - 1, date).getTime();
  if (match === null || dayOf(start) !== day) {
    throw new HaiosError('USAGE', `"${day.slice(0, 40)}" is not a day: give one as YYYY-MM-DD.`);
  }
  return { start, end: new Date(year, month - 1, date + 1).getTime() };
}
