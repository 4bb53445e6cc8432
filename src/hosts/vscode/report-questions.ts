import type { ReportQuery } from '../../protocol/messages.ts';
import { checkCustomRange, parseCustomRange } from './custom-range.ts';
import { askChoice, askSteps, askText, type Choice, type Step } from './quick-input.ts';

/** The last days, or a time of one’s own. */
type Period = number | 'custom';

const defaultDays = 7;
const formats: readonly Choice<ReportQuery['format']>[] = [
  { label: 'Markdown', description: 'for people', value: 'md' },
  { label: 'CSV', description: 'for spreadsheets', value: 'csv' },
  { label: 'JSON', description: 'for programs', value: 'json' },
];
const periods: readonly Choice<Period>[] = [
  { label: 'Last 7 days', value: defaultDays },
  { label: 'Last 30 days', value: 30 },
  { label: 'Last 365 days', value: 365 },
  { label: 'Custom range…', description: 'from a day or time to another, or until now', value: 'custom' },
];

interface Given {
  format: ReportQuery['format'];
  period: Period;
  /** The ends of a time of one’s own, as typed. */
  from: string;
  to: string;
}

/** Asks of what time a report is to be, and for whom; null when the person gave up. */
export async function askReport(title: string): Promise<Pick<ReportQuery, 'format' | 'days' | 'range'> | null> {
  const given: Given = { format: 'md', period: defaultDays, from: '', to: '' };
  const steps = (): readonly Step[] => [...choices(given), ...(given.period === 'custom' ? ends(given) : [])];
  if (!(await askSteps(title, steps))) return null;
  const { format, period, from, to } = given;
  if (period !== 'custom') return { format, days: period, range: null };
  const parsed = parseCustomRange(from, to, Date.now());
  if (parsed.kind === 'wrong') throw new Error(parsed.message);
  return { format, days: defaultDays, range: parsed.range };
}

function choices(given: Given): readonly Step[] {
  return [
    async (place) => {
      const answer = await askChoice(place, 'Format', formats, given.format);
      if (answer.kind === 'value') given.format = answer.value;
      return answer.kind;
    },
    async (place) => {
      const answer = await askChoice(place, 'Period', periods, given.period);
      if (answer.kind === 'value') given.period = answer.value;
      return answer.kind;
    },
  ];
}

function ends(given: Given): readonly Step[] {
  return [
    async (place) => {
      const answer = await askText(place, {
        prompt: 'From which day or time (local)?',
        value: given.from,
        placeholder: '2026-11-01, or 2026-11-01T08:30',
        check: (text) => checkCustomRange(text, '', Date.now()),
        live: true,
        keep: (text) => (given.from = text),
      });
      return answer.kind;
    },
    async (place) => {
      const answer = await askText(place, {
        prompt: `From ${given.from.trim()} to which day (counted whole) or time? Empty: until now.`,
        value: given.to,
        placeholder: '2026-11-15, or 2026-11-15T18:00',
        check: (text) => checkCustomRange(given.from, text, Date.now()),
        live: true,
        keep: (text) => (given.to = text),
      });
      return answer.kind;
    },
  ];
}
