import assert from 'node:assert/strict';
import { Deadlines } from '../../../src/core/lanes/deadlines.ts';
import { TimedWork, type TimeoutPhase } from '../../../src/core/lanes/timeout.ts';
import { fakeClock, type FakeClock } from '../../support/fake-clock.ts';

const limits = { limitMs: 100, factor: 1.5, graceMs: 20, reason: 'timeouts.default_ms' };
const never = new AbortController().signal;

class Timed extends TimedWork {
  readonly phases: [TimeoutPhase, number][] = [];
  killedWith: Error | null = null;
  readonly #now: () => number;

  constructor(clock: FakeClock, outer: AbortSignal) {
    super(clock, new Deadlines(clock), outer);
    this.#now = () => clock.monotonic();
    this.start(limits);
  }
  protected onPhase(phase: TimeoutPhase): void {
    this.phases.push([phase, this.#now()]);
  }
  protected onKilled(reason: Error): void {
    this.killedWith = reason;
  }
}

function timed(clock: FakeClock, outer: AbortSignal = never): { work: Timed; heard: Timed } {
  const work = new Timed(clock, outer);
  return { work, heard: work };
}

describe('TimedWork', () => {
  it('warns at the limit, aborts at limit × factor, kills after the grace, and says so', async () => {
    const clock = fakeClock();
    const { work, heard } = timed(clock);
    let kills = 0;
    work.onKill(() => kills++);
    const aborts: unknown[] = [];
    work.signal.addEventListener('abort', () => aborts.push(work.signal.reason));
    await clock.advance(500);
    assert.deepEqual(heard.phases, [
      ['warning', 100],
      ['abort', 150],
      ['kill', 170],
    ]);
    assert.equal(kills, 1);
    assert.deepEqual(aborts, [heard.killedWith]);
    assert.match(
      heard.killedWith?.message ?? '',
      /longer than 0\.15 s \(timeouts\.default_ms × timeouts\.escalation_factor\)/,
    );
    assert.equal(clock.pending(), 0);
  });

  it('kills nothing when the work ends within its grace, and leaves no timer behind', async () => {
    const clock = fakeClock();
    const { work, heard } = timed(clock);
    work.onKill(() => assert.fail('killed'));
    await clock.advance(160);
    work.end();
    assert.equal(clock.pending(), 0);
    await clock.advance(500);
    assert.deepEqual(
      heard.phases.map(([phase]) => phase),
      ['warning', 'abort'],
    );
  });

  it('does not time what comes after the end of the work', async () => {
    const clock = fakeClock();
    const { work, heard } = timed(clock);
    await clock.advance(160);
    work.end();
    work.end();
    await clock.advance(500);
    assert.deepEqual([heard.killedWith, work.workedMs, work.abortReason?.name], [null, 160, 'HaiosError']);
  });

  it('kills at once what registers after the kill, and nothing that was taken back', async () => {
    const clock = fakeClock();
    const { work } = timed(clock);
    work.onKill(() => assert.fail('killed'))();
    await clock.advance(200);
    let late = 0;
    work.onKill(() => late++);
    assert.deepEqual([late, work.isKilled], [1, true]);
  });

  it('does not count what is off the clock, and nests', async () => {
    const clock = fakeClock();
    const { work, heard } = timed(clock);
    const wait = (ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, resolve));
    const done = (async () => {
      await wait(60);
      await work.offTheClock(() => work.offTheClock(() => wait(10_000)));
      await wait(60);
      return work.workedMs;
    })();
    await clock.advance(10_090);
    assert.deepEqual(heard.phases, []);
    await clock.advance(30);
    assert.deepEqual(heard.phases, [['warning', 10_100]]);
    assert.equal(await done, 120);
    work.end();
    assert.equal(work.workedMs, 120);
  });

  it('follows the outer signal with its reason, and kills what ignores it after the grace', async () => {
    const clock = fakeClock();
    const outer = new AbortController();
    const { work, heard } = timed(clock, outer.signal);
    let kills = 0;
    work.onKill(() => kills++);
    const reason = new Error('a person stopped it');
    outer.abort(reason);
    assert.deepEqual([work.signal.aborted, work.signal.reason, kills], [true, reason, 0]);
    await clock.advance(20);
    assert.deepEqual([heard.phases, kills, heard.killedWith], [[['kill', 20]], 1, reason]);
  });

  it('is aborted from the start when its scope is', () => {
    const outer = new AbortController();
    outer.abort(new Error('before'));
    const { work } = timed(fakeClock(), outer.signal);
    assert.match(String(work.signal.reason), /before/);
    work.end();
  });

  it('an abort while it stands still goes on to the kill: who was asked is not asked any more', async () => {
    const clock = fakeClock();
    const outer = new AbortController();
    const { work, heard } = timed(clock, outer.signal);
    void work.offTheClock(() => new Promise(() => undefined));
    work.onKill(() => undefined);
    await clock.advance(10_000);
    outer.abort(new Error('cancelled'));
    await clock.advance(20);
    assert.deepEqual(heard.phases, [['kill', 10_020]]);
  });

  it('is not fooled by a wall clock that jumps back an hour or forward a day (FAULTS 6)', async () => {
    const clock = fakeClock();
    const { work, heard } = timed(clock);
    clock.setWall(clock.now() + 86_400_000);
    await clock.advance(90);
    clock.setWall(clock.now() - 3_600_000);
    assert.deepEqual(heard.phases, []);
    await clock.advance(20);
    assert.deepEqual(heard.phases, [['warning', 100]]);
    work.end();
  });
});
