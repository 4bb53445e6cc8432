import assert from 'node:assert/strict';
import type { OnLimit } from '../../src/catalogue/states.ts';
import type { BudgetSources } from '../../src/core/budget/limits.ts';
import { Waker } from '../../src/core/budget/waker.ts';
import type { Checkpoint } from '../../src/core/agent/checkpoint.ts';
import { executeRun } from '../../src/core/agent/execute-run.ts';
import { BudgetStop } from '../../src/core/agent/budget-stop.ts';
import { Run } from '../../src/core/agent/run.ts';
import type { TaskMessage } from '../../src/core/agent/task-message.ts';
import { AgentPool, type AgentLimits } from '../../src/core/agents/pool.ts';
import type { RunContext } from '../../src/core/agent/services.ts';
import { Overrides } from '../../src/core/budget/overrides.ts';
import { HaiosError } from '../../src/core/errors.ts';
import type { CoreEvent } from '../../src/core/events.ts';
import type { Scheduler } from '../../src/core/lanes/scheduler.ts';
import type { ApprovalRequest, Clock, Model, Prices, Tool, ToolContext } from '../../src/core/ports.ts';
import type { RunPolicy } from '../../src/core/policies/run-policy.ts';
import { noPolicy } from './tool-context.ts';
import { rowOf, Tracer } from '../../src/core/trace.ts';
import { noCost, totalTokens, type CostRecord, type RunRow } from '../../src/protocol/rows.ts';
import { countingIds } from './fake-clock.ts';
import { guards, timeouts } from './lanes.ts';
import { memoryLedger, type MemoryLedger } from './memory-ledger.ts';

/** A nano-dollar for each token, whatever the model. */
export const pennyPrices: Prices = {
  quote: (_, tokens) => ({ nusd: totalTokens(tokens), lines: [], source: 'test' }),
  bound: (_, input, output) => input + output,
};

export interface AgentOptions {
  readonly model: Model;
  readonly prompt?: string;
  readonly tools?: readonly Tool[];
  readonly budget?: Partial<BudgetSources>;
  readonly prices?: Prices;
  readonly row?: Partial<RunRow>;
  readonly costs?: ReadonlyMap<string, CostRecord>;
  readonly checkpoint?: Checkpoint;
  readonly approve?: (request: ApprovalRequest, signal: AbortSignal) => Promise<boolean>;
  readonly ledger?: MemoryLedger;
  readonly expectedStepNusd?: RunContext['expectedStepNusd'];
  /** Default: the real one. */
  readonly clock?: Clock;
  readonly agents?: AgentLimits;
  /** Where its ids begin: runs that share a ledger have ids of their own. */
  readonly idsFrom?: number;
  /** Default: `stop`. */
  readonly onLimit?: OnLimit;
  /** Models that the run can be switched to. */
  readonly others?: readonly Model[];
  readonly policy?: RunPolicy;
}

export interface AgentHarness {
  readonly run: Run;
  readonly events: readonly CoreEvent[];
  readonly ledger: MemoryLedger;
  readonly scheduler: Scheduler;
  readonly agents: AgentPool<TaskMessage>;
  readonly stop: BudgetStop;
  readonly overrides: Overrides;
  readonly checkpoints: readonly Checkpoint[];
  execute(): Promise<RunRow>;
}

