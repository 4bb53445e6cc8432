import type { TaskSize, TaskType } from '../../catalogue/states.ts';
import { parseIntent, titleOf, type Intent } from './intent.ts';

export interface Plan {
  readonly type: TaskType;
  readonly size: TaskSize;
  readonly steps: readonly { readonly title: string; readonly prompt: string }[];
}

/** One step per wish, in the prompt's order; the same wish twice is one step. Never without a step. */
export function plan(prompt: string): Plan {
  const wishes = split(prompt);
  const steps = new Map<string, { title: string; prompt: string; intent: Intent | null }>();
  for (const { text, intent } of wishes) {
    const key = intent === null ? text : JSON.stringify(intent);
    if (!steps.has(key))
      steps.set(key, { title: intent === null ? shorten(text) : titleOf(intent), prompt: text, intent });
  }
  const list = [...steps.values()];
  const size = list.length <= 1 ? 'S' : list.length <= 3 ? 'M' : 'L';
  return {
    type: typeOf(list.map((s) => s.intent)),
    size,
    steps: list.map(({ title, prompt: text }) => ({ title, prompt: text })),
  };
}

const maxPromptLength = 20_000;

export interface Wish {
  readonly text: string;
  /** Null when no rule fits. */
  readonly intent: Intent | null;
}

/**
 * Parts a prompt at line ends, bullets, semicolons and "then"; and at commas, "and" and sentence ends where both sides
 * are wishes by themselves. Quoted text is never parted. Without any known wish the prompt stays whole, and so does one
 * of more than 20,000 characters.
 */
export function split(prompt: string): readonly Wish[] {
  if (prompt.length > maxPromptLength) return [{ text: prompt, intent: null }];
  const { masked, unmask } = maskQuotes(prompt.trim());
  const parts = masked
    .split(/\r?\n|;|,?\s+(?:and\s+)?then\s+/i)
    .map((part) => part.replace(/^\s*(?:[-*•+]|\d+[.)])\s+/, '').trim())
    .filter((part) => part !== '' && !/^(?:and|then)$/i.test(part));
  const wishes = parts.flatMap((part) => splitWeakly(part, unmask));
  if (wishes.every((wish) => wish.intent === null)) {
    return [{ text: prompt.trim(), intent: null }];
  }
  // A line such as "Please do this:" only leads to the others.
  return wishes.filter((wish) => wish.intent !== null || !wish.text.endsWith(':'));
}

function splitWeakly(part: string, unmask: (text: string) => string): readonly Wish[] {
  const pieces = part.split(/(\s*,\s*(?:and\s+)?|\s+(?:and|plus|&)\s+|[.?!]\s+|:\s+)/i);
  const wishes: Wish[] = [];
  let joint = '';
  for (const [i, piece] of pieces.entries()) {
    if (i % 2 === 1) {
      joint = piece;
      continue;
    }
    if (piece.trim() === '') continue;
    const text = unmask(piece.trim());
    const intent = parseIntent(text);
    const last = wishes.at(-1);
    if (last === undefined) wishes.push({ text, intent });
    else if (intent !== null && last.intent !== null) wishes.push({ text, intent });
    else if (intent !== null)
      wishes.splice(-1, 1, { text, intent: parseIntent(last.text + unmask(joint) + text) ?? intent });
    else {
      const joined = last.text + unmask(joint) + text;
      wishes.splice(-1, 1, { text: joined, intent: parseIntent(joined) ?? last.intent });
    }
  }
  return wishes;
}

function typeOf(intents: readonly (Intent | null)[]): TaskType {
  if (intents.some((intent) => intent?.kind === 'replace')) return 'change';
  return intents.every((intent) => intent === null) ? 'question' : 'inspect';
}

function shorten(text: string): string {
  const line = text.split('\n')[0] ?? '';
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}

/** Characters that Unicode leaves to private use, from U+E000 on. */
const privateUse = 6400;

/** Quoted texts and regular expressions become single private-use characters, so that no separator inside them counts. */
function maskQuotes(text: string): { masked: string; unmask: (text: string) => string } {
  const kept: string[] = [];
  const quoted =
    /"[^"\n]{0,999}"|`[^`\n]{0,999}`|“[^”\n]{0,999}”|«[^»\n]{0,999}»|(?<=^|\s)'[^'\n]{0,999}'(?=\s|$|[,;.])|(?<=\s)\/(?:[^/\\\s]|\\.)(?:[^/\\\n]|\\.){0,999}\/[a-z]*(?=\s|$|[,;.])/g;
  const masked = text.replace(quoted, (match) => {
    if (kept.length >= privateUse) return match;
    kept.push(match);
    return String.fromCharCode(0xe000 + kept.length - 1);
  });
  const unmask = (part: string): string => part.replace(/[\uE000-\uF8FF]/g, (c) => kept[c.charCodeAt(0) - 0xe000] ?? c);
  return { masked, unmask };
}
