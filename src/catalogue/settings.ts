import { onLimits } from './states.ts';

/**
 * Every key of `haios.config.json`, and which of them is also a VS Code setting. The validator, the JSON schema,
 * `contributes.configuration` and the documentation's table are made from these rows.
 */
export interface Setting {
  readonly type: 'number' | 'integer' | 'string' | 'boolean' | 'list' | 'map';
  readonly default: number | string | boolean | null | readonly unknown[] | Readonly<Record<string, unknown>>;
  readonly min?: number;
  readonly max?: number;
  readonly values?: readonly string[];
  /** What a string must look like, and how a person is told so. */
  readonly pattern?: { readonly source: string; readonly means: string };
  /** Null may be given, and means none. */
  readonly nullable?: true;
  readonly unit: string | null;
  readonly description: string;
  readonly combine: Combine;
  /** Where VS Code lets it be set: `application` and `machine` both keep a workspace from changing it; null: no setting. */
  readonly vscode: 'application' | 'machine' | null;
}

/**
 * What holds when the file and the settings both give a value. `lower`, `true` and `false`: the stricter one.
 * `file`: the team's word on what is shared. `settings`: the person's word on their own machine. `join`: both, by name.
 */
export type Combine = 'lower' | 'true' | 'false' | 'file' | 'settings' | 'join';

const usd = { type: 'number', min: 0, max: 1e6, unit: 'US dollars', combine: 'lower' } as const;
const tokens = { type: 'integer', min: 0, max: 1e12, unit: 'tokens', combine: 'lower' } as const;
const slots = { type: 'integer', min: 1, max: 1024, unit: 'calls', combine: 'lower', vscode: 'application' } as const;
const ms = { type: 'integer', min: 1, max: 86_400_000, unit: 'ms', combine: 'lower', vscode: 'application' } as const;

