import type { ErrorCode } from '../../catalogue/errors.ts';
import { laneNames, type LaneName, type Priority } from '../../catalogue/lanes.ts';
import type { Attributes } from '../../protocol/rows.ts';
import { HaiosError, isAbort, isHaiosError, messageOf } from '../errors.ts';
import type { CoreEvent, Observer } from '../events.ts';
import type { Clock } from '../ports.ts';
import type { Span, Tracer } from '../trace.ts';
import type { AdaptiveTimeouts, TimeoutSettings } from './adaptive-timeouts.ts';
import { rejected, type Job, type Slot } from './call.ts';
import type { Deadlines } from './deadlines.ts';
import type { LateCalls } from './late-calls.ts';
import type { LoadControl } from './load.ts';
import type { MemoryGuard } from './memory-guard.ts';
import type { Scheduler } from './scheduler.ts';
import type { Scope } from './scope.ts';
import type { CallResult, LaneStatistics } from './statistics.ts';
import { TimedWork, type TimedContext, type TimeoutPhase } from './timeout.ts';

export interface WorkContext extends TimedContext {
  readonly span: Span;
  /** To be named as `parent` by calls made from inside. */
  readonly slot: Slot;
}

export interface WorkerCall<T> {
  readonly lane: LaneName;
  /** What works, e.g. a tool's or a model's name: its usual duration is learnt, and a person is shown it. */
  readonly what: string;
  readonly priority: Priority;
  readonly scope: Scope;
  /** Aborts the work; the scope's signal or one that follows it. */
  readonly signal: AbortSignal;
  readonly tracer: Tracer;
  readonly parent: Span;
  readonly timeouts: TimeoutSettings;
  /** The slot of the call from inside which this one is made. */
  readonly inside?: Slot;
  /** The work, inside its slot. It reserves, sends and settles by itself (a free call does none of it). */
  readonly run: (context: WorkContext) => Promise<T>;
}

/** The guards of one runtime. */
export interface Guards {
  readonly scheduler: Scheduler;
  readonly memory: MemoryGuard;
  readonly load: LoadControl;
  readonly adaptive: AdaptiveTimeouts;
  readonly statistics: LaneStatistics;
  readonly late: LateCalls;
  readonly deadlines: Deadlines;
}

export interface WorkerCallDeps {
  readonly guards: Guards;
  readonly clock: Clock;
  readonly observe: Observer;
}

/**
 * One guarded unit of work: memory guard → lane slot → work under warning, abort and kill → slot back, always. Its span is
 * `worker_call:{lane}`. Throws what the work threw, QUEUE_FULL, LANE_*, MEMORY_LIMIT, TIMEOUT, or the abort's reason. A
 * killed call throws at once; its slot comes back when its work is really dead, and a result that comes late is dropped.
 */
export function workerCall<T>(call: WorkerCall<T>, deps: WorkerCallDeps): Promise<T> {
  const { scheduler, memory } = deps.guards;
  const guarded = new GuardedCall(call, deps);
  try {
    memory.check();
  } catch (error) {
    guarded.refused(error);
    return rejected(error);
  }
  return scheduler.run(call.lane, call.scope, call.priority, guarded, call.inside ?? null);
}

/** The call as its work sees it, and as its slot does. It holds little while it is under way: its span is filled in at the end. */
class GuardedCall<T> extends TimedWork implements WorkContext, Job<T> {
  readonly span: Span;
  readonly #call: WorkerCall<T>;
  readonly #deps: WorkerCallDeps;
  #slot: Slot | null = null;
  #waitMs = 0;
  #global = 0;
  #inLane = 0;
  #rssBefore = 0;
  #isStartNoted = false;

  constructor(call: WorkerCall<T>, deps: WorkerCallDeps) {
    super(deps.clock, deps.guards.deadlines, call.signal);
    this.#call = call;
    this.#deps = deps;
    const { lane, priority } = call;
    this.span = call.tracer.start({
      name: names[lane],
      kind: 'worker_call',
      parent: call.parent,
      lane,
      attributes: attributes[lane][priority],
    });
  }

