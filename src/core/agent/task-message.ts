import type { TaskState } from './checkpoint.ts';

/** What agents of a run say to each other: a step to do, and how it ended. */
export type TaskMessage =
  | { readonly kind: 'assignment'; readonly step: TaskState }
  | { readonly kind: 'result'; readonly taskId: string; readonly outcome: StepOutcome };

export type StepOutcome = { readonly kind: 'ended' } | { readonly kind: 'failed'; readonly error: unknown };
