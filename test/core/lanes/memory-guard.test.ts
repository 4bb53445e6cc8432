import assert from 'node:assert/strict';
import { MemoryGuard } from '../../../src/core/lanes/memory-guard.ts';

const limits = { guards: true, maxRssBytes: 1000, heapWarningBytes: 400 };
const use = (rss: number, heap = 0) => ({ rss, heap, external: 0 });

describe('MemoryGuard', () => {
  it('refuses over the limit and until memory is a tenth below it', () => {
    const guard = new MemoryGuard(limits);
    guard.sample(use(1000));
    guard.check();
    guard.sample(use(1001));
    assert.throws(() => guard.check(), { code: 'MEMORY_LIMIT' });
    guard.sample(use(950));
    assert.throws(() => guard.check(), { code: 'MEMORY_LIMIT' });
    guard.sample(use(900));
    guard.check();
  });

  it('warns once each time the heap goes over its threshold', () => {
    const warnings: number[] = [];
    const guard = new MemoryGuard(limits, ({ heap }) => warnings.push(heap));
    for (const heap of [300, 401, 500, 400, 450]) guard.sample(use(0, heap));
    assert.deepEqual(warnings, [401, 450]);
  });

  it('refuses nothing when guards are off', () => {
    const guard = new MemoryGuard({ ...limits, guards: false });
    guard.sample(use(5000));
    guard.check();
  });
});
