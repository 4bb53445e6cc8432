/** Run states and the only transitions between them (DESIGN §2). */
export const runTransitions = {
  queued: ['running', 'cancelled', 'interrupted', 'failed'],
  running: ['waiting', 'succeeded', 'failed', 'cancelled', 'budget_exceeded', 'interrupted'],
  waiting: ['running', 'failed', 'cancelled', 'budget_exceeded', 'interrupted'],
  succeeded: [],
  failed: ['running'],
  cancelled: [],
  budget_exceeded: ['running'],
  interrupted: ['running'],
} as const;

export type RunStatus = keyof typeof runTransitions;
export type WaitReason = 'approval' | 'budget' | 'paused';

export const resumable: readonly RunStatus[] = ['waiting', 'budget_exceeded', 'interrupted', 'failed'];
export const stages = ['triage', 'planner', 'budget_gate', 'replan', 'decompose', 'execute', 'critic'] as const;
export type StageName = (typeof stages)[number];
export type TaskStatus =
  'running' | 'succeeded' | 'failed' | 'cancelled' | 'budget_exceeded' | 'interrupted' | 'decomposed';
export type SpanStatus = 'running' | 'ok' | 'error' | 'cancelled' | 'interrupted';

export const resources = ['usd', 'tokens', 'cpu_seconds', 'mem_bytes', 'disk_bytes'] as const;
export type Resource = (typeof resources)[number];
/** What one task may do at most (`quotas.task`), checked before each call. */
export const taskQuotas = ['calls', 'tokens', 'usd', 'seconds', 'files_written'] as const;
export type TaskQuota = (typeof taskQuotas)[number];
export const budgetScopes = ['call', 'task', 'run', 'agent', 'model', 'workspace', 'user'] as const;
export type BudgetScope = (typeof budgetScopes)[number];
export const budgetWindows = ['lifetime', 'hour', 'day', 'week'] as const;
export type BudgetWindow = (typeof budgetWindows)[number];
/** What a run does when a budget allows no further call: wait for a person's word, stop, or wait for the window. */
export const onLimits = ['ask', 'stop', 'wait'] as const;
export type OnLimit = (typeof onLimits)[number];
/** At which of its prices a provider serves a call. */
export const serviceTiers = ['standard', 'batch', 'flex', 'priority'] as const;
export type ServiceTier = (typeof serviceTiers)[number];
/** `cache_write` is kept for 5 minutes (or however long a provider with one price keeps it), `cache_write_1h` for an hour. */
export const tokenKinds = ['input', 'cache_read', 'cache_write', 'cache_write_1h', 'output', 'reasoning'] as const;
export type TokenKind = (typeof tokenKinds)[number];
/** Who a model call speaks for: the `role` label of token and usd metrics. */
export const modelRoles = ['planner', 'executor', 'summariser', 'critic'] as const;
export type ModelRole = (typeof modelRoles)[number];
export const taskTypes = ['inspect', 'change', 'question', 'command'] as const;
export type TaskType = (typeof taskTypes)[number];
export const taskSizes = ['S', 'M', 'L'] as const;
export type TaskSize = (typeof taskSizes)[number];
