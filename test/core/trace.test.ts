import assert from 'node:assert/strict';
import type { CoreEvent } from '../../src/core/events.ts';
import { rowOf, Tracer, type Span } from '../../src/core/trace.ts';
import { countingIds, fakeClock } from '../support/fake-clock.ts';

function setUp() {
  const clock = fakeClock(1_000);
  const events: CoreEvent[] = [];
  const common = { 'haios.run_id': 'run', 'haios.agent': 'a' };
  const run = { traceId: 't'.repeat(32), runId: 'run', common };
  const tracer = new Tracer(run, clock, countingIds(), (event) => void events.push(event));
  const start = (parent: Span | null, over = {}): Span =>
    tracer.start({ name: 'worker_call:critic', kind: 'worker_call', parent, lane: 'critic', ...over });
  return { clock, events, start };
}

describe('core: spans', () => {
  it('are their own row at any time, and a copy of it does not change', async () => {
    const { clock, events, start } = setUp();
    const parent = start(null, { taskId: 'task' });
    const span = start(parent, { attributes: { a: 1, 'haios.agent': 'b' } });
    const early = rowOf(span);
    await clock.advance(5);
    span.set({ a: 2 });
    span.set({ c: true });
    span.event('first', { x: 1 });
    span.event('second');
    await clock.advance(7);
    span.end({ status: 'error', error: 'E', tokens: 3, nusd: 4, estimated: true, attributes: { d: 'e' } });
    assert.deepEqual(rowOf(span.row()), {
      traceId: 't'.repeat(32),
      spanId: '0000000000000002',
      parentSpanId: parent.spanId,
      runId: 'run',
      taskId: 'task',
      name: 'worker_call:critic',
      kind: 'worker_call',
      stage: null,
      lane: 'critic',
      status: 'error',
      startedAt: 1_000,
      durationMs: 12,
      tokens: 3,
      nusd: 4,
      estimated: true,
      error: 'E',
      attributes: {
        ...{ 'haios.run_id': 'run', 'haios.agent': 'b', 'haios.task_id': 'task', a: 2, c: true, d: 'e' },
        ...{ 'haios.status': 'error', 'haios.error': 'E' },
      },
      events: [
        { name: 'first', at: 1_005, attributes: { x: 1 } },
        { name: 'second', at: 1_005, attributes: {} },
      ],
      children: 0,
    });
    assert.deepEqual([early.status, early.durationMs, early.attributes['a'], early.events], ['running', null, 1, []]);
    assert.deepEqual(
      events.map(({ type }) => type),
      ['span_started', 'span_started', 'span_ended'],
    );
  });

  it('end once: what comes later changes nothing and is not told', () => {
    const { events, start } = setUp();
    const span = start(null);
    span.end({ status: 'ok', payload: { input: 'in', output: 'out' } });
    const row = rowOf(span);
    span.end({ status: 'error', error: 'late' });
    span.set({ late: 1 });
    span.event('late');
    assert.deepEqual(rowOf(span), row);
    const ends = events.filter((event) => event.type === 'span_ended');
    assert.deepEqual(
      ends.map(({ payload }) => payload),
      [{ input: 'in', output: 'out' }],
    );
  });
});
