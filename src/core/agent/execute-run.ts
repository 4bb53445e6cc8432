import type { Agent } from '../agents/agent.ts';
import { HaiosError, messageOf } from '../errors.ts';
import type { IssueRow } from '../../protocol/rows.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { TaskMessage } from './task-message.ts';
import { spanStatusAfter, statusAfter } from './ending.ts';
import { newTaskState, runTask } from './pipeline.ts';
import { resentOf } from './resent.ts';
import type { RunContext } from './services.ts';

/**
 * Takes a run from `queued` (or a resumable state) to its end. Never throws: how it ended is in the run's row, and an
 * issue tells of a budget stop. `rootSpanId` is the span the run had, if it is resumed.
 */
export async function executeRun(
  context: RunContext,
  rootSpanId: string,
  checkpoint: Checkpoint | null,
): Promise<void> {
  const { run, tracer, services } = context;
  const { ids } = services;
  // It waited for its turn and was stopped: nothing of it has begun.
  if (run.status === 'queued' && run.signal.aborted) {
    const { code, message } = asRunError(run.signal.reason);
    run.end(statusAfter(run.signal.reason), { text: '', error: { code, message } });
    return;
  }
  const prompt = run.row().prompt;
  const point: Checkpoint = checkpoint ?? {
    version: 1,
    root: newTaskState({ taskId: ids.unique(), spanId: ids.spanId(), title: titleOf(prompt), prompt, depth: 0 }),
  };
  for (const [taskId, tokens] of resentOf(point.root)) run.setResent(taskId, tokens);
  run.begin();
  const plan = tracer.start({ name: 'plan', kind: 'plan', parent: null, spanId: rootSpanId });
  const save = (): void => context.saveCheckpoint(point);
  save();
  context.stop.begin(save);
  let lead: Agent<TaskMessage> | undefined;
  try {
    lead = await services.agents.startWhenFree({ tier: 'lead', runId: run.id, signal: run.signal });
    const text = await runTask(context, point.root, lead, { span: plan, taskId: null }, save);
    await run.tasks.pass(null);
    plan.end({ status: 'ok' });
    run.end('succeeded', { text, error: null });
  } catch (error) {
    save();
    const failure = asRunError(run.signal.aborted ? run.signal.reason : error);
    const status = statusAfter(failure);
    plan.end({ status: spanStatusAfter(failure), error: failure.message });
    if (status === 'budget_exceeded' && failure.details['person'] !== true)
      services.observe({ type: 'issue', issue: budgetIssue(context, failure) });
    if (status === 'failed') {
      services.observe({ type: 'failure', category: failure.code, runId: run.id, message: failure.message });
    }
    run.end(status, { text: '', error: { code: failure.code, message: failure.message } });
  } finally {
    context.stop.end();
    lead?.end();
  }
}

function budgetIssue(context: RunContext, failure: HaiosError): IssueRow {
  const { services, run } = context;
  return {
    issueId: services.ids.unique(),
    code: 'BUDGET_EXCEEDED',
    message: failure.message,
    runId: run.id,
    at: services.clock.now(),
    closedAt: null,
  };
}

function asRunError(error: unknown): HaiosError {
  return error instanceof HaiosError ? error : new HaiosError('INTERNAL', messageOf(error), { cause: error });
}

function titleOf(prompt: string): string {
  const line = prompt.trim().split('\n', 1)[0] ?? '';
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
