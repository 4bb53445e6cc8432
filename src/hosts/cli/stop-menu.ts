import { momentText } from '../../protocol/moment-text.ts';
import { parseLimit, unit } from '../../protocol/limit-text.ts';
import type { BudgetDecision } from '../../protocol/messages.ts';
import type { BudgetStopView } from '../../protocol/snapshot.ts';
import { raiseTo, stopChoices, stopMessage, stopTitle, type StopChoice } from '../../protocol/stop-choices.ts';
import { oneLine } from '../../protocol/text.ts';

/** What a typed line means. `back`: to be asked for a choice again. */
export type Typed =
  | { readonly kind: 'decide'; readonly decision: BudgetDecision }
  | { readonly kind: 'amount' }
  | { readonly kind: 'back' }
  | { readonly kind: 'wrong'; readonly message: string };

/** The choices at a budget's limit, each with what is typed for it. */
export interface StopMenu {
  /** Why the run stopped, when the budget frees up, and one line a choice; its detail where `width` has room. */
  lines(width: number): readonly string[];
  /** What is asked for one of the choices, and for an amount. */
  readonly prompt: string;
  readonly amountPrompt: string;
  choice(line: string): Typed;
  /** Nothing typed leads back to the choices. */
  amount(line: string): Typed;
}

/** `now` is ms since the epoch. */
export function stopMenu(stop: BudgetStopView, now: number): StopMenu {
  const entries = entriesOf(stopChoices(stop, now), stop.budget === null);
  const keys = entries.map(({ key }) => key);
  const amount = (text: string): Typed => {
    const { budget } = stop;
    if (budget === null) return wrong('No budget stopped this run; continue or stop it.');
    const parsed = parseLimit(budget.resource, text);
    return parsed.kind === 'wrong' ? parsed : { kind: 'decide', decision: raiseTo(stop, parsed.limit, now) };
  };
  return {
    lines: (width) => [
      stopMessage(stop, oneLine(stopTitle(stop), 220)),
      ...(stop.budget === null ? [] : [freeing(stop.freesAt, now)]),
      ...table(entries, width),
    ],
    prompt: `Your choice (${listed(keys)}): `,
    amountPrompt: `New limit in ${stop.budget === null ? 'its unit' : unit(stop.budget.resource)} (nothing: back): `,
    choice(line) {
      const text = line.trim();
      const given = text.toLowerCase();
      // What a key or word means is no model's to change by its name.
      const found =
        entries.find(({ key, words }) => key === given || words.includes(given)) ??
        entries.find(({ choice }) => modelOf(choice)?.toLowerCase() === given);
      if (found !== undefined) return found.choice.answer;
      const raised = /^(?:r|raise|a|amount)(?:\s+to)?\s+(\S.*)$/i.exec(text)?.[1];
      if (raised !== undefined && stop.budget !== null) return amount(raised);
      const said = text === '' ? 'Nothing is chosen yet' : `“${oneLine(text, 40)}” is none of the choices`;
      return wrong(`${said}: type ${listed(keys)}, then Enter.`);
    },
    amount: (line) => (line.trim() === '' ? { kind: 'back' } : amount(line)),
  };
}

interface Entry {
  /** One letter; with a number from the second of its kind on. */
  readonly key: string;
  readonly words: readonly string[];
  readonly choice: StopChoice;
}

function entriesOf(choices: readonly StopChoice[], byPerson: boolean): readonly Entry[] {
  const counts = new Map<string, number>();
  return choices.map((choice) => {
    const [letter, words] = typedFor(choice, byPerson);
    const nth = (counts.get(letter) ?? 0) + 1;
    counts.set(letter, nth);
    return nth === 1 ? { key: letter, words, choice } : { key: `${letter}${nth}`, words: [], choice };
  });
}

/** A letter, and the words that mean the same as the first choice of its kind. */
function typedFor({ answer }: StopChoice, byPerson: boolean): readonly [letter: string, words: readonly string[]] {
  if (answer.kind === 'amount') return ['a', ['amount']];
  const { decision } = answer;
  switch (decision.type) {
    case 'raise':
      return ['r', ['raise']];
    case 'switch_model':
      return ['m', ['model']];
    case 'wait':
      return ['w', ['wait']];
    case 'continue':
      return byPerson ? ['c', ['continue']] : ['t', ['try', 'try again']];
    case 'stop':
      return ['s', ['stop']];
  }
}

function modelOf({ answer }: StopChoice): string | null {
  return answer.kind === 'decide' && answer.decision.type === 'switch_model' ? answer.decision.model : null;
}

function table(entries: readonly Entry[], width: number): readonly string[] {
  const rows = entries.map(({ key, choice }) => ({
    start: `  ${key.padEnd(Math.max(...entries.map((entry) => entry.key.length)))}  ${oneLine(choice.label, 75)}`,
    detail: choice.detail,
  }));
  const column = Math.max(...rows.map(({ start }) => start.length)) + 2;
  return rows.map(({ start, detail }) => {
    const whole = `${start.padEnd(column)}${detail}`;
    return whole.length <= width ? whole : start;
  });
}

function freeing(freesAt: number | null, now: number): string {
  return freesAt === null ? 'It does not free up by itself.' : `It frees up ${momentText(freesAt, now)}.`;
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
}

function wrong(message: string): Typed {
  return { kind: 'wrong', message };
}
