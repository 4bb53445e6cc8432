import type { TaskAction } from './messages.ts';
import type { TaskView } from './snapshot.ts';

/** What can be asked of a task in its state, in the order in which it is offered. Tree and panel offer the same. */
export function taskActions({ state, repeatable }: Pick<TaskView, 'state' | 'repeatable'>): readonly TaskAction[] {
  switch (state) {
    case 'running':
      return ['pause', 'retry', 'cancel'];
    case 'paused':
      return ['continue', 'retry', 'cancel'];
    case 'queued':
      return [];
    case 'done':
    case 'failed':
    case 'cancelled':
      return repeatable ? ['retry'] : [];
  }
}
