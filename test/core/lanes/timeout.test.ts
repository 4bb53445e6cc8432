import assert from 'node:assert/strict';
import { withTimeout, type TimeoutPhase } from '../../../src/core/lanes/timeout.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const limits = { limitMs: 100, factor: 1.5 };
const never = new AbortController().signal;
const unexpected = (phase: TimeoutPhase): void => assert.ok(false, `unexpected ${phase}`);
const untilAborted = ({ signal }: { signal: AbortSignal }): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('torn down'))));

describe('withTimeout', () => {
  it('warns at the limit, aborts at limit × factor, and says so', async () => {
    const clock = fakeClock();
    const phases: [TimeoutPhase, number][] = [];
    const outcome = assert.rejects(
      withTimeout(clock, limits, never, (phase) => phases.push([phase, clock.monotonic()]), untilAborted),
      { code: 'TIMEOUT', message: /longer than 0\.15 s/ },
    );
    await clock.advance(200);
    await outcome;
    assert.deepEqual(phases, [
      ['warning', 100],
      ['abort', 150],
    ]);
    assert.equal(clock.pending(), 0);
  });

  it('leaves no timer behind when the work ends in time, and passes its result on', async () => {
    const clock = fakeClock();
    assert.equal(await withTimeout(clock, limits, never, unexpected, () => Promise.resolve(7)), 7);
    assert.equal(clock.pending(), 0);
  });

  it('does not count what is off the clock', async () => {
    const clock = fakeClock();
    const phases: TimeoutPhase[] = [];
    const wait = (ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, resolve));
    const done = withTimeout(
      clock,
      limits,
      never,
      (phase) => phases.push(phase),
      async ({ offTheClock }) => {
        await wait(60);
        await offTheClock(() => wait(10_000));
        await wait(60);
        return 'done';
      },
    );
    await clock.advance(10_090);
    assert.deepEqual(phases, []);
    await clock.advance(30);
    assert.deepEqual(phases, ['warning']);
    assert.equal(await done, 'done');
  });

  it('follows the outer signal and gives its reason', async () => {
    const clock = fakeClock();
    const outer = new AbortController();
    const outcome = assert.rejects(withTimeout(clock, limits, outer.signal, unexpected, untilAborted), /torn down/);
    outer.abort(new Error('a person stopped it'));
    await outcome;
    assert.equal(clock.pending(), 0);
  });

  it('is not fooled by a wall clock that jumps (FAULTS 6)', async () => {
    const clock = fakeClock();
    const phases: TimeoutPhase[] = [];
    const done = withTimeout(
      clock,
      limits,
      never,
      (phase) => phases.push(phase),
      () => new Promise<string>((resolve) => clock.after(80, () => resolve('ok'))),
    );
    clock.setWall(clock.now() + 86_400_000);
    await clock.advance(90);
    assert.deepEqual([await done, phases], ['ok', []]);
  });
});
