import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { realClock } from '../../../src/runtime/platform.ts';
import { ThreadPool, type JobCall } from '../../../src/tools/sandbox/threads.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import type { OddAnswer, OddJob } from '../../support/odd-worker.ts';
import { until } from '../../support/runtime.ts';

type Pool = ThreadPool<OddJob, OddAnswer>;

const pools: Pool[] = [];
function open(over: Partial<ConstructorParameters<typeof ThreadPool>[0]> = {}): Pool {
  const pool: Pool = new ThreadPool({
    path: fileURLToPath(new URL('../../support/odd-worker.ts', import.meta.url)),
    threads: 2,
    clock: realClock,
    idleMs: 60_000,
    onTaken: () => undefined,
    onExhausted: () => undefined,
    onChanged: () => undefined,
    ...over,
  });
  pools.push(pool);
  return pool;
}

function call(over: Partial<JobCall> = {}): JobCall {
  return {
    signal: new AbortController().signal,
    onKill: () => () => undefined,
    used: () => undefined,
    timeoutMs: 60_000,
    ...over,
  };
}

const echo = { op: 'echo', text: 'hello' } as const;
const shared = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(4 * length));

/** A job that never ends; resolves once it is in its loop, with what kills it. */
async function loop(pool: Pool, over: Partial<JobCall> = {}): Promise<{ ended: Promise<unknown>; kill: () => void }> {
  const started = shared(1);
  const kills = new Set<() => void>();
  const onKill: JobCall['onKill'] = (kill) => {
    kills.add(kill);
    return () => kills.delete(kill);
  };
  const ended = pool.run({ op: 'loop', started }, call({ onKill, ...over }));
  ended.catch(() => undefined);
  await until('the thread is in its loop', () => Atomics.load(started, 0) === 1);
  return { ended, kill: () => kills.forEach((kill) => kill()) };
}

