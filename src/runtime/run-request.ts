import { constants } from 'node:fs';
import { access, readFile, realpath, stat } from 'node:fs/promises';
import { budgetScopes, budgetWindows, resources, resumable } from '../catalogue/states.ts';
import { quotaLimit } from '../core/budget/limits.ts';
import { HaiosError, messageOf } from '../core/errors.ts';
import { parseCheckpoint, type Checkpoint } from '../core/agent/checkpoint.ts';
import type { StartRun } from '../protocol/messages.ts';
import type { BudgetRef, CostRecord, RunRow } from '../protocol/rows.ts';
import type { Storage } from '../storage/storage.ts';
import { contain } from '../tools/paths.ts';

export const maxPromptChars = 200_000;
const maxInstructionChars = 50_000;

/** Throws PROMPT_INVALID. */
export function checkPrompt(prompt: string | null): string {
  if (prompt === null || prompt.trim() === '') {
    throw new HaiosError('PROMPT_INVALID', 'The prompt is empty; say what the agent should do.');
  }
  if (prompt.length > maxPromptChars) {
    throw new HaiosError(
      'PROMPT_INVALID',
      `The prompt has ${prompt.length} characters; at most ${maxPromptChars} are allowed. Put long material into a file of the workspace.`,
    );
  }
  return prompt;
}

/** The real path of a workspace folder. Throws WORKSPACE_INVALID. */
export async function checkWorkspace(workspace: string | null): Promise<string | null> {
  if (workspace === null) return null;
  try {
    const real = await realpath(workspace);
    if (!(await stat(real)).isDirectory()) {
      throw new HaiosError(
        'WORKSPACE_INVALID',
        `The workspace “${workspace}” is a file; give the folder that holds it.`,
      );
    }
    await access(real, constants.R_OK | constants.X_OK);
    return real;
  } catch (error) {
    if (error instanceof HaiosError) throw error;
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new HaiosError(
      'WORKSPACE_INVALID',
      `The workspace “${workspace}” ${missing ? 'does not exist' : 'cannot be read'}; give an existing folder.`,
      { cause: error },
    );
  }
}

/** Workspace-relative. */
export const agentFile = (agent: string): string => `.haios/agents/${agent}.md`;

/** The instructions of an agent: `.haios/agents/NAME.md` of a trusted workspace; an agent without such a file is a name only. Throws USAGE. */
export async function agentInstructions(
  agent: string,
  workspace: string | null,
  trusted: boolean,
): Promise<string | null> {
  if (!/^[a-z0-9][a-z0-9_-]{0,63}$/i.test(agent)) {
    throw new HaiosError(
      'USAGE',
      `The agent name “${agent.slice(0, 80)}” is not 1 to 64 letters, digits, - and _; give such a name.`,
    );
  }
  if (workspace === null || !trusted) return null;
  const path = agentFile(agent);
  try {
    const target = await contain(workspace, path);
    return (await readFile(target.real, 'utf8')).slice(0, maxInstructionChars);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw new HaiosError(
      'USAGE',
      `The instructions ${path} cannot be read (${messageOf(error)}); mend the file or choose another agent.`,
      { cause: error },
    );
  }
}

/** Throws BUDGET_DECISION for what names no budget; it comes from a host and may be anything. */
export function checkBudget({ name, resource, scope, key, window }: BudgetRef): void {
  const known = resources.includes(resource) && budgetScopes.includes(scope) && budgetWindows.includes(window);
  const named = [name, key].every((text) => typeof text === 'string' && text !== '' && text.length <= 4096);
  if (known && named && name !== quotaLimit) return;
  throw new HaiosError(
    'BUDGET_DECISION',
    `There is no ${scope} budget “${name}” (${resource}, ${window}) whose limit can be set; the Budgets view lists those in force.`,
  );
}

export interface Resumption {
  readonly row: RunRow;
  readonly costs: ReadonlyMap<string, CostRecord>;
  readonly checkpoint: Checkpoint | null;
  readonly rootSpanId: string | null;
}

/** What is known of a run to be resumed. Throws RUN_NOT_FOUND or RUN_NOT_RESUMABLE. */
export async function resumption(
  request: StartRun,
  resume: string,
  storage: Storage,
  livesElsewhere: (runtimeId: string) => Promise<boolean>,
): Promise<Resumption> {
  const { reader } = storage;
  const row = await reader.run(resume);
  if (row === null) throw new HaiosError('RUN_NOT_FOUND', `There is no run “${resume}”; \`haios runs\` lists them.`);
  const owned = row.status === 'queued' || row.status === 'running' || row.status === 'waiting';
  if (owned && (await livesElsewhere(row.runtimeId))) {
    throw new HaiosError(
      'RUN_NOT_RESUMABLE',
      `Run ${row.g} is still ${row.status} in another window; stop it there first.`,
    );
  }
  if (!resumable.includes(row.status)) {
    throw new HaiosError(
      'RUN_NOT_RESUMABLE',
      `Run ${row.g} is ${row.status.replaceAll('_', ' ')}, so there is nothing to resume; start a new run.`,
    );
  }
  const [tasks, checkpoint, roots] = await Promise.all([
    reader.tasks(row.runId),
    reader.checkpoint(row.runId),
    reader.spans(row.runId, null),
  ]);
  return {
    row: {
      ...row,
      model: request.model ?? row.model,
      prompt: request.prompt?.trim() ? request.prompt : row.prompt,
      budget: { ...row.budget, ...request.budget },
    },
    costs: new Map(tasks.map((task) => [task.taskId, task.cost])),
    checkpoint: checkpoint === null ? null : parseCheckpoint(checkpoint),
    rootSpanId: roots[0]?.spanId ?? null,
  };
}
