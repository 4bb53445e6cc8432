import * as z from 'zod';
import { laneNames, type LaneName } from '../../catalogue/lanes.ts';
import { settingOf, settings, type Setting, type SettingKey } from '../../catalogue/settings.ts';

const usd = amount('a number of US dollars from 0 to 1000000', 1e6);
const tokens = amount('a whole number of tokens from 0 to 1000000000000', 1e12).int({
  error: 'a whole number of tokens',
});
const moneyAndTokens = () => object({ usd: usd.exactOptional(), tokens: tokens.exactOptional() });
/** Of a model or an agent: of one run, and of an hour, a day, a week. */
const patternLimits = () =>
  object({
    ...moneyAndTokens().shape,
    windows: object({
      hour: moneyAndTokens().exactOptional(),
      day: moneyAndTokens().exactOptional(),
      week: moneyAndTokens().exactOptional(),
    }).exactOptional(),
  });
const windowOf = (name: 'hour' | 'day' | 'week') =>
  object({
    usd: number(`budgets.windows.${name}.usd`).exactOptional(),
    tokens: number(`budgets.windows.${name}.tokens`).nullable().exactOptional(),
  });

const name = z.string({ error: 'a name of 1 to 100 characters' }).regex(/^[A-Za-z0-9][A-Za-z0-9 ._:/@+-]{0,99}$/, {
  error: 'a name of 1 to 100 letters, digits, spaces and . _ : / @ + -',
});
const text = (max: number, means: string) =>
  z.string({ error: means }).min(1, { error: means }).max(max, { error: means });
const httpAddress = z
  .string({ error: 'an http:// or https:// address' })
  .regex(/^https?:\/\/\S{1,2000}$/, { error: 'an http:// or https:// address' });
