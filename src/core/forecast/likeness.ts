import type { TaskType } from '../../catalogue/states.ts';

/** What is known of a run before it begins. */
export interface Features {
  readonly type: TaskType;
  /** Characters (code points). */
  readonly promptChars: number;
  readonly model: string;
  /** Files of the workspace that are not ignored; null: none is open, or it was not counted. */
  readonly workspaceFiles: number | null;
}

/** A run that succeeded and what it took. */
export interface PastRun extends Features {
  /** Its prompt is, letter for letter, the one that is asked about. */
  readonly samePrompt: boolean;
  /** Milliseconds since the epoch. */
  readonly endedAt: number;
  readonly durationMs: number;
  readonly tokens: number;
  /** Nano-dollars; null when some call of it had no price. */
  readonly nusd: number | null;
  /** The model its money was reckoned as. */
  readonly priceAs: string | null;
  readonly memBytes: number;
  readonly tasks: number;
}

const otherPrompt = 1;
const otherType = 2;
const perDoubling = 0.25;
const unknownFiles = 0.5;
/** Runs farther than this say nothing about each other. */
const farthest = 4;

const halfLifeMs = 90 * 86_400_000;
const leastRecency = 0.25;

/**
 * How much a past run counts, 0 to 1. A model has a speed, a verbosity and a price of its own, so another model’s run
 * counts nothing. Else the distance is 1 for another prompt, 2 for another type of task, and a quarter for each doubling
 * of prompt and of workspace; each step of distance halves the weight, and so does an age of ninety days (to a quarter
 * at most).
 */
export function likeness(query: Features, past: PastRun, now: number): number {
  if (past.model !== query.model) return 0;
  const distance =
    (past.samePrompt ? 0 : otherPrompt) +
    (past.type === query.type ? 0 : otherType) +
    perDoubling * Math.abs(bucket(past.promptChars) - bucket(query.promptChars)) +
    filesApart(query.workspaceFiles, past.workspaceFiles);
  if (!(distance <= farthest)) return 0;
  const age = Math.max(0, now - past.endedAt);
  return 2 ** -distance * Math.max(leastRecency, 2 ** (-age / halfLifeMs));
}

function filesApart(a: number | null, b: number | null): number {
  if (a === null && b === null) return 0;
  if (a === null || b === null) return unknownFiles;
  return perDoubling * Math.abs(bucket(a) - bucket(b));
}

/** 0 → 0, 1 → 1, 2–3 → 2, 4–7 → 3 … */
function bucket(amount: number): number {
  return amount < 1 ? 0 : 1 + Math.floor(Math.log2(amount));
}
