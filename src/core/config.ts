import { findNodeAtLocation, type Node } from 'jsonc-parser';
import type * as z from 'zod';
import type { LaneName } from '../catalogue/lanes.ts';
import type { OnLimit, Resource, TaskQuota } from '../catalogue/states.ts';
import { vscodeName } from '../catalogue/settings.ts';
import { parseJsonc, positionOf } from './config/jsonc.ts';
import { combine } from './config/merge.ts';
import { fieldName, problemsOf } from './config/problem.ts';
import { configSchema, type modelSchema } from './config/schema.ts';
import { HaiosError } from './errors.ts';

/** What a file or the settings say; what they leave open is missing. */
export type PartialConfig = z.output<typeof configSchema>;
export type ModelConfig = z.output<typeof modelSchema>;
export type ParsedConfig =
  { readonly ok: true; readonly config: PartialConfig } | { readonly ok: false; readonly error: HaiosError };

/** The configuration in force, complete and validated. Keys as in `haios.config.json`; usd in dollars. */
export interface Config {
  readonly mode: 'dev_fast' | 'strict';
  /** 1024 to 65535, or 0 for any free port. */
  readonly port: number;
  readonly log_level: 'debug' | 'info' | 'warn' | 'error';
  readonly default_model: string;
  readonly price_as: string | null;
  readonly budgets: {
    readonly usd: number;
    readonly tokens: number;
    readonly cpu_seconds: number;
    readonly mem_bytes: number;
    readonly disk_bytes: number;
    /** The stricter of file and settings; `window_limits` tells whom each of them binds. */
    readonly windows: Readonly<
      Record<'hour' | 'day' | 'week', { readonly usd: number; readonly tokens: number | null }>
    >;
    /** By model id or pattern with `*`; each limits one run. */
    readonly models: Readonly<Record<string, { readonly usd?: number; readonly tokens?: number }>>;
    readonly task: Readonly<Partial<Record<Resource, number>>>;
    /** 0.01 to 1. */
    readonly warn_at: number;
    readonly on_limit: OnLimit;
    readonly wait_ms: number;
  };
  readonly lanes: Readonly<Record<LaneName | 'global' | 'queue', number>> & {
    readonly maximum: Readonly<Partial<Record<LaneName, number>>>;
    readonly rebalance: boolean;
    readonly adapt_to_load: boolean;
  };
  readonly timeouts: {
    readonly default_ms: number;
    readonly escalation_factor: number;
    readonly adaptive: boolean;
    readonly adaptive_min_ms: number;
    readonly kill_grace_ms: number;
    readonly model_idle_ms: number;
  };
  readonly memory: {
    readonly guards: boolean;
    readonly max_rss_mb: number;
    readonly heap_warning_mb: number;
    readonly max_heap_mb: number;
  };
  readonly sandbox: {
    readonly threads: number;
    readonly processes: number;
    readonly process_memory_mb: number;
    readonly process_cpu_seconds: number;
  };
  readonly quotas: { readonly task: Readonly<Partial<Record<TaskQuota, number>>> };
  readonly agents: { readonly capacity: number; readonly mailbox: number };
  readonly telemetry: {
    readonly enabled: boolean;
    readonly span_sample_rate: number;
    readonly capture_content: boolean;
    readonly otlp: { readonly endpoint: string | null };
    readonly retention_days: number;
  };
  readonly metrics: { readonly prefix: string };
  /** Always holds `offline`. Ids are unique. */
  readonly models: readonly ModelConfig[];
  readonly critics: readonly { readonly name: string; readonly command: string }[];
  readonly mcp: { readonly servers: Readonly<Record<string, McpServer>> };
  /** Each limit of `budgets.windows` with its scope: the file's bind the workspace, the settings' and defaults the user. */
  readonly window_limits: readonly WindowLimit[];
}

export interface McpServer {
  readonly command?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly url?: string;
}

export interface WindowLimit {
  readonly scope: 'workspace' | 'user';
  readonly window: 'hour' | 'day' | 'week';
  readonly resource: 'usd' | 'tokens';
  /** Dollars or tokens. */
  readonly limit: number;
}

