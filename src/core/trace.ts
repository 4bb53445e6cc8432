import type { LaneName } from '../catalogue/lanes.ts';
import type { SpanStatus, StageName } from '../catalogue/states.ts';
import type { Attributes, SpanEventRow, SpanKind, SpanRow } from '../protocol/rows.ts';
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

/** What all spans of a run have in common. */
interface TraceContext {
  readonly traceId: string;
  readonly runId: string;
  readonly common: Attributes;
  readonly clock: Clock;
  readonly observe: Observer;
}

/** Mints the spans of one run and tells the observer of them. Knows no SDK. */
export class Tracer {
  readonly traceId: string;
  readonly #context: TraceContext;
  readonly #ids: Ids;

  constructor(run: { traceId: string; runId: string; common: Attributes }, clock: Clock, ids: Ids, observe: Observer) {
    this.traceId = run.traceId;
    this.#context = { ...run, clock, observe };
    this.#ids = ids;
  }

  start(options: SpanStart): Span {
    return new Span(this.#context, options.spanId ?? this.#ids.spanId(), options);
  }
}

const none: Attributes = {};

/** What a span was told while it ran, the newest first: attributes, or an event. A chain, as an array that grows takes room for 17. */
interface Noted {
  /** The event's name; null for attributes. */
  readonly event: string | null;
  /** Milliseconds since the span's start: a small integer, which needs no memory of its own. */
  readonly afterMs: number;
  readonly attributes: Attributes;
  readonly before: Noted | null;
}

/**
 * A live span, and at any time the row of it: what reads it later sees what it has become, so who keeps it takes a copy
 * (`rowOf`). It is kept small, as there may be many: attributes are put together when they are read, and each object of
 * attributes that is handed over belongs to the span. `end` is idempotent: the first end counts.
 */
export class Span implements SpanRow {
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly taskId: string | null;
  readonly name: string;
  readonly kind: SpanKind;
  readonly stage: StageName | null;
  readonly lane: LaneName | null;
  readonly startedAt: number;
  readonly #context: TraceContext;
  readonly #startedMonotonic: number;
  readonly #first: Attributes;
  #noted: Noted | null = null;
  #end: SpanEnd | null = null;
  #durationMs: number | null = null;

  constructor(context: TraceContext, spanId: string, start: SpanStart) {
    const { parent } = start;
    this.spanId = spanId;
    this.parentSpanId = parent === null ? null : parent.spanId;
    this.taskId = start.taskId ?? (parent === null ? null : parent.taskId);
    this.name = start.name;
    this.kind = start.kind;
    this.stage = start.stage ?? null;
    this.lane = start.lane ?? null;
    this.startedAt = context.clock.now();
    this.#context = context;
    this.#startedMonotonic = context.clock.monotonic();
    this.#first = start.attributes ?? none;
    context.observe({ type: 'span_started', span: this });
  }

  get traceId(): string {
    return this.#context.traceId;
  }
  get runId(): string {
    return this.#context.runId;
  }
  get status(): SpanStatus {
    return this.#end === null ? 'running' : this.#end.status;
  }
  get durationMs(): number | null {
    return this.#durationMs;
  }
  get tokens(): number {
    return this.#end?.tokens ?? 0;
  }
  get nusd(): number {
    return this.#end?.nusd ?? 0;
  }
  get estimated(): boolean {
    return this.#end?.estimated ?? false;
  }
  get error(): string | null {
    return this.#end?.error ?? null;
  }
  get children(): number {
    return 0;
  }
  /** A new list at each reading. */
  get events(): readonly SpanEventRow[] {
    const events: SpanEventRow[] = [];
    for (let one = this.#noted; one !== null; one = one.before) {
      if (one.event === null) continue;
      events.push({ name: one.event, at: this.startedAt + one.afterMs, attributes: one.attributes });
    }
    return events.reverse();
  }
  /** A new object at each reading. */
  get attributes(): Attributes {
    const { taskId } = this;
    const all: Record<string, Attributes[string]> = { ...this.#context.common };
    if (taskId !== null) all['haios.task_id'] = taskId;
    Object.assign(all, this.#first);
    const later: Attributes[] = [];
    for (let one = this.#noted; one !== null; one = one.before) if (one.event === null) later.push(one.attributes);
    for (let index = later.length - 1; index >= 0; index -= 1) Object.assign(all, later[index]);
    if (this.#end === null) return all;
    all['haios.status'] = this.#end.status;
    if (this.#end.error !== undefined) all['haios.error'] = this.#end.error;
    return all;
  }

  get ended(): boolean {
    return this.#end !== null;
  }

  row(): SpanRow {
    return this;
  }

  elapsedMs(): number {
    return this.#context.clock.monotonic() - this.#startedMonotonic;
  }

  traceparent(): string {
    return `00-${this.traceId}-${this.spanId}-01`;
  }

  set(attributes: Attributes): void {
    if (this.ended) return;
    this.#noted = { event: null, afterMs: 0, attributes, before: this.#noted };
  }

  /** `afterMs`: how long after the span's start it happened, if that was before now. */
  event(name: string, attributes: Attributes = none, afterMs = this.#context.clock.now() - this.startedAt): void {
    if (this.ended) return;
    this.#noted = { event: name, afterMs, attributes, before: this.#noted };
    if (this.kind === 'task') this.#context.observe({ type: 'task_span_event', span: this, name });
  }

  end(end: SpanEnd): void {
    if (this.ended) return;
    if (end.attributes !== undefined) this.set(end.attributes);
    this.#durationMs = this.elapsedMs();
    // Contents go with the event; the span, which may be kept as long as its run, does without.
    this.#end = end.payload == null ? end : { ...end, payload: null };
    this.#context.observe({ type: 'span_ended', span: this, payload: end.payload ?? null });
  }
}

/** The span as it is now, as plain data. */
export function rowOf(span: SpanRow): SpanRow {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    runId: span.runId,
    taskId: span.taskId,
    name: span.name,
    kind: span.kind,
    stage: span.stage,
    lane: span.lane,
    status: span.status,
    startedAt: span.startedAt,
    durationMs: span.durationMs,
    tokens: span.tokens,
    nusd: span.nusd,
    estimated: span.estimated,
    error: span.error,
    attributes: span.attributes,
    events: [...span.events],
    children: span.children,
  };
}
