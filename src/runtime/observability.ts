import { join } from 'node:path';
import type { Config } from '../core/config.ts';
import type { SpanPayload } from '../core/events.ts';
import type { SpanRow } from '../protocol/rows.ts';
import { createLogFile } from '../telemetry/log-file.ts';
import { createLog, type Log, type LogLevel } from '../telemetry/log.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';
import { createRedactor, type Redactor } from '../telemetry/redact.ts';
import type { Sources } from '../telemetry/signals.ts';
import { createTracing, type Tracing } from '../telemetry/spans.ts';
import type { Secrets } from './secrets.ts';
import { version } from './version.ts';

const logFileBytes = 5 * 1024 * 1024;
const logFilesKept = 3;

export interface RuntimeLog {
  readonly redactor: Redactor;
  readonly log: Log;
  readonly close: () => void;
}

/** The structured log, redacted, into a file of the data folder and to the host. */
export function openLog(
  dataDir: string,
  secrets: Secrets,
  level: LogLevel,
  tell: (level: HostLevel, line: string) => void,
): RuntimeLog {
  const redactor = createRedactor({ secrets: () => secrets.all() });
  const file = createLogFile({ path: join(dataDir, 'logs', 'haios.log'), maxBytes: logFileBytes, keep: logFilesKept });
  const host = { write: (line: string) => tell(levelOf(line), line.trimEnd()) };
  return { redactor, log: createLog({ level, redactor, destinations: [file, host] }), close: () => file.close() };
}

export interface SignalsOptions {
  readonly config: Config;
  readonly otlpEndpoint: string | null;
  readonly runtimeId: string;
  readonly sources: Sources;
  readonly redactor: Redactor;
  readonly log: Log;
  readonly store: (row: SpanRow, payload: SpanPayload | null) => void;
}

/** Metrics and spans as the configuration wants them. */
export function openSignals(options: SignalsOptions): { metrics: Metrics; tracing: Tracing } {
  const { config, sources, store, ...common } = options;
  const metrics = createMetrics({ prefix: config.metrics.prefix, sources });
  const tracing = createTracing({
    ...common,
    version,
    environment: config.mode,
    sampleRate: config.telemetry.enabled ? config.telemetry.span_sample_rate : 0,
    sink: ({ row, payload }) => store(row, payload),
    onExport: (spans, result) => metrics.observe({ type: 'spans_exported', spans, result }),
  });
  return { metrics, tracing };
}

type HostLevel = 'debug' | 'info' | 'warn' | 'error';

function levelOf(line: string): HostLevel {
  const level = /"level":"(debug|info|warn|error)"/.exec(line)?.[1];
  return level === 'debug' || level === 'warn' || level === 'error' ? level : 'info';
}
