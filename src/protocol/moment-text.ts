/** A moment to come as people say it, local time, rounded up to the minute: `at 16:40`, `tomorrow at 00:00`. */
export function momentText(at: number, now: number): string {
  const moment = new Date(Math.ceil(at / 60_000) * 60_000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = `at ${two(moment.getHours())}:${two(moment.getMinutes())}`;
  const days = daysBetween(new Date(now), moment);
  if (days <= 0) return time;
  if (days === 1) return `tomorrow ${time}`;
  if (days < 7) return `on ${weekdays[moment.getDay()]} ${time}`;
  return `on ${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())} ${time}`;
}

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;

/** Days of the calendar, so that one of 23 or 25 hours is one. */
function daysBetween(from: Date, to: Date): number {
  const day = (date: Date): number => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((day(to) - day(from)) / 86_400_000);
}
