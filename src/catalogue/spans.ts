/**
 * Span names and attributes (CATALOGUE §5). GenAI names follow the OpenTelemetry semantic conventions, which are
 * still in development there: they are written in this file only, so that a renaming is one edit.
 */

/** Parts of GenAI attribute names that may move upstream. */
export const semconv = {
  operationName: 'gen_ai.operation.name',
  providerName: 'gen_ai.provider.name',
  requestModel: 'gen_ai.request.model',
  requestMaxTokens: 'gen_ai.request.max_tokens',
  responseModel: 'gen_ai.response.model',
  finishReasons: 'gen_ai.response.finish_reasons',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  cacheReadTokens: 'gen_ai.usage.cache_read.input_tokens',
  cacheWriteTokens: 'gen_ai.usage.cache_creation.input_tokens',
  reasoningTokens: 'gen_ai.usage.reasoning.output_tokens',
  toolName: 'gen_ai.tool.name',
  toolCallId: 'gen_ai.tool.call.id',
  agentName: 'gen_ai.agent.name',
} as const;

interface SpanSpec {
  /** The span's name; `{…}` is replaced. */
  readonly name: string;
  readonly parent: string;
  readonly meaning: string;
}

/** By the `kind` of a span row. */
export const spans = {
  plan: { name: 'plan', parent: 'none', meaning: 'A run, from its prompt to its end.' },
  task: {
    name: 'task',
    parent: 'plan, or the task that decomposed',
    meaning: 'A node of the decomposition tree; carries its cost record.',
  },
  stage: {
    name: '{stage}',
    parent: 'task',
    meaning: 'A step of the pipeline: triage, planner, budget_gate, replan, decompose, execute, critic.',
  },
  worker_call: { name: 'worker_call:{lane}', parent: 'stage', meaning: 'One guarded unit of work in a lane.' },
  chat: { name: 'chat {model}', parent: 'worker_call', meaning: 'One request to a language model.' },
  tool: { name: 'execute_tool {tool}', parent: 'worker_call', meaning: 'One call of a tool.' },
  file_write: { name: 'file_write', parent: 'tool', meaning: 'One file written.' },
} as const satisfies Record<string, SpanSpec>;

interface AttributeSpec {
  readonly type: 'string' | 'integer' | 'number' | 'boolean';
  /** Kinds of span that carry it; `all` is every span. */
  readonly on: 'all' | readonly (keyof typeof spans)[];
  readonly meaning: string;
}