export const settings = {
  mode: {
    type: 'string',
    values: ['dev_fast', 'strict'],
    default: 'dev_fast',
    unit: null,
    combine: 'file',
    vscode: 'application',
    description: 'In `strict` mode the runtime is not ready without a reachable trace exporter.',
  },
  port: {
    type: 'integer',
    min: 0,
    max: 65535,
    default: 8000,
    unit: null,
    combine: 'settings',
    vscode: 'machine',
    description:
      'Port on 127.0.0.1 for metrics, health and the panel: 1024 to 65535, or 0 for any free one. If taken, the next free one.',
  },
  log_level: {
    type: 'string',
    values: ['debug', 'info', 'warn', 'error'],
    default: 'info',
    unit: null,
    combine: 'settings',
    vscode: 'application',
    description: 'Least level that is logged.',
  },
  default_model: {
    type: 'string',
    pattern: {
      source: '^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,99}$',
      means: 'a model id of 1 to 100 letters, digits and . _ : / @ + -',
    },
    default: 'offline',
    unit: null,
    combine: 'settings',
    vscode: 'application',
    description: 'Id of the model a run uses when it names none.',
  },
  price_as: {
    type: 'string',
    nullable: true,
    pattern: {
      source: '^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,99}$',
      means: 'a model id of 1 to 100 letters, digits and . _ : / @ + -',
    },
    default: null,
    unit: null,
    combine: 'settings',
    vscode: 'application',
    description: 'Id of the model whose prices the offline model’s tokens are reckoned at; every view then says so.',
  },
  'budgets.usd': { ...usd, default: 5, vscode: 'application', description: 'Most money one run may cost.' },
  'budgets.tokens': {
    ...tokens,
    default: 2_000_000,
    vscode: 'application',
    description:
      'Most tokens one run may use, all kinds added: also the context that is sent again with each call of a conversation.',
  },
  'budgets.cpu_seconds': {
    type: 'number',
    min: 0,
    max: 1e9,
    default: 3600,
    unit: 'seconds',
    combine: 'lower',
    vscode: 'application',
    description: 'Most processor time one run may use.',
  },
  'budgets.mem_bytes': {
    type: 'integer',
    min: 0,
    max: 2 ** 50,
    default: 536_870_912,
    unit: 'bytes',
    combine: 'lower',
    vscode: 'application',
    description: 'Most memory what a run starts may hold at its peak.',
  },
  'budgets.disk_bytes': {
    type: 'integer',
    min: 0,
    max: 2 ** 50,
    default: 1_073_741_824,
    unit: 'bytes',
    combine: 'lower',
    vscode: 'application',
    description: 'Most bytes one run may leave on disk.',
  },
  'budgets.windows.hour.usd': {
    ...usd,
    default: 5,
    vscode: 'application',
    description: 'Most money in any 60 minutes, all runs together.',
  },
  'budgets.windows.hour.tokens': {
    ...tokens,
    nullable: true,
    default: null,
    vscode: 'application',
    description: 'Most tokens in any 60 minutes, all runs together; null: none.',
  },
  'budgets.windows.day.usd': {
    ...usd,
    default: 40,
    vscode: 'application',
    description: 'Most money in a calendar day, local time.',
  },
  'budgets.windows.day.tokens': {
    ...tokens,
    nullable: true,
    default: null,
    vscode: 'application',
    description: 'Most tokens in a calendar day; null: none.',
  },
  'budgets.windows.week.usd': {
    ...usd,
    default: 100,
    vscode: 'application',
    description: 'Most money in a calendar week, Monday to Sunday.',
  },
  'budgets.windows.week.tokens': {
    ...tokens,
    nullable: true,
    default: null,
    vscode: 'application',
    description: 'Most tokens in a calendar week; null: none.',
  },
  'budgets.workspace': {
    type: 'map',
    default: {},
    unit: null,
    combine: 'join',
    vscode: 'application',
    description: 'Limits of a workspace for good, all its runs together: `usd`, `tokens`.',
  },
  'budgets.agents': {
    type: 'map',
    default: {},
    unit: null,
    combine: 'join',
    vscode: 'application',
    description:
      'Limits per agent: a name or a pattern with `*` and `?` → `usd`, `tokens` of one run, and `windows` → `hour`, `day`, `week` → `usd`, `tokens` of all runs together.',
  },
  'budgets.models': {
    type: 'map',
    default: {},
    unit: null,
    combine: 'join',
    vscode: 'application',
    description:
      'Limits per model: an id or a pattern with `*` and `?` → `usd`, `tokens` of one run, and `windows` → `hour`, `day`, `week` → `usd`, `tokens` of all runs together.',
  },
  'budgets.task': {
    type: 'map',
    default: {},
    unit: null,
    combine: 'join',
    vscode: 'application',
    description: 'Limits of one task: `usd`, `tokens`, `cpu_seconds`, `mem_bytes`, `disk_bytes`.',
  },
  'budgets.call': {
    type: 'map',
    default: {},
    unit: null,
    combine: 'join',
    vscode: 'application',
    description: 'Limits of what one call to a model may cost at most: `usd`, `tokens`.',
  },
  'budgets.pacing': {
    type: 'boolean',
    default: false,
    unit: null,
    combine: 'true',
    vscode: 'application',
    description: 'Spread the money of an hour and of a day over it: calls wait while it is used up too fast.',
  },
  'budgets.burst': {
    type: 'number',
    min: 0.01,
    max: 1,
    default: 0.25,
    unit: 'ratio',
    combine: 'lower',
    vscode: 'application',
    description: 'With `budgets.pacing`: the share of an hour’s and a day’s money that may be used at once.',
  },
  'budgets.warn_at': {
    type: 'number',
    min: 0.01,
    max: 1,
    default: 0.9,
    unit: 'ratio',
    combine: 'lower',
    vscode: 'application',
    description: 'How full a budget is when it warns.',
  },
  'budgets.on_limit': {
    type: 'string',
    values: onLimits,
    default: 'ask',
    unit: null,
    combine: 'settings',
    vscode: 'application',
    description:
      'What a run does when a budget allows no further call: `ask` waits for your decision, `stop` ends it (it can be resumed), `wait` goes on when the budget’s window allows it. Where nobody can be asked (no terminal, `--json`, `--approve none`), `ask` stops.',
  },
  'budgets.wait_ms': {
    type: 'integer',
    min: 0,
    max: 86_400_000,
    default: 30_000,
    unit: 'ms',
    combine: 'settings',
    vscode: 'application',
    description: 'How long a call waits for what running calls hold of a budget before the budget counts as used up.',
  },
  'policies.repository.concurrency': {
    type: 'integer',
    min: 1,
    max: 1000,
    nullable: true,
    default: null,
    unit: 'runs',
    combine: 'lower',
    vscode: 'application',
    description:
      'Most runs of one repository at work at once, over all windows and terminals; further ones wait. Null: any number.',
  },
  'policies.repository.queue': {
    type: 'integer',
    min: 0,
    max: 10_000,
    default: 100,
    unit: 'runs',
    combine: 'lower',
    vscode: 'application',
    description:
      'Most runs of one repository that may wait for `policies.repository.concurrency`; then they are refused.',
  },
  'policies.repository.starts_per_hour': {
    type: 'integer',
    min: 1,
    max: 100_000,
    nullable: true,
    default: null,
    unit: 'runs',
    combine: 'lower',
    vscode: 'application',
    description: 'Most runs of one repository that may start in any 60 minutes. Null: any number.',
  },
  'policies.agents': {
    type: 'map',
    default: {},
    unit: null,
    combine: 'join',
    vscode: 'application',
    description:
      'The same three per agent: a name or a pattern with `*` → `concurrency`, `queue`, `starts_per_hour`. In the file they count the runs of the workspace, in the settings those of all workspaces.',
  },
  'policies.labels.required': {
    type: 'list',
    default: [],
    unit: null,
    combine: 'join',
    vscode: 'application',
    description: 'Label patterns (`*` for anything); a run needs a label for each of them.',
  },
  'policies.labels.allowed': {
    type: 'list',
    default: [],
    unit: null,
    combine: 'join',
    vscode: 'application',
    description: 'Label patterns; a run may have no other label. Empty: any. File and settings must both allow it.',
  },
  'policies.labels.denied': {
    type: 'list',
    default: [],
    unit: null,
    combine: 'join',
    vscode: 'application',
    description: 'Label patterns that no run may have.',
  },
  'policies.denied_paths': {
    type: 'list',
    default: [],
    unit: null,
    combine: 'join',
    vscode: 'application',
    description:
      'Files and folders of the workspace that no tool reads, lists, writes or is given as an argument: patterns as in `.gitignore`, e.g. `.env*`, `secrets/`.',
  },
  'policies.denied_commands': {
    type: 'list',
    default: [],
    unit: null,
    combine: 'join',
    vscode: 'application',
    description: 'Commands that are not run: a program, or a program with its first arguments, e.g. `rm`, `git push*`.',
  },
  'policies.blocked_secrets': {
    type: 'list',
    default: [],
    unit: null,
    combine: 'join',
    vscode: 'application',
    description:
      'Names of environment variables, or ids of models with a stored key (`*` for anything), whose value may stand in no prompt, tool argument or written file.',
  },
  'policies.block_secret_shapes': {
    type: 'boolean',
    default: false,
    unit: null,
    combine: 'true',
    vscode: 'application',
    description: 'The same for whatever looks like a well-known kind of key or token.',
  },
  'lanes.global': { ...slots, max: 4096, default: 32, description: 'Most calls at once over all lanes.' },
  'lanes.model_call': { ...slots, default: 4, description: 'Most calls to language models at once.' },
  'lanes.tool_call': { ...slots, default: 8, description: 'Most commands and other tools at once.' },
  'lanes.file_read': { ...slots, default: 16, description: 'Most file reads and searches at once.' },
  'lanes.file_write': { ...slots, default: 4, description: 'Most file writes at once.' },
  'lanes.critic': { ...slots, default: 3, description: 'Most checks of results at once.' },
  'lanes.forecast_model': { ...slots, default: 1, description: 'Most predictions at once.' },
  'lanes.queue': {
    type: 'integer',
    min: 1,
    max: 10_000_000,
    default: 10_000,
    unit: 'calls',
    combine: 'lower',
    vscode: 'application',
    description: 'Most calls that may wait in one lane; what comes then is refused.',
  },
  'lanes.maximum': {
    type: 'map',
    default: {},
    unit: 'calls',
    combine: 'join',
    vscode: 'application',
    description: 'Most slots of a lane with those it borrows from idle lanes: a lane’s name → slots.',
  },
  'lanes.rebalance': {
    type: 'boolean',
    default: true,
    unit: null,
    combine: 'false',
    vscode: 'application',
    description: 'Idle lanes lend slots to busy ones, within `lanes.global` and `lanes.maximum`.',
  },
  'lanes.adapt_to_load': {
    type: 'boolean',
    default: true,
    unit: null,
    combine: 'true',
    vscode: 'application',
    description: 'The lane of model calls takes fewer slots while a provider says that it is overloaded.',
  },
  'timeouts.default_ms': {
    ...ms,
    default: 300_000,
    description: 'How long a call may take before it is warned about.',
  },
  'timeouts.escalation_factor': {
    type: 'number',
    min: 1,
    max: 10,
    default: 1.5,
    unit: 'ratio',
    combine: 'lower',
    vscode: 'application',
    description: 'A call is aborted after `timeouts.default_ms` times this.',
  },
  'timeouts.adaptive': {
    type: 'boolean',
    default: true,
    unit: null,
    combine: 'file',
    vscode: null,
    description:
      'A tool’s limit is learnt from its past calls: three times their 99th percentile, from `timeouts.adaptive_min_ms` to `timeouts.default_ms`.',
  },
  'timeouts.adaptive_min_ms': {
    ...ms,
    default: 30_000,
    combine: 'file',
    vscode: null,
    description: 'The shortest limit that is learnt from past calls.',
  },
  'timeouts.kill_grace_ms': {
    ...ms,
    default: 5_000,
    description: 'How long aborted work may take to end before it is killed.',
  },
  'timeouts.model_idle_ms': {
    ...ms,
    default: 120_000,
    description: 'How long a model’s answer may stand still before it is given up.',
  },
  'memory.guards': {
    type: 'boolean',
    default: true,
    unit: null,
    combine: 'true',
    vscode: 'application',
    description: 'Start no new call while the runtime’s memory is over its limit.',
  },
  'memory.max_rss_mb': {
    type: 'integer',
    min: 64,
    max: 1_048_576,
    default: 512,
    unit: 'MiB',
    combine: 'lower',
    vscode: 'application',
    description: 'The runtime’s resident memory above which no new call starts.',
  },
  'memory.heap_warning_mb': {
    type: 'integer',
    min: 16,
    max: 1_048_576,
    default: 400,
    unit: 'MiB',
    combine: 'lower',
    vscode: 'application',
    description: 'The runtime’s heap above which a warning is given.',
  },
  'memory.max_heap_mb': {
    type: 'integer',
    min: 128,
    max: 1_048_576,
    default: 1024,
    unit: 'MiB',
    combine: 'settings',
    vscode: 'application',
    description:
      'The heap with which the runtime is started; it ends when it needs more. The editor takes it from its settings, the terminal from haios.config.json; a change holds from the next start.',
  },
  'sandbox.threads': {
    type: 'integer',
    min: 1,
    max: 64,
    default: 2,
    unit: 'threads',
    combine: 'lower',
    vscode: 'application',
    description: 'Threads for searching and comparing files.',
  },
  'sandbox.processes': {
    type: 'integer',
    min: 1,
    max: 256,
    default: 8,
    unit: 'processes',
    combine: 'lower',
    vscode: 'application',
    description: 'Most commands that run at once.',
  },
  'sandbox.process_memory_mb': {
    type: 'integer',
    min: 16,
    max: 1_048_576,
    default: 4096,
    unit: 'MiB',
    combine: 'lower',
    vscode: 'application',
    description: 'Most memory a command may use with all it starts, where the system tells it; it is killed beyond.',
  },
  'sandbox.process_cpu_seconds': {
    type: 'integer',
    min: 1,
    max: 1_000_000,
    default: 3600,
    unit: 'seconds',
    combine: 'lower',
    vscode: 'application',
    description:
      'Most processor time a command may use with all it starts, where the system tells it; it is killed beyond.',
  },
  'quotas.task': {
    type: 'map',
    default: {},
    unit: null,
    combine: 'join',
    vscode: 'application',
    description: 'Most that one task may do: `calls`, `tokens`, `usd`, `seconds`, `files_written`.',
  },
  'agents.capacity': {
    type: 'integer',
    min: 1,
    max: 100_000,
    default: 928,
    unit: 'agents',
    combine: 'lower',
    vscode: 'application',
    description: 'Most agents at once.',
  },
  'agents.mailbox': {
    type: 'integer',
    min: 1,
    max: 1_000_000,
    default: 1000,
    unit: 'messages',
    combine: 'lower',
    vscode: 'application',
    description: 'Most messages that wait for one agent.',
  },
  'telemetry.enabled': {
    type: 'boolean',
    default: true,
    unit: null,
    combine: 'settings',
    vscode: 'application',
    description: 'Record spans and serve metrics. Everything stays on this machine unless an OTLP endpoint is set.',
  },
  'telemetry.span_sample_rate': {
    type: 'number',
    min: 0,
    max: 1,
    default: 1,
    unit: 'ratio',
    combine: 'file',
    vscode: 'application',
    description: 'Share of traces that are sent to the OTLP endpoint. The local database keeps every span.',
  },
  'telemetry.capture_content': {
    type: 'boolean',
    default: false,
    unit: null,
    combine: 'false',
    vscode: 'application',
    description: 'Keep prompts and outputs (redacted) with their spans.',
  },
  'telemetry.otlp.endpoint': {
    type: 'string',
    nullable: true,
    pattern: { source: '^https?://[^\\s]{1,2000}$', means: 'an http:// or https:// address' },
    default: null,
    unit: null,
    combine: 'settings',
    vscode: 'machine',
    description: 'Where traces are sent by OTLP/HTTP, e.g. `http://127.0.0.1:4318`; null: nowhere.',
  },
  'telemetry.retention_days': {
    type: 'integer',
    min: 1,
    max: 3650,
    default: 30,
    unit: 'days',
    combine: 'lower',
    vscode: 'application',
    description: 'How long history is kept. The ledger is never deleted.',
  },
  'metrics.prefix': {
    type: 'string',
    pattern: {
      source: '^[a-zA-Z_][a-zA-Z0-9_]{0,31}$',
      means: '1 to 32 letters, digits and _, not beginning with a digit',
    },
    default: 'haios_',
    unit: null,
    combine: 'file',
    vscode: null,
    description: 'What the names of all metrics begin with.',
  },
  models: {
    type: 'list',
    default: [{ id: 'offline', provider: 'offline' }],
    unit: null,
    combine: 'join',
    vscode: 'machine',
    description:
      'Models: `id`, `provider` (`offline`, `openai`, `openai-compatible`, `anthropic`, `vscode` for the editor’s own), `base_url`, `model` (for `vscode`: `VENDOR/ID`), `api_key_env` (ends with API_KEY), `max_output_tokens`, `service_tier` (`standard`, `flex`, `priority`), `prices` (US dollars per million tokens, or a `discount` off the list price). `offline` is always there.',
  },
  critics: {
    type: 'list',
    default: [],
    unit: null,
    combine: 'join',
    vscode: null,
    description: 'Commands that check a task’s result: `name`, `command`.',
  },
  'mcp.servers': {
    type: 'map',
    default: {},
    unit: null,
    combine: 'join',
    vscode: null,
    description:
      'MCP servers whose tools runs can use, by name: `command`, `args` and `env` of a program spoken to over stdio, or the `url` of one that serves streamable HTTP.',
  },
} as const satisfies Record<string, Setting>;

export type SettingKey = keyof typeof settings;
export const settingKeys = Object.keys(settings) as readonly SettingKey[];

/** The row of a key, with its optional members. */
export function settingOf(key: SettingKey): Setting {
  return settings[key];
}

/** `telemetry.capture_content` → `haios.telemetry.captureContent`. */
export function vscodeName(key: string): string {
  return `haios.${key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())}`;
}
