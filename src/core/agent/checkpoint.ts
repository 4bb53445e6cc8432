import type { ModelRole, TaskSize, TaskType } from '../../catalogue/states.ts';
import type { Message } from '../ports.ts';

/** One step of a plan. */
export interface Step {
  readonly title: string;
  readonly prompt: string;
}

/** Where a task stands: all that is needed to go on with it in another process. Mutable, JSON-safe. */
export interface TaskState {
  readonly taskId: string;
  readonly spanId: string;
  readonly title: string;
  readonly prompt: string;
  readonly depth: number;
  type: TaskType;
  size: TaskSize;
  startedAt: number;
  phase: 'planning' | 'decomposed' | 'executing' | 'done' | 'cancelled';
  readonly children: TaskState[];
  readonly messages: Message[];
  result: string | null;
  /** What counts against `quotas.task` and is in no cost record; absent in checkpoints of older versions. */
  used?: TaskUse;
}

export interface TaskUse {
  /** Worker calls that were begun. */
  calls: number;
  /** Time at work, pauses and the time of its steps excluded. */
  workMs: number;
  /** Paths, each once. */
  readonly files: string[];
  /** Input tokens that an earlier call had carried already, and the last call they are reckoned from; absent in older checkpoints. */
  resent?: number;
  last?: { readonly role: ModelRole; readonly tokens: number };
}

export interface Checkpoint {
  readonly version: 1;
  readonly root: TaskState;
}

/** A task begins again from its prompt. What it has used stays used. */
export function beginAgain(state: TaskState): void {
  state.phase = 'planning';
  state.result = null;
  state.children.length = 0;
  state.messages.length = 0;
}

/** Null when the text is no checkpoint of this version: the run then begins its work anew. */
export function parseCheckpoint(json: string): Checkpoint | null {
  try {
    const value: unknown = JSON.parse(json);
    if (
      typeof value !== 'object' ||
      value === null ||
      !('version' in value) ||
      value.version !== 1 ||
      !('root' in value)
    )
      return null;
    return value as Checkpoint;
  } catch {
    return null;
  }
}
