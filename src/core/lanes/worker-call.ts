import type { LaneName, Priority } from '../../catalogue/lanes.ts';
import { isAbort, isHaiosError, messageOf } from '../errors.ts';
import type { Observer } from '../events.ts';
import type { Clock } from '../ports.ts';
import type { Span, Tracer } from '../trace.ts';
import type { MemoryGuard } from './memory-guard.ts';
import type { Scheduler, Slot } from './scheduler.ts';
import { withTimeout, type TimedContext, type TimeoutLimits } from './timeout.ts';

export interface WorkerCall<T> {
  readonly lane: LaneName;
  readonly priority: Priority;
  readonly tracer: Tracer;
  readonly parent: Span;
  readonly signal: AbortSignal;
  readonly timeout: TimeoutLimits;
  /** The work, inside its slot. It reserves, sends and settles by itself (a free call does none of it). */
  readonly run: (context: TimedContext & { readonly span: Span }) => Promise<T>;
}

export interface WorkerCallDeps {
  readonly scheduler: Scheduler;
  readonly memory: MemoryGuard;
  readonly clock: Clock;
  readonly observe: Observer;
}

/**
 * One guarded unit of work: memory guard → lane slot → work under a timeout → slot back, always. Its span is
 * `worker_call:{lane}`. Throws what the work threw, QUEUE_FULL, MEMORY_LIMIT, TIMEOUT, or the abort's reason.
 */
export async function workerCall<T>(call: WorkerCall<T>, deps: WorkerCallDeps): Promise<T> {
  const { scheduler, memory, clock, observe } = deps;
  const { lane, priority } = call;
  const span = call.tracer.start({
    name: `worker_call:${lane}`,
    kind: 'worker_call',
    parent: call.parent,
    lane,
    attributes: { 'haios.lane': lane, 'haios.priority': priority },
  });
  let slot: Slot | undefined;
  let result: 'success' | 'failure' | 'timeout' | 'cancelled' | 'refused' = 'failure';
  let failure: unknown;
  try {
    memory.check();
    slot = await scheduler.acquire(lane, priority, call.signal);
    const waitMs = span.elapsedMs();
    observe({ type: 'call_waited', lane, priority, waitMs });
    const before = memory.use.rss;
    span.set({
      'haios.wait_ms': waitMs,
      'haios.concurrency.global': slot.concurrency.global,
      'haios.concurrency.lane': slot.concurrency.lane,
    });
    span.event('acquired_slot', { global: slot.concurrency.global, lane: slot.concurrency.lane });
    span.event('execution_started');
    const value = await withTimeout(
      clock,
      call.timeout,
      call.signal,
      (phase) => {
        span.event('timeout', { phase });
        observe({ type: 'call_timeout', lane, phase, what: lane, runId: span.row().runId });
      },
      (timed) => call.run({ ...timed, span }),
    );
    span.set({ 'haios.memory_delta_bytes': memory.use.rss - before });
    span.event('execution_succeeded');
    result = 'success';
    return value;
  } catch (error) {
    failure = error;
    result = resultOf(error);
    const reason = rejectionOf(error);
    if (reason !== null) observe({ type: 'call_rejected', lane, reason });
    if (slot !== undefined) span.event('execution_failed', { error: messageOf(error) });
    throw error;
  } finally {
    slot?.release();
    const durationMs = span.elapsedMs();
    span.event('call_completed', { status: result, duration_ms: durationMs });
    span.end({
      status: result === 'success' ? 'ok' : result === 'cancelled' ? 'cancelled' : 'error',
      ...(failure === undefined ? {} : { error: messageOf(failure) }),
      attributes: { 'haios.duration_ms': durationMs },
    });
    observe({ type: 'call_ended', lane, result, durationMs });
  }
}

function resultOf(error: unknown): 'failure' | 'timeout' | 'cancelled' | 'refused' {
  if (isAbort(error)) return 'cancelled';
  if (isHaiosError(error, 'TIMEOUT')) return 'timeout';
  return rejectionOf(error) === null ? 'failure' : 'refused';
}

function rejectionOf(error: unknown): 'queue_full' | 'memory' | 'budget' | 'quota' | null {
  if (isHaiosError(error, 'QUEUE_FULL')) return 'queue_full';
  if (isHaiosError(error, 'MEMORY_LIMIT')) return 'memory';
  if (isHaiosError(error, 'QUOTA_EXCEEDED')) return 'quota';
  if (
    isHaiosError(error, 'BUDGET_EXCEEDED') ||
    isHaiosError(error, 'LEDGER_UNAVAILABLE') ||
    isHaiosError(error, 'LEDGER_DAMAGED')
  ) {
    return 'budget';
  }
  return null;
}
