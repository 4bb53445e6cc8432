import type { ModelRole } from '../../catalogue/states.ts';
import { bound } from '../budget/pricing.ts';
import { HaiosError, messageOf } from '../errors.ts';
import type { Agent } from '../agents/agent.ts';
import type { ModelRequest } from '../ports.ts';
import type { Span } from '../trace.ts';
import { beginAgain, type TaskState } from './checkpoint.ts';
import { runCritics } from './critics.ts';
import { delegate } from './delegate.ts';
import type { TaskMessage } from './task-message.ts';
import { statusAfter } from './ending.ts';
import { callModel } from './model-call.ts';
import { gate, parsePlan, type GateMoney, type Plan } from './plan.ts';
import { executorSystem, plannerSystem, summariserPrompt, summariserSystem } from './prompts.ts';
import type { RunContext } from './services.ts';
import { settleAll } from './settle-all.ts';
import { Task } from './task.ts';
import { callTool } from './tool-call.ts';
import { triage } from './triage.ts';

const maxTurns = 50;
const maxDepth = 3;
const gateStepsWhenTight = 2;

/**
 * Takes one task through triage → planner → budget gate → (replan | decompose) → execute → critic, from wherever its
 * state says it stands, and returns its result. `save` is called whenever the state has moved on. A task that a person
 * cancels throws CANCELLED and its phase says so; one that is begun again is the same task, under the same span.
 */
export async function runTask(
  context: RunContext,
  state: TaskState,
  agent: Agent<TaskMessage>,
  parent: { span: Span; taskId: string | null },
  save: () => void,
): Promise<string> {
  if (state.phase === 'done' && state.result !== null) return state.result;
  if (state.startedAt === 0) state.startedAt = context.services.clock.now();
  const task = new Task(context, state, agent, parent);
  try {
    state.result = await done(task, save);
    state.phase = 'done';
    state.messages.length = 0;
    save();
    task.end(state.children.length > 0 ? 'decomposed' : 'succeeded', null);
    return state.result;
  } catch (error) {
    if (task.control.cancelled) {
      state.phase = 'cancelled';
      save();
    }
    task.end(statusAfter(error), messageOf(error));
    throw error;
  } finally {
    task.close();
  }
}

/** Attempts the task, and once more each time that it is to be begun again. Throws why it was stopped, or what failed. */
async function done(task: Task, save: () => void): Promise<string> {
  for (;;) {
    try {
      const text = await attempt(task, save);
      task.signal.throwIfAborted();
      return text;
    } catch (error) {
      const failure: unknown = task.signal.aborted ? task.signal.reason : error;
      if (!task.control.takeRetry()) throw failure;
      beginAgain(task.state);
      task.span.event('retried');
      save();
    }
  }
}

async function attempt(task: Task, save: () => void): Promise<string> {
  await task.tellBudgets();
  if (task.state.phase === 'planning') await plan(task, save);
  return task.state.children.length > 0 ? runSteps(task, save) : execute(task, save);
}

/** Decides how the task is done: at once, or in steps that become tasks of their own. */
async function plan(task: Task, save: () => void): Promise<void> {
  const { state } = task;
  const rated = await task.stage('triage', async (span) => {
    const sorted = triage(state.prompt);
    span.set({ 'haios.task.type': sorted.type, 'haios.task.size': sorted.size });
    // Before anything is spent, so that what is recorded is a prediction.
    if (state.depth === 0) await task.context.expectedStepNusd(span);
    return sorted;
  });
  state.type = rated.type;
  state.size = rated.size;
  let made: Plan = { ...rated, steps: [{ title: state.title, prompt: state.prompt }] };
  const plans = rated.size !== 'S' && state.depth < maxDepth;
  if (plans) made = await task.stage('planner', (span) => askForPlan(task, span, made, null));

  let decision = await passGate(task, made, false);
  if (decision === 'replan') {
    made = await task.stage('replan', (span) => askForPlan(task, span, made, gateStepsWhenTight));
    decision = await passGate(task, made, true);
  }
  if (plans) {
    state.type = made.type;
    state.size = made.size;
  }
  if (decision === 'decompose') {
    await task.stage('decompose', async (span) => {
      state.children.push(...made.steps.map((step) => child(task, step)));
      span.set({ 'haios.subtasks': made.steps.length });
    });
  }
  state.phase = decision === 'decompose' ? 'decomposed' : 'executing';
  save();
}

async function askForPlan(task: Task, span: Span, fallback: Plan, fewer: number | null): Promise<Plan> {
  const answer = await callModel(task, span, request(task, 'planner', plannerSystem(fewer), task.state.prompt));
  const parsed = parsePlan(answer.text);
  if (parsed === null) span.event('plan_unreadable', { chars: answer.text.length });
  return parsed ?? fallback;
}