describe('the pool of threads', function () {
  this.timeout(60_000);
  afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.close())));

  it('starts a thread when it is needed, and uses it again', async () => {
    const pool = open();
    assert.equal(pool.living, 0);
    const first = await pool.run(echo, call());
    const second = await pool.run(echo, call());
    assert.deepEqual([first.text, second.thread], ['hello', first.thread]);
    assert.equal(pool.living, 1);
  });

  it('never works on more jobs than it has threads, and serves them in their order', async () => {
    const pool = open({ threads: 3 });
    const counters = shared(2);
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 40 }, (_, n) => pool.run({ op: 'count', counters }, call()).then(() => order.push(n))),
    );
    assert.equal(counters[0], 0);
    assert.ok((counters[1] ?? 0) <= 3, `${counters[1]} at once`);
    assert.equal(pool.living, 3);
    // Of three at work any may end first: none is more than two places before its turn.
    order.forEach((n, at) => assert.ok(n - at <= 2, order.join()));

    const single = open({ threads: 1 });
    const strict: number[] = [];
    await Promise.all([0, 1, 2, 3].map((n) => single.run(echo, call()).then(() => strict.push(n))));
    assert.deepEqual(strict, [0, 1, 2, 3]);
  });

  it('lets a job that is aborted while it waits leave the line', async () => {
    const pool = open({ threads: 1 });
    const { kill } = await loop(pool);
    const abort = new AbortController();
    const waiting = pool.run(echo, call({ signal: abort.signal }));
    const next = pool.run(echo, call());
    assert.equal(pool.figures.waiting, 2);
    abort.abort();
    assert.equal(pool.figures.waiting, 1);
    await assert.rejects(waiting, { code: 'CANCELLED' });
    kill();
    assert.equal((await next).text, 'hello');
  });

  it('ends the thread of a job that is killed, aborted or late, and refills', async () => {
    const pool = open({ threads: 1 });
    const killed = await loop(pool);
    killed.kill();
    await assert.rejects(killed.ended, { code: 'TIMEOUT', message: /killed/ });
    assert.equal(pool.living, 0);
    const fresh = await pool.run(echo, call());

    const abort = new AbortController();
    const aborted = await loop(pool, { signal: abort.signal });
    abort.abort();
    await assert.rejects(aborted.ended, { code: 'CANCELLED' });

    const clock = fakeClock();
    const timed = open({ threads: 1, clock });
    const late = await loop(timed, { timeoutMs: 60_000 });
    await clock.advance(60_000);
    await assert.rejects(late.ended, { code: 'TOOL_FAILED', message: /longer than 60 s and was stopped/ });
    assert.equal(clock.pending(), 0);

    const again = await pool.run(echo, call());
    assert.notEqual(again.thread, fresh.thread);
    assert.deepEqual(pool.figures, { total: 1, available: 1, waiting: 0 });
  });

  it('gives the place of a killed job back only when its thread is gone', async () => {
    const pool = open({ threads: 1 });
    const { kill, ended } = await loop(pool);
    kill();
    assert.deepEqual([pool.figures.available, pool.living], [0, 1]);
    await assert.rejects(ended);
    await until('the place is free', () => pool.figures.available === 1);
    assert.equal(pool.living, 0);
  });

  it('fails the job of a thread that dies with the reason, and replaces the thread', async () => {
    const pool = open({ threads: 1 });
    const dies: [OddJob['op'], RegExp][] = [
      ['throw', /ended before its answer \(poison\)/],
      ['exit', /ended before its answer \(it left by itself\)/],
      ['hog', /ended before its answer \(it needed too much memory; give less to work on\)/],
    ];
    for (const [op, message] of dies) {
      await assert.rejects(pool.run({ op } as OddJob, call()), { code: 'TOOL_FAILED', message });
      assert.equal((await pool.run(echo, call())).text, 'hello');
    }
    const broken = open({ path: '/nowhere/worker.js' });
    await assert.rejects(broken.run(echo, call()), { code: 'TOOL_FAILED', message: /nowhere/ });
    assert.equal(broken.figures.available, 2);
  });

  it('tells what each job used, and not what others did meanwhile', async () => {
    const pool = open();
    const used = async (job: OddJob): Promise<number> => {
      let seconds = -1;
      await pool.run(job, call({ used: ({ cpuSeconds }) => (seconds = cpuSeconds) }));
      return seconds;
    };
    // What it takes to start them is in their first jobs.
    await Promise.all([used({ op: 'burn', ms: 1 }), used({ op: 'burn', ms: 1 })]);
    const [much, little] = await Promise.all([used({ op: 'burn', ms: 400 }), used({ op: 'burn', ms: 100 })]);
    assert.ok(much !== undefined && much >= 0.39 && much < 0.55, `${much} s of 0.4`);
    assert.ok(little !== undefined && little >= 0.09 && little < 0.25, `${little} s of 0.1`);
    const again = await used(echo);
    assert.ok(again >= 0 && again < 0.09, `${again} s of an echo`);
  });

  it('tells what a job used that was killed in a loop, and the memory of one that grew', async () => {
    const pool = open();
    const uses: { cpuSeconds: number; memBytes: number }[] = [];
    const { ended, kill } = await loop(pool, { used: (use) => void uses.push(use) });
    const from = performance.now();
    await until('it has looped', () => performance.now() - from > 300);
    kill();
    await assert.rejects(ended);
    await assert.rejects(pool.run({ op: 'hog' }, call({ used: (use) => void uses.push(use) })));
    assert.ok((uses[0]?.cpuSeconds ?? 0) > 0.02, `${uses[0]?.cpuSeconds} s`);
    assert.ok((uses[1]?.memBytes ?? 0) > 32 * 1024 * 1024, `${uses[1]?.memBytes} bytes`);
    assert.equal(uses.length, 2);
  });

  it('follows a limit that changes while jobs run', async () => {
    const pool = open({ threads: 1 });
    const first = await loop(pool);
    const waiting = pool.run(echo, call());
    pool.setLimit(2);
    await waiting;
    const second = await loop(pool);
    pool.setLimit(1);
    assert.deepEqual(pool.figures, { total: 1, available: 0, waiting: 0 });
    const last = pool.run(echo, call());
    first.kill();
    await assert.rejects(first.ended);
    assert.equal(pool.figures.waiting, 1, 'one is still at work, and one may be');
    second.kill();
    assert.equal((await last).text, 'hello');
    assert.equal(pool.living, 1);
  });

  it('ends a thread that has long been idle', async () => {
    const pool = open({ idleMs: 20 });
    await pool.run(echo, call());
    await until('the thread is gone', () => pool.living === 0);
    assert.equal((await pool.run(echo, call())).text, 'hello');
  });

  it('keeps no process alive when it is idle', () => {
    const program = `
      import { ThreadPool } from ${JSON.stringify(new URL('../../../src/tools/sandbox/threads.ts', import.meta.url).href)};
      import { realClock } from ${JSON.stringify(new URL('../../../src/runtime/platform.ts', import.meta.url).href)};
      const nothing = () => undefined;
      const pool = new ThreadPool({
        path: ${JSON.stringify(fileURLToPath(new URL('../../support/odd-worker.ts', import.meta.url)))},
        threads: 2, clock: realClock, idleMs: 3_600_000, onTaken: nothing, onExhausted: nothing, onChanged: nothing,
      });
      const signal = new AbortController().signal;
      const answer = await pool.run({ op: 'echo', text: 'done' }, { signal, onKill: () => nothing, used: nothing, timeoutMs: 3_600_000 });
      console.log(answer.text);`;
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
      timeout: 50_000,
    });
    assert.deepEqual([run.stdout, run.stderr, run.status], ['done\n', '', 0]);
  });
});
