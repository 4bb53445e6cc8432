import assert from 'node:assert/strict';
import { Tracer } from '../../src/core/trace.ts';
import { LiveTrace } from '../../src/runtime/live-trace.ts';
import { countingIds, fakeClock } from '../support/fake-clock.ts';
import { span as stored } from '../storage/support/rows.ts';

describe('runtime: the live trace', () => {
  it('shows spans as they are now, over what is stored, as plain data', () => {
    const live = new LiveTrace();
    const run = { traceId: 't'.repeat(32), runId: 'run', common: {} };
    const tracer = new Tracer(run, fakeClock(), countingIds(), (event) => live.observe(event));
    const plan = tracer.start({ name: 'plan', kind: 'plan', parent: null });
    const child = tracer.start({ name: 'task', kind: 'task', parent: plan });
    child.set({ a: 1 });
    const row = stored(plan.spanId, 'run', { startedAt: 0 });
    const old = stored('f'.repeat(16), 'run', { startedAt: 1, parentSpanId: plan.spanId });
    const seen = live.merge('run', [row, old], undefined);
    assert.deepEqual(
      seen.map(({ spanId, status, children }) => [spanId, status, children]),
      [
        [old.spanId, 'ok', 0],
        [plan.spanId, 'running', 1],
        [child.spanId, 'running', 0],
      ],
    );
    assert.deepEqual(structuredClone(seen), seen);
    child.end({ status: 'ok', attributes: { b: 2 } });
    const [shown] = live.merge('run', [], plan.spanId);
    assert.deepEqual([shown?.status, shown?.attributes['a'], shown?.attributes['b']], ['ok', 1, 2]);
    live.forget('run');
    assert.deepEqual(live.merge('run', [row], undefined), [row]);
  });

  it('is bounded', () => {
    const live = new LiveTrace();
    const run = { traceId: 't'.repeat(32), runId: 'run', common: {} };
    const tracer = new Tracer(run, fakeClock(), countingIds(), (event) => live.observe(event));
    for (let n = 0; n < 6_000; n += 1) tracer.start({ name: 'task', kind: 'task', parent: null });
    assert.equal(live.merge('run', [], undefined).length, 5_000);
  });
});
