import { laneNames } from '../src/catalogue/lanes.ts';
import {
  budgetScopes,
  budgetWindows,
  modelRoles,
  resources,
  runTransitions,
  serviceTiers,
  stages,
  tokenKinds,
} from '../src/catalogue/states.ts';
import type { RunStatus, WaitReason } from '../src/catalogue/states.ts';
import type { CostRow, Page } from '../src/protocol/messages.ts';
import type { BudgetUse, CostRecord, IssueRow, LedgerRow, RateLine, Tokens } from '../src/protocol/rows.ts';
import type {
  ApprovalView,
  BudgetStopView,
  EventView,
  LaneView,
  RuntimeView,
  RunView,
  Snapshot,
} from '../src/protocol/snapshot.ts';
import { isBoolean, isNumber, isObject, isString, keep, listOf, nullable, oneOf, shape } from './guards.ts';
import type { Guard } from './guards.ts';

const tokens: Guard<Tokens> = shape({
  input: isNumber,
  cache_read: isNumber,
  cache_write: isNumber,
  cache_write_1h: isNumber,
  output: isNumber,
  reasoning: isNumber,
});

const cost: Guard<CostRecord> = shape({
  tokens,
  nusd: isNumber,
  cpuSeconds: isNumber,
  memBytes: isNumber,
  diskBytes: isNumber,
  calls: isNumber,
  estimated: isBoolean,
  unpricedCalls: isNumber,
});

const runtime: Guard<RuntimeView> = shape({
  id: isString,
  version: isString,
  pid: isNumber,
  startedAt: isNumber,
  mode: oneOf(['dev_fast', 'strict']),
  port: nullable(isNumber),
  panelUrl: nullable(isString),
  metricsUrl: nullable(isString),
  memory: shape({ rss: isNumber, heap: isNumber, external: isNumber }),
  memoryLimit: isNumber,
  cpuRatio: isNumber,
  ledger: oneOf(['ok', 'damaged', 'unavailable']),
  history: oneOf(['ok', 'unavailable']),
  trusted: isBoolean,
  spansDropped: isNumber,
  configError: nullable(isString),
});

const run: Guard<RunView> = shape({
  runId: isString,
  g: isNumber,
  prompt: isString,
  model: isString,
  agent: isString,
  status: oneOf(Object.keys(runTransitions) as RunStatus[]),
  waiting: nullable(oneOf<WaitReason>(['approval', 'budget', 'paused'])),
  stage: nullable(oneOf(stages)),
  tasksDone: isNumber,
  tasksTotal: isNumber,
  tasks: listOf(
    shape({
      taskId: isString,
      title: isString,
      depth: isNumber,
      state: oneOf(['queued', 'running', 'paused', 'done', 'failed', 'cancelled']),
      stage: nullable(oneOf(stages)),
      elapsedMs: isNumber,
      tokens: isNumber,
      nusd: isNumber,
      estimated: isBoolean,
      unpricedCalls: isNumber,
      repeatable: isBoolean,
    }),
  ),
  startedAt: isNumber,
  elapsedMs: isNumber,
  cost,
  priceAs: nullable(isString),
  traceId: isString,
  traceVersion: isNumber,
  error: nullable(isString),
  resumable: isBoolean,
  report: nullable(isString),
});

const lane: Guard<LaneView> = shape({
  lane: oneOf(laneNames),
  active: isNumber,
  limit: isNumber,
  configured: isNumber,
  maximum: isNumber,
  queued: shape({ high: isNumber, normal: isNumber, low: isNumber }),
  state: oneOf(['open', 'paused', 'draining']),
  borrowed: isNumber,
  load: nullable(shape({ reason: isString, until: nullable(isNumber) })),
  late: listOf(
    shape({
      what: isString,
      runId: isString,
      phase: oneOf(['warning', 'abort', 'kill']),
      startedAt: isNumber,
      limitMs: isNumber,
      limitReason: isString,
    }),
  ),
  stats: shape({
    success: isNumber,
    failure: isNumber,
    timeouts: isNumber,
    rejections: isNumber,
    avgMs: nullable(isNumber),
    p95Ms: nullable(isNumber),
    p99Ms: nullable(isNumber),
  }),
});

const budget: Guard<BudgetUse> = shape({
  name: isString,
  resource: oneOf(resources),
  scope: oneOf(budgetScopes),
  key: isString,
  window: oneOf(budgetWindows),
  limit: isNumber,
  used: isNumber,
  reserved: isNumber,
  ratio: isNumber,
  overridden: nullable(shape({ limit: isNumber, until: nullable(isNumber) })),
  resetsAt: nullable(isNumber),
  endsAt: nullable(isNumber),
});