  get slot(): Slot {
    if (this.#slot !== null) return this.#slot;
    throw new HaiosError('INTERNAL', 'The call has no slot yet.');
  }

  begin(slot: Slot): Promise<T> {
    const { guards, observe } = this.#deps;
    const { lane, what, priority, timeouts, run } = this.#call;
    const { global, lane: inLane } = slot.concurrency;
    this.#slot = slot;
    this.#global = global;
    this.#inLane = inLane;
    this.#waitMs = this.span.elapsedMs();
    this.#rssBefore = guards.memory.use.rss;
    observe({ type: 'call_waited', lane, priority, waitMs: this.#waitMs });
    this.start(guards.adaptive.limits(lane, what, timeouts));
    return run(this);
  }

  succeeded(): void {
    if (this.isKilled) this.#deps.observe({ type: 'late_result', lane: this.#call.lane });
    else this.#tell(null);
    this.#over();
  }

  failed(error: unknown): unknown {
    // An aborted provider or tool throws its own kind of error; the reason of the abort is the truth.
    const told = this.abortReason ?? error;
    this.#tell(told);
    this.#over();
    return told;
  }

  refused(reason: unknown): void {
    this.#tell(reason);
  }

  protected onPhase(phase: TimeoutPhase): void {
    const { observe, guards } = this.#deps;
    const { lane, what } = this.#call;
    const { runId, startedAt } = this.span;
    const { limitMs = 0, reason: limitReason = '' } = this.limits ?? {};
    this.#noteStart();
    this.span.event('timeout', { phase });
    guards.late.set(lane, this, { what, runId, phase, startedAt: startedAt + this.#waitMs, limitMs, limitReason });
    observe({ type: 'call_timeout', lane, phase, what, runId });
    observe({ type: 'lane_changed', lane });
  }

  protected onKilled(reason: Error): void {
    this.#tell(reason);
    this.#slot?.reject(reason);
  }

  #over(): void {
    const { lane } = this.#call;
    this.end();
    if (this.#deps.guards.late.delete(lane, this)) this.#deps.observe({ type: 'lane_changed', lane });
  }

  #noteStart(): void {
    if (this.#isStartNoted || this.#slot === null) return;
    this.#isStartNoted = true;
    this.span.event('acquired_slot', { global: this.#global, lane: this.#inLane }, this.#waitMs);
    this.span.event('execution_started', {}, this.#waitMs);
  }

  /** Closes the span and tells how the call ended, once. */
  #tell(error: unknown): void {
    const { span } = this;
    if (span.ended) return;
    const { observe, guards } = this.#deps;
    const { lane, what } = this.#call;
    const workedMs = this.#slot === null ? null : this.workedMs;
    const result = error === null ? 'success' : resultOf(error);
    const reason = error === null ? null : rejectionOf(error);
    const durationMs = span.elapsedMs();
    if (reason !== null) observe({ type: 'call_rejected', lane, reason });
    this.#noteStart();
    if (this.#slot !== null) {
      if (error === null) span.event('execution_succeeded');
      else span.event('execution_failed', { error: messageOf(error) });
    }
    guards.statistics.record(lane, result, workedMs);
    if (result === 'success' && workedMs !== null) guards.adaptive.record(lane, what, workedMs);
    this.#tellLoad(error);
    span.event('call_completed', { status: result, duration_ms: durationMs });
    span.end({
      status: result === 'success' ? 'ok' : result === 'cancelled' ? 'cancelled' : 'error',
      ...(error === null ? {} : { error: messageOf(error) }),
      attributes: this.#attributes(durationMs),
    });
    observe({ type: 'call_ended', lane, result, durationMs, ownMs: Math.max(0, durationMs - (workedMs ?? 0)) });
  }

  #attributes(durationMs: number): Attributes {
    if (this.#slot === null) return { 'haios.duration_ms': durationMs };
    return {
      'haios.wait_ms': this.#waitMs,
      'haios.duration_ms': durationMs,
      'haios.concurrency.global': this.#global,
      'haios.concurrency.lane': this.#inLane,
      'haios.memory_delta_bytes': this.#deps.guards.memory.use.rss - this.#rssBefore,
    };
  }

  #tellLoad(error: unknown): void {
    const { load } = this.#deps.guards;
    if (load.lane !== this.#call.lane) return;
    if (error === null) load.succeeded();
    else if (isHaiosError(error, 'PROVIDER_UNAVAILABLE')) {
      const status = numberOr(error.details['status']);
      const retryAfterMs = numberOr(error.details['retryAfterMs']);
      if (retryAfterMs !== null || (status !== null && overloads.has(status))) {
        load.overloaded({ status, retryAfterMs });
      }
    }
  }
}

const names = byLane((lane) => `worker_call:${lane}`);
/** What every call of a lane and priority begins with, shared by all of them. */
const attributes = byLane((lane): Readonly<Record<Priority, Attributes>> => {
  const of = (priority: Priority): Attributes => ({ 'haios.lane': lane, 'haios.priority': priority });
  return { high: of('high'), normal: of('normal'), low: of('low') };
});

function byLane<T>(make: (lane: LaneName) => T): Readonly<Record<LaneName, T>> {
  return Object.fromEntries(laneNames.map((lane) => [lane, make(lane)])) as Record<LaneName, T>;
}

/** Too many requests, unavailable for now, overloaded. */
const overloads: ReadonlySet<number> = new Set([429, 503, 529]);

function numberOr(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function resultOf(error: unknown): CallResult {
  if (isAbort(error)) return 'cancelled';
  if (isHaiosError(error, 'TIMEOUT')) return 'timeout';
  return rejectionOf(error) === null ? 'failure' : 'refused';
}

type Rejection = Extract<CoreEvent, { type: 'call_rejected' }>['reason'];

const rejections: Partial<Record<ErrorCode, Rejection>> = {
  QUEUE_FULL: 'queue_full',
  MEMORY_LIMIT: 'memory',
  BUDGET_EXCEEDED: 'budget',
  LEDGER_UNAVAILABLE: 'budget',
  LEDGER_DAMAGED: 'budget',
  QUOTA_EXCEEDED: 'quota',
  LANE_DRAINING: 'draining',
  LANE_CYCLE: 'cycle',
};

function rejectionOf(error: unknown): Rejection | null {
  return error instanceof HaiosError ? (rejections[error.code] ?? null) : null;
}