/** Validates the text of a config file as a whole. The error is CONFIG_INVALID; details: `file, line, column, field, problems`. */
export function parseConfig(text: string, source: { readonly file: string }): ParsedConfig {
  const { file } = source;
  const read = parseJsonc(text);
  if (!read.ok) {
    const { offset, field, sentence } = read.problem;
    return failure([{ where: place(file, text, offset), field, sentence }], file);
  }
  const checked = configSchema.safeParse(read.value);
  if (checked.success) return { ok: true, config: checked.data };
  const problems = problemsOf(checked.error, read.value, fieldName).map(({ path, atKey, sentence }) => ({
    where: place(file, text, offsetOf(read.root, path, atKey)),
    field: fieldName(path),
    sentence,
  }));
  return failure(problems, file);
}

/** Validates settings as a host sends them (nested, keys as in the file; null and undefined are unset). */
export function settingsToConfig(nested: Readonly<Record<string, unknown>>): ParsedConfig {
  const given = withoutUnset(nested, 0);
  const checked = configSchema.safeParse(given);
  if (checked.success) return { ok: true, config: checked.data };
  const problems = problemsOf(checked.error, given, (path) => vscodeName(fieldName(path))).map(
    ({ path, sentence }) => ({
      where: { line: null, column: null, text: 'settings' },
      field: vscodeName(fieldName(path)),
      sentence,
    }),
  );
  return failure(problems, null);
}

/**
 * The configuration in force. A limit is the stricter of both, so that neither side can loosen the other's. What is
 * shared (mode, metric names, critics) is the team's word in the file; what concerns a person's own machine, keys and
 * data (port, models, exporter) is the person's. See `combine` of each row in the catalogue.
 */
export function mergeConfig(file: PartialConfig, settings: PartialConfig): Config {
  // The rows of the catalogue cover every member (test/core/config-merge.test.ts holds them together).
  const whole = combine(file, settings) as unknown as Omit<Config, 'window_limits'>;
  return { ...whole, window_limits: windowLimits(whole, file, settings) };
}

function windowLimits(
  whole: Omit<Config, 'window_limits'>,
  file: PartialConfig,
  settings: PartialConfig,
): WindowLimit[] {
  const limits: WindowLimit[] = [];
  for (const window of ['hour', 'day', 'week'] as const) {
    for (const resource of ['usd', 'tokens'] as const) {
      const team = file.budgets?.windows?.[window]?.[resource] ?? null;
      const own = settings.budgets?.windows?.[window]?.[resource] ?? null;
      const standard = team === null && own === null ? whole.budgets.windows[window][resource] : null;
      if (team !== null) limits.push({ scope: 'workspace', window, resource, limit: team });
      if (own !== null) limits.push({ scope: 'user', window, resource, limit: own });
      if (standard !== null) limits.push({ scope: 'user', window, resource, limit: standard });
    }
  }
  return limits;
}

interface Place {
  readonly line: number | null;
  readonly column: number | null;
  readonly text: string;
}

function place(file: string, text: string, offset: number | null): Place {
  if (offset === null) return { line: null, column: null, text: file };
  const { line, column } = positionOf(text, offset);
  return { line, column, text: `${file}:${line}:${column}` };
}

/** Where a problem is: the value, its key, or the innermost object that is there when the value is missing. */
function offsetOf(root: Node, path: readonly PropertyKey[], atKey: boolean): number {
  const segments = path.map((part) => (typeof part === 'number' ? part : String(part)));
  for (let length = segments.length; length > 0; length -= 1) {
    const node = findNodeAtLocation(root, segments.slice(0, length));
    if (node === undefined) continue;
    const isProperty = atKey && length === segments.length && node.parent?.type === 'property';
    return (isProperty ? node.parent.children?.[0] : node)?.offset ?? node.offset;
  }
  return root.offset;
}

function failure(
  problems: readonly { where: Place; field: string; sentence: string }[],
  file: string | null,
): ParsedConfig {
  const first = problems[0];
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  const message = first === undefined ? 'The configuration is wrong.' : `${first.where.text}: ${first.sentence}${more}`;
  const details = {
    file,
    line: first?.where.line ?? null,
    column: first?.where.column ?? null,
    field: first?.field ?? '',
    problems: problems.slice(0, 50).map(({ where, sentence }) => `${where.text}: ${sentence}`),
  };
  return { ok: false, error: new HaiosError('CONFIG_INVALID', message, { details }) };
}

function withoutUnset(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth > 32) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => withoutUnset(item, depth + 1));
  const kept = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(kept.map(([key, member]) => [key, withoutUnset(member, depth + 1)]));
}
