import { pino } from 'pino';
import type { Redactor } from './redact.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Facts beside the message. The known ones become `trace_id`, `span_id`, `run_id`; an error is written out in full. */
export interface LogFields {
  readonly traceId?: string;
  readonly spanId?: string;
  readonly runId?: string;
  readonly error?: unknown;
  readonly [field: string]: unknown;
}

/** A structured log: one JSON object a line with `time` (ISO 8601), `level`, `msg`; secrets never reach it. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same log with fields on every line. */
  with(fields: LogFields): Log;
  setLevel(level: LogLevel): void;
}

/** Takes one line, its newline included. Must not throw. */
export interface LogDestination {
  write(line: string): void;
}

interface LogOptions {
  readonly level: LogLevel;
  readonly redactor: Redactor;
  readonly destinations: readonly LogDestination[];
}

/** Longest text kept of a message or a field, in characters. */
const maxText = 16_384;

export function createLog({ level, redactor, destinations }: LogOptions): Log {
  const root = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // Errors are plain objects by the time they get here: the redactor has seen their stacks.
      serializers: {},
      depthLimit: 12,
      edgeLimit: 200,
    },
    { write: (line: string) => destinations.forEach((destination) => destination.write(line)) },
  );

  const create = (bound: LogFields): Log => {
    const write = (at: Exclude<LogLevel, 'silent'>, message: string, fields: LogFields = {}): void => {
      if (!root.isLevelEnabled(at)) return;
      root[at](redactor.value(named({ ...bound, ...fields })), cut(redactor.text(message)));
    };
    return {
      debug: (message, fields) => write('debug', message, fields),
      info: (message, fields) => write('info', message, fields),
      warn: (message, fields) => write('warn', message, fields),
      error: (message, fields) => write('error', message, fields),
      with: (fields) => create({ ...bound, ...fields }),
      setLevel(next) {
        root.level = next;
      },
    };
  };
  return create({});
}

function named({ traceId, spanId, runId, ...rest }: LogFields): Record<string, unknown> {
  return {
    ...(traceId === undefined ? {} : { trace_id: traceId }),
    ...(spanId === undefined ? {} : { span_id: spanId }),
    ...(runId === undefined ? {} : { run_id: runId }),
    ...Object.fromEntries(
      Object.entries(rest).map(([key, value]) => [key, typeof value === 'string' ? cut(value) : value]),
    ),
  };
}

function cut(text: string): string {
  return text.length <= maxText ? text : `${text.slice(0, maxText)}… (${text.length - maxText} more characters)`;
}