const stop: Guard<BudgetStopView> = shape({
  runId: isString,
  g: isNumber,
  at: isNumber,
  budget: nullable(budget),
  asked: isNumber,
  message: isString,
  raises: listOf(isNumber),
  freesAt: nullable(isNumber),
  waits: isBoolean,
  cheaper: listOf(isString),
});

const approval: Guard<ApprovalView> = shape({
  approvalId: isString,
  runId: isString,
  kind: oneOf(['write', 'command']),
  title: isString,
  detail: isString,
  path: nullable(isString),
  protected: isBoolean,
  at: isNumber,
});

const issue: Guard<IssueRow> = shape({
  issueId: isString,
  code: oneOf(['BUDGET_EXCEEDED', 'COST_REPORT_MISSED', 'ALERT']),
  message: isString,
  runId: nullable(isString),
  at: isNumber,
  closedAt: nullable(isNumber),
});

const event: Guard<EventView> = shape({
  id: isNumber,
  at: isNumber,
  level: oneOf(['info', 'warning', 'error']),
  runId: nullable(isString),
  text: isString,
});

const occupancy: Guard<Snapshot['global']> = shape({ active: isNumber, limit: isNumber });
const today: Guard<Snapshot['today']> = shape({
  nusd: isNumber,
  tokens: isNumber,
  estimated: isBoolean,
  reckoned: isBoolean,
  unpricedCalls: isNumber,
});

const rate: Guard<RateLine> = shape({
  bucket: oneOf(tokenKinds),
  tokens: isNumber,
  usdPerMillion: isNumber,
  nusd: isNumber,
});

const call: Guard<LedgerRow> = shape({
  callId: isString,
  runId: isString,
  taskId: isString,
  agent: isString,
  role: oneOf(modelRoles),
  model: isString,
  responseModel: nullable(isString),
  workspace: nullable(isString),
  at: isNumber,
  settledAt: nullable(isNumber),
  state: oneOf(['reserved', 'sent', 'settled', 'released']),
  reservedNusd: isNumber,
  reservedTokens: isNumber,
  tokens,
  nusd: isNumber,
  pricing: oneOf(['priced', 'free', 'unpriced', 'reported', 'as']),
  estimated: isBoolean,
  rates: listOf(rate),
  priceSource: nullable(isString),
  serviceTier: nullable(oneOf(serviceTiers)),
  traceId: isString,
  spanId: isString,
});

const costRow: Guard<CostRow> = shape({
  key: isString,
  label: isString,
  cost,
  parts: nullable(shape({ estimatedCalls: isNumber, estimatedNusd: isNumber, unpricedTokens: isNumber })),
  priceAs: nullable(isString),
  amount: nullable(isNumber),
  unit: nullable(isString),
});

export type Sections = Omit<Snapshot, 'seq'>;

/** The sections that can be drawn; a row of the wrong shape is left out, a section of the wrong shape too. */
export function readSections(value: unknown): Partial<Sections> {
  if (!isObject(value)) return {};
  const lists = {
    runs: keep(value['runs'], run),
    lanes: keep(value['lanes'], lane),
    budgets: keep(value['budgets'], budget),
    approvals: keep(value['approvals'], approval),
    stops: keep(value['stops'], stop),
    issues: keep(value['issues'], issue),
    events: keep(value['events'], event),
  };
  return {
    ...(runtime(value['runtime']) ? { runtime: value['runtime'] } : {}),
    ...(occupancy(value['global']) ? { global: value['global'] } : {}),
    ...(today(value['today']) ? { today: value['today'] } : {}),
    ...(lists.runs ? { runs: lists.runs } : {}),
    ...(lists.lanes ? { lanes: lists.lanes } : {}),
    ...(lists.budgets ? { budgets: lists.budgets } : {}),
    ...(lists.approvals ? { approvals: lists.approvals } : {}),
    ...(lists.stops ? { stops: lists.stops } : {}),
    ...(lists.issues ? { issues: lists.issues } : {}),
    ...(lists.events ? { events: lists.events } : {}),
  };
}

/** Null when a section is missing. */
export function readSnapshot(value: unknown): Snapshot | null {
  if (!isObject(value) || !isNumber(value['seq'])) return null;
  const { runtime, runs, lanes, global, budgets, today, approvals, stops, issues, events } = readSections(value);
  if (!runtime || !runs || !lanes || !global || !budgets || !today || !approvals || !stops || !issues || !events)
    return null;
  return { seq: value['seq'], runtime, runs, lanes, global, budgets, today, approvals, stops, issues, events };
}

export function readCosts(value: unknown): readonly CostRow[] | null {
  return keep(value, costRow);
}

export function readTexts(value: unknown): readonly string[] | null {
  return keep(value, isString);
}

export function readCalls(value: unknown): Page<LedgerRow> | null {
  if (!isObject(value)) return null;
  const rows = keep(value['rows'], call);
  const next = value['next'];
  return rows && (next === null || isString(next)) ? { rows, next } : null;
}