/** A run on real scheduling and a ledger in memory; only the model, the tools and the prices are the test's. */
export function agentHarness(options: AgentOptions): AgentHarness {
  const events: CoreEvent[] = [];
  const observe = (event: CoreEvent): void =>
    void events.push(structuredClone('span' in event ? { ...event, span: rowOf(event.span) } : event));
  const clock = options.clock ?? {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after(ms: number, fn: () => void): () => void {
      const timer = setTimeout(fn, ms);
      return () => clearTimeout(timer);
    },
  };
  const ids = countingIds(options.idsFrom);
  const laneGuards = guards(clock);
  const agents = new AgentPool<TaskMessage>(options.agents ?? { capacity: 928, mailbox: 1000 }, clock, observe);
  const ledger = options.ledger ?? memoryLedger();
  const checkpoints: Checkpoint[] = [];
  const row: RunRow = {
    runId: 'run',
    g: 1,
    prompt: options.prompt ?? 'todo',
    workspace: null,
    model: options.model.id,
    agent: 'haios',
    priority: 'normal',
    approve: 'none',
    budget: {},
    status: 'queued',
    waiting: null,
    traceId: ids.traceId(),
    runtimeId: 'runtime',
    startedAt: clock.now(),
    endedAt: null,
    durationMs: 0,
    cost: noCost,
    tasks: 0,
    workerCalls: 0,
    priceAs: null,
    labels: [],
    error: null,
    text: '',
    ...options.row,
  };
  const run = new Run(row, options.costs ?? new Map(), clock, observe);
  const overrides = new Overrides({ ledger, clock, ids, observe });
  const models = [options.model, ...(options.others ?? [])];
  const get = (id: string): Model => {
    const found = models.find((one) => one.id === id);
    if (found !== undefined) return found;
    throw new HaiosError('MODEL_UNKNOWN', `There is no model “${id}”.`);
  };
  let { model } = options;
  const stop = new BudgetStop({
    run,
    clock,
    observe,
    ledger,
    overrides,
    onLimit: options.onLimit ?? 'stop',
    switchModel(id) {
      model = get(id);
      run.switchModel(id, null);
    },
  });
  const context: RunContext = {
    services: {
      runtimeId: 'runtime',
      clock,
      ids,
      observe,
      guards: laneGuards,
      agents,
      ledger,
      overrides,
      waker: new Waker(clock),
      prices: options.prices ?? pennyPrices,
      tokenizer: { count: async (text) => Math.ceil(text.length / 4) },
    },
    run,
    tracer: new Tracer({ traceId: row.traceId, runId: row.runId, common: {} }, clock, ids, observe),
    get model() {
      return model;
    },
    models: { get, ids: () => models.map(({ id }) => id) },
    stop,
    tools: options.tools ?? [],
    workspace: null,
    budget: { file: {}, settings: {}, defaults: {}, run: {}, windows: [], ...options.budget },
    timeouts,
    budgetWaitMs: 100,
    retry: { retries: 2, minTimeoutMs: 1, maxTimeoutMs: 5 },
    priceAs: null,
    captureContent: false,
    instructions: null,
    critics: [],
    spillDir: '',
    policy: options.policy ?? noPolicy,
    trusted: () => true,
    expectedStepNusd: options.expectedStepNusd ?? (async () => null),
    approve: options.approve ?? (async () => false),
    saveCheckpoint: (checkpoint) => checkpoints.push(structuredClone(checkpoint)),
  };
  return {
    run,
    events,
    ledger,
    scheduler: laneGuards.scheduler,
    agents,
    stop,
    overrides,
    checkpoints,
    async execute() {
      await executeRun(context, ids.spanId(), options.checkpoint ?? null);
      return run.row();
    },
  };
}

/** A tool that does what the test says. */
export function fakeTool(name: string, run: (input: unknown, context: ToolContext) => Promise<string>): Tool {
  return {
    spec: { name, description: name, parameters: { type: 'object' } },
    lane: 'tool_call',
    sandbox: 'process',
    run: async (input, context) => ({ text: await run(input, context) }),
  };
}

/** Nothing may be left behind, however a run ended. */
export function assertClean({ scheduler, agents, ledger, events, run }: AgentHarness): void {
  assert.equal(scheduler.status().global.active, 0);
  assert.equal(agents.active, 0);
  assert.equal(ledger.held.size, 0);
  const open = new Set<string>();
  for (const event of events) {
    if (event.type === 'span_started') open.add(event.span.spanId);
    if (event.type === 'span_ended') open.delete(event.span.spanId);
  }
  assert.deepEqual([...open], [], 'open spans');
  const settled = [...ledger.settled.values()];
  const { cost } = run;
  assert.equal(
    cost.nusd,
    settled.reduce((sum, { settlement }) => sum + settlement.nusd, 0),
  );
  assert.equal(
    totalTokens(cost.tokens),
    settled.reduce((sum, { settlement }) => sum + totalTokens(settlement.tokens), 0),
  );
}
