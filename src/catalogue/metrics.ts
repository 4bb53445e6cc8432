import { errors } from './errors.ts';
import { laneNames, priorities } from './lanes.ts';
import {
  budgetScopes,
  budgetWindows,
  modelRoles,
  resources,
  type runTransitions,
  taskSizes,
  taskTypes,
  tokenKinds,
} from './states.ts';

/** Values a label may take: a closed set, or at most `cap` different ones of free text. Anything else is `other`. */
export type LabelValues = readonly string[] | { readonly cap: number };

export interface MetricSpec {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: Readonly<Record<string, LabelValues>>;
  readonly help: string;
  /** Base unit of the value; `1` for counts and ratios; `resource` where the `resource` label decides. */
  readonly unit: 'seconds' | 'bytes' | 'usd' | 'tokens' | 'resource' | '1';
  /** Upper bounds of a histogram's buckets, in `unit`. */
  readonly buckets?: readonly number[];
  /** Where the series is asked for: a source document 0–4, or `+` for ours (CATALOGUE §4). */
  readonly source: string;
  /** `/ready` answers 503 until it is there; present on a fresh start, before any run. */
  readonly required: boolean;
}

const laneSeconds = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300];
const modelSeconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];
const agents = { cap: 20 };
const models = { cap: 50 };
const budgetNames = { cap: 50 };

/** Every value a task can end with. */
const taskResults = ['succeeded', 'failed', 'cancelled', 'budget_exceeded', 'interrupted', 'decomposed'] as const;
/** Every state a run can stop in; a resumed run counts again when it ends again. */
export const runOutcomes = [
  'succeeded',
  'failed',
  'cancelled',
  'budget_exceeded',
  'interrupted',
] as const satisfies readonly (keyof typeof runTransitions)[];

