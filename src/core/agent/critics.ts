import { messageOf } from '../errors.ts';
import type { Span } from '../trace.ts';
import { isBudgetStop } from './ending.ts';
import { settleAll } from './settle-all.ts';
import type { Task } from './task.ts';
import { runTool } from './tool-call.ts';

export interface Verdict {
  readonly name: string;
  readonly passed: boolean;
  readonly text: string;
}

/** Runs the configured critics over what a changing task produced, in the critic lane, through the command tool and its approval. */
export async function runCritics(task: Task, parent: Span): Promise<readonly Verdict[]> {
  const { critics, tools } = task.context;
  const command = tools.find(({ spec }) => spec.name === 'run_command');
  if (command === undefined) return [];
  return settleAll(
    critics.map(async ({ name, command: argv }): Promise<Verdict> => {
      try {
        const { text } = await runTool(task, parent, command, { command: argv }, `critic ${name}`, 'critic');
        return { name, passed: /^exit code 0\b/m.test(text), text };
      } catch (error) {
        if (task.signal.aborted || isBudgetStop(error)) throw error;
        return { name, passed: false, text: messageOf(error) };
      }
    }),
  );
}