async function passGate(task: Task, made: Plan, replanned: boolean): Promise<'pass' | 'decompose' | 'replan'> {
  return task.stage('budget_gate', async (span) => {
    const money = await moneyFor(task, made, span);
    const decision = gate(made, money, replanned);
    span.set({
      'haios.gate.decision': decision,
      'haios.gate.steps': made.steps.length,
      ...(money === null ? {} : { 'haios.gate.by': money.expectedStepNusd === null ? 'worst_case' : 'history' }),
    });
    if (decision !== 'replan') {
      const subtasks = decision === 'decompose' ? made.steps.length : 0;
      task.context.services.observe({ type: 'gate_decided', decision, depth: task.state.depth, subtasks });
    }
    // The next call is refused by the ledger with the budget's name and figures, and nothing is sent.
    return decision === 'reject' ? 'pass' : decision;
  });
}

async function moneyFor(task: Task, made: Plan, span: Span): Promise<GateMoney | null> {
  const { model, services, priceAs } = task.context;
  const first = request(task, 'executor', executorSystem(task.context.workspace, null), made.steps[0]?.prompt ?? '');
  const callNusd = bound(
    model,
    model.inputBound(first),
    first.maxOutputTokens,
    services.prices,
    priceAs,
    services.clock.now(),
  );
  const limits = task.limits().filter(({ resource, scope }) => resource === 'usd' && scope !== 'call');
  if (callNusd === null || callNusd === 0 || limits.length === 0) return null;
  const uses = await services.ledger.use(limits);
  const left = limits.map(
    (limit, at) => (uses[at]?.limit ?? limit.limit) - (uses[at]?.settled ?? 0) - (uses[at]?.held ?? 0),
  );
  const expectedStepNusd = await task.context.expectedStepNusd(span);
  return { callNusd, expectedStepNusd, leftNusd: Math.min(...left) };
}

function child(task: Task, step: { title: string; prompt: string }): TaskState {
  const { ids } = task.context.services;
  return newTaskState({ ...step, depth: task.state.depth + 1, taskId: ids.unique(), spanId: ids.spanId() });
}

export function newTaskState(start: {
  taskId: string;
  spanId: string;
  title: string;
  prompt: string;
  depth: number;
}): TaskState {
  return {
    ...start,
    type: 'question',
    size: 'S',
    startedAt: 0,
    phase: 'planning',
    children: [],
    messages: [],
    result: null,
  };
}

/** Each step is done by a worker agent, one after another; those that were cancelled have no result. */
async function runSteps(task: Task, save: () => void): Promise<string> {
  const { state, context, control, agent } = task;
  const parent = { span: task.span, taskId: state.taskId };
  control.steps = { all: state.children, changed: () => task.tellSteps(state.children.filter(isLeft)) };
  try {
    control.steps.changed();
    for (let step = nextStep(state); step !== undefined; step = nextStep(state)) {
      const next = step;
      await task.offWork(async () => {
        await context.run.tasks.pass(control);
        await delegate(context, agent, next, (worker) => runTask(context, next, worker, parent, save));
      });
    }
  } finally {
    control.steps = null;
    task.tellSteps(null);
  }
  const prompt = summariserPrompt(state.children);
  return task.stage('execute', async (span) => {
    const answer = await callModel(task, span, request(task, 'summariser', summariserSystem, prompt));
    return answer.text;
  });
}

function nextStep(state: TaskState): TaskState | undefined {
  return state.children.find(isLeft);
}

function isLeft({ phase }: TaskState): boolean {
  return phase !== 'done' && phase !== 'cancelled';
}

async function execute(task: Task, save: () => void): Promise<string> {
  const { state, context } = task;
  if (state.messages.length === 0) state.messages.push({ role: 'user', text: state.prompt });
  const text = await task.stage('execute', async (span) => {
    for (let turn = 0; turn < maxTurns; turn++) {
      const answer = await callModel(task, span, {
        ...request(task, 'executor', executorSystem(context.workspace, context.instructions), ''),
        messages: [...state.messages],
      });
      if (answer.toolCalls.length === 0) return answer.text;
      const results = await settleAll(answer.toolCalls.map((call) => callTool(task, span, call)));
      // Both at once: a checkpoint never holds a tool call without its result.
      state.messages.push(
        { role: 'assistant', text: answer.text, toolCalls: answer.toolCalls },
        { role: 'tool', results },
      );
      save();
    }
    throw new HaiosError(
      'TOOL_FAILED',
      `The agent did not come to an end within ${maxTurns} turns; give it a smaller task.`,
    );
  });
  return criticise(task, text);
}

async function criticise(task: Task, text: string): Promise<string> {
  return task.stage('critic', async (span) => {
    const verdicts = task.cost.diskBytes === 0 && task.state.type !== 'change' ? [] : await runCritics(task, span);
    const failed = verdicts.filter(({ passed }) => !passed);
    span.set({ 'haios.critics': verdicts.length, 'haios.critics_failed': failed.length });
    if (failed.length === 0) return text;
    return `${text}\n\n## Critics\n\n${failed.map(({ name, text: why }) => `- **${name}** did not pass: ${why.slice(0, 2000)}`).join('\n')}\n`;
  });
}

function request(task: Task, role: ModelRole, system: string, prompt: string): ModelRequest {
  const { model, tools } = task.context;
  return {
    role,
    system,
    messages: [{ role: 'user', text: prompt }],
    tools: role === 'executor' ? tools.map(({ spec }) => spec) : [],
    maxOutputTokens: model.maxOutputTokens,
  };
}