export const attributes = {
  'service.name': { type: 'string', on: 'all', meaning: 'Always `haios`.' },
  'service.version': { type: 'string', on: 'all', meaning: 'Version of HAiOS.' },
  'deployment.environment': { type: 'string', on: 'all', meaning: 'The mode in force: `dev_fast` or `strict`.' },
  'haios.run_id': { type: 'string', on: 'all', meaning: 'The run.' },
  'haios.task_id': { type: 'string', on: 'all', meaning: 'The task; not on the root span.' },
  'haios.g': { type: 'integer', on: 'all', meaning: 'Generation number of the run.' },
  'haios.agent': { type: 'string', on: 'all', meaning: 'The agent the run was given to.' },
  'haios.status': { type: 'string', on: 'all', meaning: '`ok`, `error`, `cancelled` or `interrupted`.' },
  'haios.error': { type: 'string', on: 'all', meaning: 'One sentence; only on a span that failed.' },
  'haios.cost_usd': { type: 'number', on: ['task', 'chat'], meaning: 'US dollars; of a task without its children.' },
  'haios.overrun_usd': {
    type: 'number',
    on: ['chat'],
    meaning: 'US dollars by which the call passed what was reserved for it; absent when it did not.',
  },
  'haios.overrun_tokens': {
    type: 'integer',
    on: ['chat'],
    meaning: 'Tokens by which the call passed what was reserved for it; absent when it did not.',
  },
  'haios.tokens.prompt': { type: 'integer', on: ['task'], meaning: 'Input, cache-read and cache-write tokens.' },
  'haios.tokens.completion': { type: 'integer', on: ['task'], meaning: 'Output and reasoning tokens.' },
  'haios.tokens.total': { type: 'integer', on: ['task'], meaning: 'Sum of the disjoint buckets.' },
  'haios.task.title': { type: 'string', on: ['task'], meaning: 'What the task is about.' },
  'haios.task.type': {
    type: 'string',
    on: ['task', 'stage'],
    meaning: 'Type of the task: inspect, change, question, command.',
  },
  'haios.task.size': { type: 'string', on: ['task', 'stage'], meaning: 'Size of the task: S, M, L.' },
  'haios.gate.decision': {
    type: 'string',
    on: ['stage'],
    meaning: 'What the budget gate decided: pass, decompose, reject.',
  },
  'haios.gate.by': {
    type: 'string',
    on: ['stage'],
    meaning: 'What the budget gate reckoned the steps by: history, or worst_case without enough of it.',
  },
  'haios.forecast.samples': { type: 'integer', on: ['worker_call'], meaning: 'Past runs that a forecast is from.' },
  'haios.gate.steps': { type: 'integer', on: ['stage'], meaning: 'Steps the budget gate judged.' },
  'haios.subtasks': { type: 'integer', on: ['stage'], meaning: 'Subtasks a decomposition made.' },
  'haios.critics': { type: 'integer', on: ['stage'], meaning: 'Checks that ran.' },
  'haios.critics_failed': { type: 'integer', on: ['stage'], meaning: 'Checks that failed.' },
  'haios.role': {
    type: 'string',
    on: ['chat'],
    meaning: 'Whom the call speaks for: planner, executor, summariser, critic.',
  },
  'haios.call_id': { type: 'string', on: ['chat'], meaning: 'The call in the ledger: `haios costs explain CALL`.' },
  'haios.usage_error': { type: 'string', on: ['chat'], meaning: 'Why the usage the provider sent was not used.' },
  'haios.cost_error': { type: 'string', on: ['chat'], meaning: 'Why the cost the provider reports was not used.' },
  'haios.output_bytes': { type: 'integer', on: ['tool'], meaning: 'Bytes of what the tool returned.' },
  'haios.cpu_seconds': { type: 'number', on: ['task'], meaning: 'Processor time.' },
  'haios.mem_bytes': { type: 'integer', on: ['task'], meaning: 'Peak memory; aggregates by maximum.' },
  'haios.disk_bytes': { type: 'integer', on: ['task'], meaning: 'Bytes written less bytes removed.' },
  'haios.lane': { type: 'string', on: ['worker_call'], meaning: 'The lane.' },
  'haios.priority': { type: 'string', on: ['worker_call'], meaning: '`high`, `normal` or `low`.' },
  'haios.wait_ms': { type: 'number', on: ['worker_call'], meaning: 'Time in the queue, milliseconds.' },
  'haios.duration_ms': {
    type: 'number',
    on: ['worker_call'],
    meaning: 'From asking for a slot to the end, milliseconds.',
  },
  'haios.memory_delta_bytes': { type: 'integer', on: ['worker_call'], meaning: 'Resident memory after less before.' },
  'haios.concurrency.global': {
    type: 'integer',
    on: ['worker_call'],
    meaning: 'Calls running in the runtime when it began, itself included.',
  },
  'haios.concurrency.lane': {
    type: 'integer',
    on: ['worker_call'],
    meaning: 'Calls running in its lane when it began, itself included.',
  },
  'haios.priced': { type: 'boolean', on: ['chat'], meaning: 'Whether a price was known.' },
  [semconv.operationName]: { type: 'string', on: ['chat', 'tool'], meaning: '`chat` or `execute_tool`.' },
  [semconv.providerName]: { type: 'string', on: ['chat'], meaning: 'The provider, e.g. `openai`, `haios.offline`.' },
  [semconv.requestModel]: { type: 'string', on: ['chat'], meaning: 'The model asked for.' },
  [semconv.requestMaxTokens]: { type: 'integer', on: ['chat'], meaning: 'The bound of the answer.' },
  [semconv.responseModel]: { type: 'string', on: ['chat'], meaning: 'The model that answered.' },
  [semconv.finishReasons]: { type: 'string', on: ['chat'], meaning: 'Why the answer ended.' },
  [semconv.inputTokens]: { type: 'integer', on: ['chat'], meaning: 'Input tokens, cached ones included.' },
  [semconv.outputTokens]: { type: 'integer', on: ['chat'], meaning: 'Output tokens, reasoning included.' },
  [semconv.cacheReadTokens]: { type: 'integer', on: ['chat'], meaning: 'Input tokens read from the provider’s cache.' },
  [semconv.cacheWriteTokens]: {
    type: 'integer',
    on: ['chat'],
    meaning: 'Input tokens written to the provider’s cache.',
  },
  [semconv.reasoningTokens]: { type: 'integer', on: ['chat'], meaning: 'Output tokens spent on reasoning.' },
  [semconv.toolName]: { type: 'string', on: ['tool'], meaning: 'The tool.' },
  [semconv.toolCallId]: { type: 'string', on: ['tool'], meaning: 'The id the model gave the call.' },
  'haios.file.path': { type: 'string', on: ['file_write'], meaning: 'Workspace-relative path.' },
  'haios.file.bytes': { type: 'integer', on: ['file_write'], meaning: 'Size after the write.' },
  'haios.file.sha256': { type: 'string', on: ['file_write'], meaning: 'Digest of the contents.' },
  'haios.lock_wait_ms': {
    type: 'number',
    on: ['file_write'],
    meaning: 'Time waited for the path’s lock, milliseconds.',
  },
} as const satisfies Record<string, AttributeSpec>;

/** Events a span may carry; all but the plan’s are of worker calls. */
export const spanEvents = {
  acquired_slot: 'The call got its slot.',
  execution_started: 'The work began.',
  execution_succeeded: 'The work ended well.',
  execution_failed: 'The work failed.',
  timeout: 'A phase of the timeout passed; attribute `phase`: warning, abort or kill.',
  plan_unreadable: 'The planner’s answer was no plan; on the stage.',
  paused: 'A person paused the task; its next call waits.',
  continued: 'A person let the task go on.',
  retried: 'A person had the task begun again; what it used stays used.',
  call_completed: 'The slot was handed back.',
} as const;