const mostPatterns = 100;
const anyName = z
  .string()
  .regex(/^[^\s"'\\]{1,100}$/, { error: 'a name of 1 to 100 characters without spaces and quotes' });
const rate = amount('US dollars per million tokens, from 0 to 1000000', 1e6);

const pricesSchema = z
  .strictObject({
    input: rate.exactOptional(),
    output: rate.exactOptional(),
    cache_read: rate.exactOptional(),
    cache_write: rate.exactOptional(),
    cache_write_1h: rate.exactOptional(),
    reasoning: rate.exactOptional(),
    discount: amount('a part from 0 to 1 that is taken off the list price, e.g. 0.15 for 15 %', 1)
      .meta({ description: 'Taken off the list price, 0 to 1; in place of rates.' })
      .exactOptional(),
    currency: z.literal('USD', { error: '"USD", or left out: convert the rates to US dollars' }).exactOptional(),
  })
  .check((context) => {
    const { discount, currency: _, ...rates } = context.value;
    const complain = (path: string, means: string) =>
      context.issues.push({ code: 'custom', input: context.value, path: [path], message: means });
    if (discount !== undefined) {
      if (Object.keys(rates).length > 0)
        complain('discount', 'left out: it is taken off the list price, not off own rates');
      return;
    }
    for (const side of ['input', 'output'] as const) {
      if (rates[side] === undefined)
        complain(side, 'given: US dollars per million tokens (or give a `discount` alone)');
    }
  });

export const modelSchema = z
  .strictObject({
    id: string('default_model').meta({ description: 'What runs call the model by.' }),
    provider: z
      .enum(['offline', 'openai', 'openai-compatible', 'anthropic', 'vscode'], {
        error: 'one of "offline", "openai", "openai-compatible", "anthropic", "vscode"',
      })
      .exactOptional(),
    base_url: httpAddress.exactOptional(),
    model: text(200, 'the provider’s model id, 1 to 200 characters')
      .meta({ description: 'The provider’s model id; for `vscode`: `VENDOR/ID`, e.g. `copilot/gpt-4.1`.' })
      .exactOptional(),
    api_key_env: z
      .string({ error: 'the name of an environment variable' })
      .regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, { error: 'the name of an environment variable (never the key itself)' })
      .exactOptional(),
    max_output_tokens: z
      .int({ error: 'a whole number of tokens from 1 to 10000000' })
      .min(1, { error: 'a whole number of tokens from 1 to 10000000' })
      .max(1e7, { error: 'a whole number of tokens from 1 to 10000000' })
      .exactOptional(),
    service_tier: z
      .enum(['standard', 'flex', 'priority'], { error: 'one of "standard", "flex", "priority"' })
      .meta({ description: 'The tier to ask for; left out: whichever the provider serves.' })
      .exactOptional(),
    prices: pricesSchema.exactOptional(),
  })
  .check((context) => {
    const { id, provider, base_url, model, api_key_env, service_tier } = context.value;
    const complain = (path: string, means: string) =>
      context.issues.push({ code: 'custom', input: context.value, path: [path], message: means });
    if (provider === undefined && id !== 'offline') {
      complain('provider', 'given: "openai", "openai-compatible", "anthropic" or "vscode"');
    }
    if (service_tier === 'flex' && provider === 'anthropic') {
      complain('service_tier', '"standard" or "priority": Anthropic has no flex tier');
    }
    if (service_tier !== undefined && id === 'offline') complain('service_tier', 'left out for the offline model');
    if (provider === 'offline' && id !== 'offline') complain('id', '"offline" for the built-in offline model');
    if (id === 'offline' && provider !== undefined && provider !== 'offline') {
      complain('id', 'another id: "offline" is the built-in model');
    }
    if (provider === 'vscode') {
      if (!/^[^/]+\/.+$/.test(model ?? '')) {
        complain('model', 'VENDOR/ID of a model of the editor, e.g. "copilot/gpt-4.1"');
      }
      for (const [path, value] of Object.entries({ base_url, api_key_env, service_tier })) {
        if (value !== undefined) complain(path, 'left out for a model of the editor');
      }
    }
    if (provider === 'openai-compatible' && base_url === undefined) {
      complain('base_url', 'given for an openai-compatible provider, e.g. "http://127.0.0.1:11434/v1"');
    }
    if (provider === 'openai-compatible' && model === undefined) {
      complain('model', 'given for an openai-compatible provider: the model id it knows');
    }
  });

const serverSchema = z
  .strictObject({
    command: text(4096, 'a program, 1 to 4096 characters').exactOptional(),
    args: z
      .array(text(4096, 'an argument of 1 to 4096 characters'), { error: 'a list of arguments' })
      .max(200)
      .exactOptional(),
    env: z.record(z.string(), z.string({ error: 'text' }), { error: 'an object of texts' }).exactOptional(),
    url: httpAddress.exactOptional(),
  })
  .check((context) => {
    if ((context.value.command === undefined) === (context.value.url === undefined)) {
      context.issues.push({
        code: 'custom',
        input: context.value,
        path: [],
        message: 'an object with either "command" or "url"',
      });
    }
    for (const key of ['args', 'env'] as const) {
      if (context.value.url === undefined || context.value[key] === undefined) continue;
      const message = 'left out: it is for a server that is started by its "command"';
      context.issues.push({ code: 'custom', input: context.value[key], path: [key], message });
    }
  });

const startLimits = z.strictObject(
  {
    concurrency: amount('a whole number of runs from 1 to 1000', 1000).int().min(1).nullable().exactOptional(),
    queue: amount('a whole number of runs from 0 to 10000', 10_000).int().exactOptional(),
    starts_per_hour: amount('a whole number of runs from 1 to 100000', 1e5).int().min(1).nullable().exactOptional(),
  },
  { error: objectExpected },
);
const shaped = (source: RegExp, means: string) => z.string({ error: means }).regex(source, { error: means });
const agentPattern = shaped(
  /^[A-Za-z0-9*?][A-Za-z0-9_*?-]{0,63}$/,
  'an agent name of 1 to 64 letters, digits, _ and -, or a pattern of them with * and ?',
);
const labelPattern = shaped(
  /^[A-Za-z0-9._=/*?-]{1,64}$/,
  'a label of 1 to 64 letters, digits and . _ - / =, or a pattern of them with * and ?',
);
const pathPattern = shaped(
  /^(?![!#])(?!.*(?:^|\/)\.\.(?:\/|$))(?=.*[^\s/*])[^\\\0]{1,500}$/,
  'a path of the workspace or a pattern as in .gitignore, e.g. "secrets/", without ! and ..',
);
const commandPattern = shaped(
  /^[^\s*][^\n\0]{0,499}$/,
  'a program, or a program and its first arguments, e.g. "git push*"',
);
const secretName = shaped(
  /^[A-Za-z0-9_*?][A-Za-z0-9._:/@+*?-]{0,99}$/,
  'the name of an environment variable or the id of a model, or a pattern with * (never the secret itself)',
);

/** The whole of `haios.config.json`, every key optional and no other allowed. A message says what is allowed instead. */
export const configSchema = object({
  $schema: z.string({ error: 'the address of a JSON schema' }).exactOptional(),
  mode: choice('mode').exactOptional(),
  port: number('port')
    .refine((port) => port === 0 || port >= 1024, { error: allowed('port') })
    .exactOptional(),
  log_level: choice('log_level').exactOptional(),
  default_model: string('default_model').exactOptional(),
  price_as: string('price_as').nullable().exactOptional(),
  budgets: object({
    usd: number('budgets.usd').exactOptional(),
    tokens: number('budgets.tokens').exactOptional(),
    cpu_seconds: number('budgets.cpu_seconds').exactOptional(),
    mem_bytes: number('budgets.mem_bytes').exactOptional(),
    disk_bytes: number('budgets.disk_bytes').exactOptional(),
    windows: object({
      hour: windowOf('hour').exactOptional(),
      day: windowOf('day').exactOptional(),
      week: windowOf('week').exactOptional(),
    }).exactOptional(),
    workspace: moneyAndTokens().meta(about('budgets.workspace')).exactOptional(),
    agents: limitsByPattern('budgets.agents').exactOptional(),
    models: limitsByPattern('budgets.models').exactOptional(),
    task: z
      .strictObject(
        {
          usd: usd.exactOptional(),
          tokens: tokens.exactOptional(),
          cpu_seconds: amount('a number of seconds from 0 to 1000000000', 1e9).exactOptional(),
          mem_bytes: amount('a number of bytes, 0 or more', 2 ** 50).exactOptional(),
          disk_bytes: amount('a number of bytes, 0 or more', 2 ** 50).exactOptional(),
        },
        { error: objectExpected },
      )
      .meta(about('budgets.task'))
      .exactOptional(),
    call: moneyAndTokens().meta(about('budgets.call')).exactOptional(),
    pacing: boolean('budgets.pacing').exactOptional(),
    burst: number('budgets.burst').exactOptional(),
    warn_at: number('budgets.warn_at').exactOptional(),
    on_limit: choice('budgets.on_limit').exactOptional(),
    wait_ms: number('budgets.wait_ms').exactOptional(),
  }).exactOptional(),
  policies: object({
    repository: object({
      concurrency: number('policies.repository.concurrency').nullable().exactOptional(),
      queue: number('policies.repository.queue').exactOptional(),
      starts_per_hour: number('policies.repository.starts_per_hour').nullable().exactOptional(),
    }).exactOptional(),
    agents: map('policies.agents', startLimits, agentPattern).exactOptional(),
    labels: object({
      required: patterns('policies.labels.required', labelPattern).exactOptional(),
      allowed: patterns('policies.labels.allowed', labelPattern).exactOptional(),
      denied: patterns('policies.labels.denied', labelPattern).exactOptional(),
    }).exactOptional(),
    denied_paths: patterns('policies.denied_paths', pathPattern).exactOptional(),
    denied_commands: patterns('policies.denied_commands', commandPattern).exactOptional(),
    blocked_secrets: patterns('policies.blocked_secrets', secretName).exactOptional(),
    block_secret_shapes: boolean('policies.block_secret_shapes').exactOptional(),
  }).exactOptional(),
  lanes: object({
    global: number('lanes.global').exactOptional(),
    model_call: number('lanes.model_call').exactOptional(),
    tool_call: number('lanes.tool_call').exactOptional(),
    file_read: number('lanes.file_read').exactOptional(),
    file_write: number('lanes.file_write').exactOptional(),
    critic: number('lanes.critic').exactOptional(),
    forecast_model: number('lanes.forecast_model').exactOptional(),
    queue: number('lanes.queue').exactOptional(),
    maximum: z
      .strictObject(
        Object.fromEntries(laneNames.map((lane) => [lane, number(`lanes.${lane}`).exactOptional()])) as Record<
          LaneName,
          z.ZodExactOptional<ReturnType<typeof number>>
        >,
        { error: objectExpected },
      )
      .meta(about('lanes.maximum'))
      .exactOptional(),
    rebalance: boolean('lanes.rebalance').exactOptional(),
    adapt_to_load: boolean('lanes.adapt_to_load').exactOptional(),
  }).exactOptional(),
  timeouts: object({
    default_ms: number('timeouts.default_ms').exactOptional(),
    escalation_factor: number('timeouts.escalation_factor').exactOptional(),
    adaptive: boolean('timeouts.adaptive').exactOptional(),
    adaptive_min_ms: number('timeouts.adaptive_min_ms').exactOptional(),
    kill_grace_ms: number('timeouts.kill_grace_ms').exactOptional(),
    model_idle_ms: number('timeouts.model_idle_ms').exactOptional(),
  }).exactOptional(),
  memory: object({
    guards: boolean('memory.guards').exactOptional(),
    max_rss_mb: number('memory.max_rss_mb').exactOptional(),
    heap_warning_mb: number('memory.heap_warning_mb').exactOptional(),
    max_heap_mb: number('memory.max_heap_mb').exactOptional(),
  }).exactOptional(),
  sandbox: object({
    threads: number('sandbox.threads').exactOptional(),
    processes: number('sandbox.processes').exactOptional(),
    process_memory_mb: number('sandbox.process_memory_mb').exactOptional(),
    process_cpu_seconds: number('sandbox.process_cpu_seconds').exactOptional(),
  }).exactOptional(),
  quotas: object({
    task: z
      .strictObject(
        {
          calls: amount('a whole number of calls, 1 or more', 1e9).int().min(1).exactOptional(),
          tokens: tokens.exactOptional(),
          usd: usd.exactOptional(),
          seconds: amount('a number of seconds from 0 to 1000000000', 1e9).exactOptional(),
          files_written: amount('a whole number of files, 0 or more', 1e9).int().exactOptional(),
        },
        { error: objectExpected },
      )
      .meta(about('quotas.task'))
      .exactOptional(),
  }).exactOptional(),
  agents: object({
    capacity: number('agents.capacity').exactOptional(),
    mailbox: number('agents.mailbox').exactOptional(),
  }).exactOptional(),
  telemetry: object({
    enabled: boolean('telemetry.enabled').exactOptional(),
    span_sample_rate: number('telemetry.span_sample_rate').exactOptional(),
    capture_content: boolean('telemetry.capture_content').exactOptional(),
    otlp: object({ endpoint: string('telemetry.otlp.endpoint').nullable().exactOptional() }).exactOptional(),
    retention_days: number('telemetry.retention_days').exactOptional(),
  }).exactOptional(),
  metrics: object({ prefix: string('metrics.prefix').exactOptional() }).exactOptional(),
  models: list('models', modelSchema, 'id').exactOptional(),
  critics: list(
    'critics',
    z.strictObject({ name, command: text(4096, 'a command of 1 to 4096 characters') }, { error: objectExpected }),
    'name',
  ).exactOptional(),
  mcp: object({ servers: map('mcp.servers', serverSchema).exactOptional() }).exactOptional(),
});

function objectExpected(issue: { code?: string | undefined }): string | undefined {
  return issue.code === 'invalid_type' ? 'an object { … }' : undefined;
}

function object<S extends z.ZodRawShape>(shape: S) {
  return z.strictObject(shape, { error: objectExpected });
}

function amount(means: string, max: number) {
  return z.number({ error: means }).min(0, { error: means }).max(max, { error: means });
}

function number(key: SettingKey) {
  const row = settingOf(key);
  const error = allowed(key);
  const base = z
    .number({ error })
    .min(row.min ?? 0, { error })
    .max(row.max ?? Number.MAX_SAFE_INTEGER, { error });
  return (row.type === 'integer' ? base.int({ error }) : base).meta(about(key));
}

function boolean(key: SettingKey) {
  return z.boolean({ error: allowed(key) }).meta(about(key));
}

function string(key: SettingKey) {
  const error = allowed(key);
  return z
    .string({ error })
    .regex(new RegExp(settingOf(key).pattern?.source ?? ''), { error })
    .meta(about(key));
}

function choice<K extends 'mode' | 'log_level' | 'budgets.on_limit'>(key: K) {
  return z.enum<(typeof settings)[K]['values']>(settings[key].values, { error: allowed(key) }).meta(about(key));
}

function list<T extends z.ZodObject>(key: SettingKey, element: T, unique: string) {
  return z
    .array(element, { error: 'a list [ … ]' })
    .max(200, { error: 'a list of at most 200' })
    .check((context) => {
      const seen = new Set<unknown>();
      context.value.forEach((entry, index) => {
        const id: unknown = entry[unique];
        if (seen.has(id)) {
          const message = `given once: each ${unique} must be unique`;
          context.issues.push({ code: 'custom', input: id, path: [index, unique], message });
        }
        seen.add(id);
      });
    })
    .meta(about(key));
}

function patterns(key: SettingKey, pattern: z.ZodString) {
  return z.array(pattern, { error: 'a list [ … ]' }).max(200, { error: 'a list of at most 200' }).meta(about(key));
}

function map<T extends z.ZodType>(key: SettingKey, value: T, names = anyName) {
  return z.record(names, value, { error: objectExpected }).meta(about(key));
}

/** Limits by pattern. Brackets are left out of it: SQLite's GLOB would read them as a choice of characters. */
function limitsByPattern(key: SettingKey) {
  const names = z.string().regex(/^[^\s"'\\[\]]{1,100}$/, {
    error: 'a name or pattern of 1 to 100 characters without spaces, quotes and brackets',
  });
  return z
    .record(names, patternLimits(), { error: objectExpected })
    .refine((limits) => Object.keys(limits).length <= mostPatterns, {
      error: `an object of at most ${mostPatterns} patterns`,
    })
    .meta(about(key));
}

function about(key: SettingKey): { description: string; default: Setting['default'] } {
  return { description: settingOf(key).description, default: settingOf(key).default };
}

/** What a key takes, to be read after “must be ”. */
function allowed(key: SettingKey): string {
  const row = settingOf(key);
  const orNull = row.nullable ? ', or null' : '';
  if (key === 'port') return 'a whole number from 1024 to 65535, or 0 for any free port';
  if (row.values !== undefined) return `one of ${row.values.map((value) => JSON.stringify(value)).join(', ')}`;
  switch (row.type) {
    case 'integer':
    case 'number': {
      const kind = row.type === 'integer' ? 'a whole number' : 'a number';
      const unit = row.unit === null || row.unit === 'ratio' ? '' : ` of ${row.unit}`;
      return `${kind}${unit} from ${row.min ?? 0} to ${row.max ?? Number.MAX_SAFE_INTEGER}${orNull}`;
    }
    case 'boolean':
      return 'true or false';
    case 'string':
      return `${row.pattern?.means ?? 'text'}${orNull}`;
    case 'list':
      return 'a list [ … ]';
    case 'map':
      return 'an object { … }';
  }
}
