import type { Agent } from '../agents/agent.ts';
import { isHaiosError } from '../errors.ts';
import type { TaskState } from './checkpoint.ts';
import type { RunContext } from './services.ts';
import { settleAll } from './settle-all.ts';
import type { StepOutcome, TaskMessage } from './task-message.ts';

type Perform = (agent: Agent<TaskMessage>) => Promise<unknown>;

/**
 * Hands a step to a worker agent by message and waits for its result, which comes back the same way. When no worker is
 * free the agent does the step itself: it would wait while it holds a place. A step that was cancelled has ended like one
 * that is done; throws what made it fail.
 */
export async function delegate(
  { services, run }: RunContext,
  agent: Agent<TaskMessage>,
  step: TaskState,
  perform: Perform,
): Promise<void> {
  const worker = freeWorker(() => services.agents.start({ tier: 'worker', runId: run.id, signal: run.signal }));
  const outcome =
    worker === null ? await outcomeOf(step, perform, agent) : await byMessage(agent, worker, step, perform);
  if (outcome.kind === 'failed') throw outcome.error;
}

function freeWorker(start: () => Agent<TaskMessage>): Agent<TaskMessage> | null {
  try {
    return start();
  } catch (error) {
    if (isHaiosError(error, 'AGENTS_FULL')) return null;
    throw error;
  }
}

async function byMessage(
  agent: Agent<TaskMessage>,
  worker: Agent<TaskMessage>,
  step: TaskState,
  perform: Perform,
): Promise<StepOutcome> {
  try {
    const asked = ask(agent, worker.id, step);
    // Without an assignment there is nothing to wait for.
    asked.catch(() => worker.end());
    // Both, so that a worker whose run was stopped settles its calls before anyone goes on.
    const [outcome] = await settleAll([asked, serve(worker, perform)] as const);
    return outcome;
  } finally {
    worker.end();
  }
}

async function ask(agent: Agent<TaskMessage>, worker: string, step: TaskState): Promise<StepOutcome> {
  await agent.send(worker, { kind: 'assignment', step });
  for (;;) {
    for (const { body } of await agent.receive()) {
      if (body.kind === 'result' && body.taskId === step.taskId) return body.outcome;
    }
  }
}

async function serve(worker: Agent<TaskMessage>, perform: Perform): Promise<void> {
  for (const { from, body } of await worker.receive()) {
    if (body.kind !== 'assignment') continue;
    const outcome = await outcomeOf(body.step, perform, worker);
    await worker.send(from, { kind: 'result', taskId: body.step.taskId, outcome });
  }
}

async function outcomeOf(step: TaskState, perform: Perform, agent: Agent<TaskMessage>): Promise<StepOutcome> {
  try {
    await perform(agent);
    return { kind: 'ended' };
  } catch (error) {
    return step.phase === 'cancelled' ? { kind: 'ended' } : { kind: 'failed', error };
  }
}
