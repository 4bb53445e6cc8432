import type { LaneName } from '../catalogue/lanes.ts';
import type { SpanStatus, StageName } from '../catalogue/states.ts';
import type { Attributes, AttributeValue, SpanEventRow, SpanKind, SpanRow } from '../protocol/rows.ts';
import type { Observer, SpanPayload } from './events.ts';
import type { Clock, Ids } from './ports.ts';

export interface SpanStart {
  readonly name: string;
  readonly kind: SpanKind;
  readonly parent: Span | null;
  readonly taskId?: string | null;
  readonly stage?: StageName;
  readonly lane?: LaneName;
  readonly attributes?: Attributes;
  /** Given when a resumed run or task goes on under the span it had. */
  readonly spanId?: string;
}

export interface SpanEnd {
  readonly status: Exclude<SpanStatus, 'running'>;
  readonly error?: string;
  readonly attributes?: Attributes;
  readonly tokens?: number;
  readonly nusd?: number;
  readonly estimated?: boolean;
  readonly payload?: SpanPayload | null;
}

/** Mints the spans of one run and tells the observer of them. Knows no SDK. */
export class Tracer {
  readonly traceId: string;
  readonly #runId: string;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #observe: Observer;
  readonly #common: Attributes;

  constructor(run: { traceId: string; runId: string; common: Attributes }, clock: Clock, ids: Ids, observe: Observer) {
    this.traceId = run.traceId;
    this.#runId = run.runId;
    this.#common = run.common;
    this.#clock = clock;
    this.#ids = ids;
    this.#observe = observe;
  }

  start(options: SpanStart): Span {
    const taskId = options.taskId ?? options.parent?.row().taskId ?? null;
    return new Span(
      {
        traceId: this.traceId,
        spanId: options.spanId ?? this.#ids.spanId(),
        parentSpanId: options.parent?.spanId ?? null,
        runId: this.#runId,
        taskId,
        name: options.name,
        kind: options.kind,
        stage: options.stage ?? null,
        lane: options.lane ?? null,
        status: 'running',
        startedAt: this.#clock.now(),
        durationMs: null,
        tokens: 0,
        nusd: 0,
        estimated: false,
        error: null,
        attributes: {
          ...this.#common,
          ...(taskId === null ? {} : { 'haios.task_id': taskId }),
          ...options.attributes,
        },
        events: [],
        children: 0,
      },
      this.#clock,
      this.#observe,
    );
  }
}

/** A live span. `end` is idempotent: the first end counts. */
export class Span {
  #row: SpanRow;
  readonly #startedMonotonic: number;
  readonly #clock: Clock;
  readonly #observe: Observer;
  readonly #attributes: Record<string, AttributeValue>;
  readonly #events: SpanEventRow[] = [];

  constructor(row: SpanRow, clock: Clock, observe: Observer) {
    this.#attributes = { ...row.attributes };
    this.#row = { ...row, attributes: this.#attributes, events: this.#events };
    this.#clock = clock;
    this.#observe = observe;
    this.#startedMonotonic = clock.monotonic();
    observe({ type: 'span_started', span: this.#row });
  }

  get spanId(): string {
    return this.#row.spanId;
  }

  get ended(): boolean {
    return this.#row.status !== 'running';
  }

  row(): SpanRow {
    return this.#row;
  }

  elapsedMs(): number {
    return this.#clock.monotonic() - this.#startedMonotonic;
  }

  traceparent(): string {
    return `00-${this.#row.traceId}-${this.#row.spanId}-01`;
  }

  set(attributes: Attributes): void {
    Object.assign(this.#attributes, attributes);
  }

  event(name: string, attributes: Attributes = {}): void {
    this.#events.push({ name, at: this.#clock.now(), attributes });
    this.#observe({ type: 'span_event', span: this.#row, name, attributes });
  }

  end(end: SpanEnd): void {
    if (this.ended) return;
    if (end.attributes !== undefined) this.set(end.attributes);
    this.set({ 'haios.status': end.status, ...(end.error === undefined ? {} : { 'haios.error': end.error }) });
    this.#row = {
      ...this.#row,
      status: end.status,
      durationMs: this.elapsedMs(),
      tokens: end.tokens ?? 0,
      nusd: end.nusd ?? 0,
      estimated: end.estimated ?? false,
      error: end.error ?? null,
    };
    this.#observe({ type: 'span_ended', span: this.#row, payload: end.payload ?? null });
  }
}