/** Every series of `/metrics`, by its name without the prefix (CATALOGUE §4). */
export const metrics = {
  task_total: {
    type: 'counter',
    labels: { type: taskTypes, result: taskResults },
    help: 'Tasks that ended, by type and result.',
    unit: '1',
    source: '0, 2, 3, 4',
    required: true,
  },
  task_duration_seconds: {
    type: 'histogram',
    labels: { type: taskTypes, size: taskSizes },
    help: 'Time from the start of a task to its end.',
    unit: 'seconds',
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1800],
    source: '0, 2, 4',
    required: true,
  },
  registry_lock_wait_seconds: {
    type: 'histogram',
    labels: {},
    help: 'Time a write waited for the lock of its path in the artefact registry.',
    unit: 'seconds',
    buckets: [0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
    source: '0',
    required: true,
  },
  tokens_total: {
    type: 'counter',
    labels: { agent: agents, model: models, role: modelRoles, kind: tokenKinds },
    help: 'Tokens settled, in disjoint kinds.',
    unit: 'tokens',
    source: '0, 2',
    required: true,
  },
  usd_spend_total: {
    type: 'counter',
    labels: { model: models, role: modelRoles },
    help: 'US dollars settled; a whole number of nano-dollars.',
    unit: 'usd',
    source: '0, 2',
    required: true,
  },
  task_cost_usd: {
    type: 'histogram',
    labels: {},
    help: 'US dollars a task cost, its children excluded.',
    unit: 'usd',
    buckets: [0.0001, 0.001, 0.01, 0.05, 0.1, 0.5, 1, 5, 25],
    source: '2',
    required: false,
  },
  run_total: {
    type: 'counter',
    labels: { outcome: runOutcomes },
    help: 'Runs that ended or stopped, by outcome.',
    unit: '1',
    source: '3',
    required: false,
  },
  run_active: {
    type: 'gauge',
    labels: {},
    help: 'Runs that are queued, running or waiting in this runtime.',
    unit: '1',
    source: '3',
    required: false,
  },
  worker_calls_total: {
    type: 'counter',
    labels: { lane: laneNames, result: ['success', 'failure', 'timeout', 'cancelled', 'refused'] },
    help: 'Worker calls that ended, by lane and result.',
    unit: '1',
    source: '1',
    required: false,
  },
  worker_call_duration_seconds: {
    type: 'histogram',
    labels: { lane: laneNames },
    help: 'Time from asking for a slot to the end of the call, waiting included.',
    unit: 'seconds',
    buckets: laneSeconds,
    source: '1',
    required: false,
  },
  worker_timeouts_total: {
    type: 'counter',
    labels: { lane: laneNames, phase: ['warning', 'abort', 'kill'] },
    help: 'Worker calls that passed a phase of their timeout.',
    unit: '1',
    source: '1',
    required: false,
  },
  worker_rejections_total: {
    type: 'counter',
    labels: { lane: laneNames, reason: ['queue_full', 'memory', 'budget', 'shutdown'] },
    help: 'Worker calls turned away before they began.',
    unit: '1',
    source: '1',
    required: false,
  },
  lane_active: {
    type: 'gauge',
    labels: { lane: laneNames },
    help: 'Slots in use.',
    unit: '1',
    source: '1, 2, 4',
    required: false,
  },
  lane_limit: {
    type: 'gauge',
    labels: { lane: laneNames },
    help: 'Slots of the lane.',
    unit: '1',
    source: '1, 2, 4',
    required: false,
  },
  lane_queue_depth: {
    type: 'gauge',
    labels: { lane: laneNames, priority: priorities },
    help: 'Calls waiting for a slot.',
    unit: '1',
    source: '1, 2, 4',
    required: false,
  },
  lane_wait_seconds: {
    type: 'histogram',
    labels: { lane: laneNames, priority: priorities },
    help: 'Time a call waited for its slot.',
    unit: 'seconds',
    buckets: laneSeconds,
    source: '3',
    required: false,
  },
  budget_limit: {
    type: 'gauge',
    labels: { name: budgetNames, resource: resources, scope: budgetScopes, window: budgetWindows },
    help: 'Limit of a budget in force; the fullest one where several share the labels.',
    unit: 'resource',
    source: '0',
    required: false,
  },
  budget_used: {
    type: 'gauge',
    labels: { name: budgetNames, resource: resources, scope: budgetScopes, window: budgetWindows },
    help: 'What has been used of the budget in its window.',
    unit: 'resource',
    source: '0',
    required: false,
  },
  budget_reserved: {
    type: 'gauge',
    labels: { name: budgetNames, resource: resources, scope: budgetScopes, window: budgetWindows },
    help: 'What calls under way hold of the budget.',
    unit: 'resource',
    source: '0',
    required: false,
  },
  budget_ratio: {
    type: 'gauge',
    labels: { name: budgetNames, resource: resources, scope: budgetScopes, window: budgetWindows },
    help: 'Used part of the budget, 0 to 1 (usd and tokens never pass 1).',
    unit: '1',
    source: '0',
    required: false,
  },
  budget_warning: {
    type: 'gauge',
    labels: { name: budgetNames, resource: resources, scope: budgetScopes },
    help: '1 while the budget is fuller than its warning level.',
    unit: '1',
    source: '0',
    required: false,
  },
  budget_exceeded_total: {
    type: 'counter',
    labels: { name: budgetNames, resource: resources, scope: budgetScopes },
    help: 'Calls that a budget refused.',
    unit: '1',
    source: '0',
    required: false,
  },
  budget_gate_decisions_total: {
    type: 'counter',
    labels: { decision: ['pass', 'decompose', 'reject'] },
    help: 'Decisions of the budget gate.',
    unit: '1',
    source: '2',
    required: false,
  },
  decompositions_total: {
    type: 'counter',
    labels: {},
    help: 'Tasks that were split into subtasks.',
    unit: '1',
    source: '2',
    required: false,
  },
  decomposition_depth: {
    type: 'histogram',
    labels: {},
    help: 'Depth of a task in its tree when it was split.',
    unit: '1',
    buckets: [0, 1, 2, 3, 4, 6, 8],
    source: '2',
    required: false,
  },
  failures_total: {
    type: 'counter',
    labels: { category: Object.keys(errors) },
    help: 'Failures by error code.',
    unit: '1',
    source: '2',
    required: false,
  },
  model_latency_seconds: {
    type: 'histogram',
    labels: { model: models },
    help: 'Time from sending a model call to its end.',
    unit: 'seconds',
    buckets: modelSeconds,
    source: '2',
    required: false,
  },
  model_ttft_seconds: {
    type: 'histogram',
    labels: { model: models },
    help: 'Time from sending a model call to its first token.',
    unit: 'seconds',
    buckets: modelSeconds,
    source: '+',
    required: false,
  },
  model_errors_total: {
    type: 'counter',
    labels: { model: models, kind: Object.keys(errors) },
    help: 'Model calls that failed, by error code.',
    unit: '1',
    source: '2',
    required: false,
  },
  model_consecutive_failures: {
    type: 'gauge',
    labels: { model: models },
    help: 'Failures of a model since its last success.',
    unit: '1',
    source: '2',
    required: false,
  },
  memory_bytes: {
    type: 'gauge',
    labels: { tier: ['rss', 'heap', 'external'] },
    help: 'Memory of the runtime process.',
    unit: 'bytes',
    source: '1, 4',
    required: false,
  },
  process_cpu_ratio: {
    type: 'gauge',
    labels: {},
    help: 'Processor time of the runtime process over wall time; 1 is one core.',
    unit: '1',
    source: '4',
    required: false,
  },
  http_requests_total: {
    type: 'counter',
    labels: { status: ['200', '400', '403', '404', '405', '414', '500', '503', '504'] },
    help: 'Requests answered on the local port.',
    unit: '1',
    source: '4',
    required: false,
  },
  http_request_duration_seconds: {
    type: 'histogram',
    labels: {},
    help: 'Time to answer a request; event streams excluded.',
    unit: 'seconds',
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    source: '4',
    required: false,
  },
  spans_recorded_total: {
    type: 'counter',
    labels: {},
    help: 'Spans committed to the database.',
    unit: '1',
    source: '+',
    required: false,
  },
  spans_dropped_total: {
    type: 'counter',
    labels: {},
    help: 'Spans lost because the buffer was full or the database could not be written.',
    unit: '1',
    source: '+',
    required: false,
  },
  spans_exported_total: {
    type: 'counter',
    labels: { result: ['success', 'failure', 'dropped'] },
    help: 'Spans handed to the OTLP exporter, by result.',
    unit: '1',
    source: '+',
    required: false,
  },
  store_flush_seconds: {
    type: 'histogram',
    labels: {},
    help: 'Time of one batch commit to the database.',
    unit: 'seconds',
    buckets: [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
    source: '+',
    required: false,
  },
  last_cost_report_timestamp_seconds: {
    type: 'gauge',
    labels: {},
    help: 'When the last cost report was written, seconds since the epoch; absent before the first.',
    unit: 'seconds',
    source: '0',
    required: false,
  },
} as const satisfies Record<string, MetricSpec>;

export type MetricName = keyof typeof metrics;
export const metricNames = Object.keys(metrics) as readonly MetricName[];
export const requiredMetrics: readonly MetricName[] = metricNames.filter((name) => metrics[name].required);
