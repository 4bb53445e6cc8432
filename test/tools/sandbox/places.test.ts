import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Places, type PoolFigures, type Release } from '../../../src/tools/sandbox/places.ts';

interface Trial {
  readonly places: Places;
  readonly told: string[];
  readonly figures: PoolFigures[];
}

function open(limit: number): Trial {
  const told: string[] = [];
  const figures: PoolFigures[] = [];
  const places = new Places(limit, {
    onTaken: () => told.push('taken'),
    onExhausted: () => told.push('exhausted'),
    onChanged: (now) => figures.push(now),
  });
  return { places, told, figures };
}

const never = new AbortController().signal;

describe('places of a sandbox pool', () => {
  it('are handed straight to the next in line, first come first served', async () => {
    const { places, told } = open(1);
    const order: number[] = [];
    const first = await places.take(never);
    const others = [1, 2, 3].map((n) =>
      places.take(never).then((release) => {
        order.push(n);
        return release;
      }),
    );
    assert.deepEqual(places.figures, { total: 1, available: 0, waiting: 3 });
    first();
    first();
    assert.deepEqual(places.figures, { total: 1, available: 0, waiting: 2 });
    (await others[0])?.();
    (await others[1])?.();
    (await others[2])?.();
    assert.deepEqual(order, [1, 2, 3]);
    assert.deepEqual(places.figures, { total: 1, available: 1, waiting: 0 });
    assert.deepEqual(told, ['taken', 'exhausted', 'exhausted', 'exhausted', 'taken', 'taken', 'taken']);
  });

  it('are given up by an abort while waiting, at once, and refused after one', async () => {
    const { places } = open(1);
    const release = await places.take(never);
    const abort = new AbortController();
    const waiting = places.take(abort.signal);
    abort.abort();
    assert.equal(places.figures.waiting, 0);
    await assert.rejects(waiting, { code: 'CANCELLED' });
    await assert.rejects(places.take(abort.signal), { code: 'CANCELLED' });
    release();
    assert.deepEqual(places.figures, { total: 1, available: 1, waiting: 0 });
  });

  it('follow a limit that changes while work runs', async () => {
    const { places, figures } = open(1);
    const held = [await places.take(never)];
    const waiting = [1, 2, 3].map(() => places.take(never));
    places.setLimit(3);
    assert.deepEqual(figures.at(-1), { total: 3, available: 0, waiting: 1 });
    held.push(...(await Promise.all(waiting.slice(0, 2))));
    places.setLimit(2);
    assert.deepEqual(places.figures, { total: 2, available: 0, waiting: 1 });
    held[0]?.();
    assert.equal(places.figures.waiting, 1, 'three were at work, two may be: nobody enters');
    held[1]?.();
    (await waiting[2])?.();
    held[2]?.();
    assert.deepEqual(places.figures, { total: 2, available: 2, waiting: 0 });
  });

  it('keep limit, order and count, whatever is done with them', async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constant({ do: 'take' } as const) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('release' as const), at: fc.nat(9) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('abort' as const), at: fc.nat(9) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('limit' as const), limit: fc.integer({ min: 1, max: 5 }) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        let limit = 2;
        let asked = 0;
        let active = 0;
        const entered: number[] = [];
        const held: Release[] = [];
        const waiting = new Map<number, AbortController>();
        const places = new Places(limit, {
          onTaken() {
            active += 1;
            assert.ok(active <= limit, 'over the limit');
          },
          onExhausted: () => undefined,
          onChanged: () => undefined,
        });
        const take = (): void => {
          const n = asked++;
          const abort = new AbortController();
          waiting.set(n, abort);
          places.take(abort.signal).then(
            (release) => {
              waiting.delete(n);
              entered.push(n);
              held.push(release);
            },
            () => waiting.delete(n),
          );
        };
        const release = (at: number): void => {
          const [one] = held.splice(at % Math.max(1, held.length), 1);
          if (one === undefined) return;
          active -= 1;
          one();
          one();
        };
        for (const next of steps) {
          if (next.do === 'take') take();
          else if (next.do === 'release') release(next.at);
          else if (next.do === 'abort') [...waiting.values()][next.at]?.abort();
          else places.setLimit((limit = next.limit));
          await new Promise(setImmediate);
          assert.equal(places.figures.waiting, waiting.size);
          assert.equal(places.figures.available, Math.max(0, limit - active));
          assert.ok(waiting.size === 0 || active >= limit, 'one waits beside a free place');
        }
        while (held.length > 0) {
          release(0);
          await new Promise(setImmediate);
        }
        assert.deepEqual(
          entered,
          [...entered].sort((a, b) => a - b),
        );
        assert.deepEqual(places.figures, { total: limit, available: limit, waiting: 0 });
      }),
      { numRuns: 200 },
    );
  });
});
