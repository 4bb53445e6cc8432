import type { LaneName, Priority } from '../../catalogue/lanes.ts';
import type { ErrorCode } from '../../catalogue/errors.ts';
import { HaiosError, isAbort, isHaiosError, messageOf } from '../errors.ts';
import type { CoreEvent, Observer } from '../events.ts';
import type { Clock } from '../ports.ts';
import type { Span, Tracer } from '../trace.ts';
import type { AdaptiveTimeouts, TimeoutSettings } from './adaptive-timeouts.ts';
import type { Slot } from './call.ts';
import type { LateCalls } from './late-calls.ts';
import type { LoadControl } from './load.ts';
import type { MemoryGuard } from './memory-guard.ts';
import type { Scheduler } from './scheduler.ts';
import type { Scope } from './scope.ts';
import type { CallResult, LaneStatistics } from './statistics.ts';
import { TimedWork, type TimedContext, type TimedEvents, type TimeoutLimits, type TimeoutPhase } from './timeout.ts';

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
  return new GuardedCall(call, deps).promise;
}

class GuardedCall<T> implements TimedEvents {
  readonly promise: Promise<T>;
  readonly #call: WorkerCall<T>;
  readonly #deps: WorkerCallDeps;
  readonly #span: Span;
  #reject: (reason: unknown) => void = () => undefined;
  #timed: TimedWork | null = null;
  #limits: TimeoutLimits | null = null;
  #startedAt = 0;
  #rssBefore = 0;
  #told = false;

  constructor(call: WorkerCall<T>, deps: WorkerCallDeps) {
    this.#call = call;
    this.#deps = deps;
    const { lane, priority } = call;
    this.#span = call.tracer.start({
      name: `worker_call:${lane}`,
      kind: 'worker_call',
      parent: call.parent,
      lane,
      attributes: { 'haios.lane': lane, 'haios.priority': priority },
    });
    this.promise = new Promise<T>((resolve, reject) => {
      this.#reject = reject;
      this.#enter().then(resolve, (error: unknown) => {
        this.#tell(error);
        reject(error instanceof Error ? error : new HaiosError('INTERNAL', messageOf(error)));
      });
    });
  }

  #enter(): Promise<T> {
    const { scheduler, memory } = this.#deps.guards;
    const { lane, scope, priority, inside } = this.#call;
    try {
      memory.check();
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new HaiosError('INTERNAL', messageOf(error)));
    }
    return scheduler.run(lane, scope, priority, (slot) => this.#work(slot), inside ?? null);
  }

  /** Settles when the work is really over, so that the slot is held until then. */
  async #work(slot: Slot): Promise<T> {
    const { clock, observe, guards } = this.#deps;
    const { memory, adaptive, late } = guards;
    const { lane, priority, what, signal, run, timeouts } = this.#call;
    const span = this.#span;
    const waitMs = span.elapsedMs();
    const { global, lane: inLane } = slot.concurrency;
    observe({ type: 'call_waited', lane, priority, waitMs });
    this.#rssBefore = memory.use.rss;
    this.#startedAt = clock.now();
    this.#limits = adaptive.limits(lane, what, timeouts);
    span.set({ 'haios.wait_ms': waitMs, 'haios.concurrency.global': global, 'haios.concurrency.lane': inLane });
    span.event('acquired_slot', { global, lane: inLane });
    span.event('execution_started');
    const timed = new TimedWork(clock, this.#limits, signal, this);
    this.#timed = timed;
    try {
      const value = await run(new Inside(timed, span, slot));
      if (timed.isKilled) observe({ type: 'late_result', lane });
      else this.#tell(null);
      return value;
    } catch (error) {
      // An aborted provider or tool throws its own kind of error; the reason of the abort is the truth.
      const failure = timed.abortReason ?? error;
      this.#tell(failure);
      throw failure;
    } finally {
      timed.end();
      if (late.delete(lane, this)) observe({ type: 'lane_changed', lane });
    }
  }

  onPhase(phase: TimeoutPhase): void {
    const { observe, guards } = this.#deps;
    const { lane, what } = this.#call;
    const { runId } = this.#span.row();
    this.#span.event('timeout', { phase });
    guards.late.set(lane, this, {
      what,
      runId,
      phase,
      startedAt: this.#startedAt,
      limitMs: this.#limits?.limitMs ?? 0,
      limitReason: this.#limits?.reason ?? '',
    });
    observe({ type: 'call_timeout', lane, phase, what, runId });
    observe({ type: 'lane_changed', lane });
  }

  onKilled(reason: Error): void {
    this.#tell(reason);
    this.#reject(reason);
  }

  /** Closes the span and tells how the call ended, once. */
  #tell(error: unknown): void {
    if (this.#told) return;
    this.#told = true;
    const { observe, guards } = this.#deps;
    const { memory, statistics, adaptive } = guards;
    const { lane, what } = this.#call;
    const span = this.#span;
    const timed = this.#timed;
    const workedMs = timed?.workedMs ?? null;
    const result = error === null ? 'success' : resultOf(error);
    const reason = error === null ? null : rejectionOf(error);
    const durationMs = span.elapsedMs();
    if (reason !== null) observe({ type: 'call_rejected', lane, reason });
    if (timed !== null) {
      span.set({ 'haios.memory_delta_bytes': memory.use.rss - this.#rssBefore });
      if (error === null) span.event('execution_succeeded');
      else span.event('execution_failed', { error: messageOf(error) });
    }
    statistics.record(lane, result, workedMs);
    if (result === 'success' && workedMs !== null) adaptive.record(lane, what, workedMs);
    this.#tellLoad(error);
    span.event('call_completed', { status: result, duration_ms: durationMs });
    span.end({
      status: result === 'success' ? 'ok' : result === 'cancelled' ? 'cancelled' : 'error',
      ...(error === null ? {} : { error: messageOf(error) }),
      attributes: { 'haios.duration_ms': durationMs },
    });
    observe({ type: 'call_ended', lane, result, durationMs, ownMs: Math.max(0, durationMs - (workedMs ?? 0)) });
  }

  #tellLoad(error: unknown): void {
    const { load } = this.#deps.guards;
    if (load.lane !== this.#call.lane) return;
    if (error === null) load.succeeded();
    else if (isHaiosError(error, 'PROVIDER_UNAVAILABLE')) {
      const status = numberOr(error.details['status']);
      const retryAfterMs = numberOr(error.details['retryAfterMs']);
      if (retryAfterMs !== null || (status !== null && overloads.has(status)))
        load.overloaded({ status, retryAfterMs });
    }
  }
}

/** What the work sees of its call. */
class Inside implements WorkContext {
  readonly span: Span;
  readonly slot: Slot;
  readonly #timed: TimedWork;

  constructor(timed: TimedWork, span: Span, slot: Slot) {
    this.#timed = timed;
    this.span = span;
    this.slot = slot;
  }

  get signal(): AbortSignal {
    return this.#timed.signal;
  }
  offTheClock<T>(wait: () => Promise<T>): Promise<T> {
    return this.#timed.offTheClock(wait);
  }
  onKill(kill: () => void): () => void {
    return this.#timed.onKill(kill);
  }
  end(): void {
    this.#timed.end();
  }
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
