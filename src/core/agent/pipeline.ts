import type { ModelRole } from '../../catalogue/states.ts';
import { bound } from '../budget/pricing.ts';
import { HaiosError, messageOf } from '../errors.ts';
import type { ModelRequest } from '../ports.ts';
import type { Span } from '../trace.ts';
import type { TaskState } from './checkpoint.ts';
import { runCritics } from './critics.ts';
import { statusAfter } from './ending.ts';
import { callModel } from './model-call.ts';
import { gate, parsePlan, type GateMoney, type Plan } from './plan.ts';
import { executorSystem, plannerSystem, summariserPrompt, summariserSystem } from './prompts.ts';
import type { RunContext } from './services.ts';
import { Task } from './task.ts';
import { callTool } from './tool-call.ts';
import { triage } from './triage.ts';

const maxTurns = 50;
const maxDepth = 3;
const gateStepsWhenTight = 2;

/**
 * Takes one task through triage → planner → budget gate → (replan | decompose) → execute → critic, from wherever its
 * state says it stands, and returns its result. `save` is called whenever the state has moved on.
 */
export async function runTask(
  context: RunContext,
  state: TaskState,
  parent: { span: Span; taskId: string | null },
  save: () => void,
): Promise<string> {
  if (state.phase === 'done' && state.result !== null) return state.result;
  if (state.startedAt === 0) state.startedAt = context.services.clock.now();
  const task = new Task(context, state, parent);
  try {
    await task.tellBudgets();
    if (state.phase === 'planning') await plan(task, save);
    const decomposed = state.children.length > 0;
    state.result = decomposed ? await runChildren(task, save) : await execute(task, save);
    state.phase = 'done';
    state.messages.length = 0;
    save();
    task.end(decomposed ? 'decomposed' : 'succeeded', null);
    return state.result;
  } catch (error) {
    task.end(statusAfter(error), messageOf(error));
    throw error;
  }
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
  const left = limits.map((limit, at) => limit.limit - (uses[at]?.settled ?? 0) - (uses[at]?.held ?? 0));
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

async function runChildren(task: Task, save: () => void): Promise<string> {
  const { state, context } = task;
  const results: { title: string; prompt: string; result: string }[] = [];
  for (const step of state.children) {
    await context.run.gate();
    const result = await runTask(context, step, { span: task.span, taskId: state.taskId }, save);
    results.push({ title: step.title, prompt: step.prompt, result });
  }
  return task.stage('execute', async (span) => {
    const answer = await callModel(
      task,
      span,
      request(task, 'summariser', summariserSystem, summariserPrompt(results)),
    );
    return answer.text;
  });
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

/** Like Promise.all, but waits for all: no call of a failed turn goes on behind its back. */
async function settleAll<T>(work: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(work);
  return settled.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}
