import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ProcessPool, type Ended, type ProcessPoolOptions } from '../../../src/tools/sandbox/processes.ts';
import { newFolder, removeFolder, toolContext, type RecordingContext } from '../../support/tool-context.ts';
import { until } from '../../support/runtime.ts';

const mebibyte = 1024 * 1024;
const noLimits = { memBytes: 2 ** 50, cpuSeconds: 1e9 };

function open(over: Partial<ProcessPoolOptions> = {}): ProcessPool {
  return new ProcessPool({
    processes: 8,
    limits: noLimits,
    records: null,
    onTaken: () => undefined,
    onExhausted: () => undefined,
    onChanged: () => undefined,
    ...over,
  });
}

describe('the pool of processes', function () {
  this.timeout(60_000);
  let workspace: string;
  before(async () => {
    workspace = await newFolder();
  });
  after(() => removeFolder(workspace));

  const run = async (
    pool: ProcessPool,
    argv: readonly [string, ...string[]],
    context: RecordingContext = toolContext({ workspace }),
  ): Promise<Ended & { text: string }> => {
    const chunks: Buffer[] = [];
    const onOutput = (chunk: Buffer): Promise<void> => {
      chunks.push(Buffer.from(chunk));
      return Promise.resolve();
    };
    const environment = { PATH: process.env['PATH'] ?? '' };
    const program = { argv, cwd: workspace, environment, timeoutMs: 60_000, graceMs: 300, onOutput };
    const ended = await pool.run(program, context);
    return { ...ended, text: Buffer.concat(chunks).toString() };
  };
  const shell = (script: string): [string, string, string] => ['sh', '-c', script];
  const spin = 'while :; do :; done';

  it('never runs more programs than it has places, and serves them in their order', async () => {
    const order: number[] = [];
    let exhausted = 0;
    const pool = open({ processes: 2, onExhausted: () => (exhausted += 1) });
    mkdirSync(join(workspace, 'running'));
    const count = shell('mkdir running/$$; ls running | wc -l; sleep 0.05; rmdir running/$$');
    const runs = Array.from({ length: 8 }, (_, n) => run(pool, count).finally(() => order.push(n)));
    assert.deepEqual(pool.figures, { total: 2, available: 0, waiting: 6 });
    const seen = (await Promise.all(runs)).map(({ text }) => Number(text));
    assert.ok(
      seen.every((running) => running <= 2),
      seen.join(),
    );
    order.forEach((n, at) => assert.ok(n - at <= 1, order.join()));
    assert.equal(exhausted, 6);
    assert.deepEqual(pool.figures, { total: 2, available: 2, waiting: 0 });
  });

  it('lets a call that is aborted while it waits leave the line, and starts nothing for it', async () => {
    const pool = open({ processes: 1 });
    const abort = new AbortController();
    const first = run(pool, shell('sleep 0.2'));
    const waiting = run(pool, ['mkdir', 'made'], toolContext({ workspace, signal: abort.signal }));
    abort.abort();
    assert.equal(pool.figures.waiting, 0);
    await assert.rejects(waiting, { code: 'CANCELLED' });
    await first;
    assert.equal((await run(pool, ['ls', 'made'])).exitCode, 2);
  });

  it('listens for the exit of this process once, however many programs run, and then no more', async () => {
    const listening = process.listenerCount('exit');
    const pool = open({ processes: 12 });
    mkdirSync(join(workspace, 'up'));
    const running = Array.from({ length: 12 }, () =>
      run(pool, shell('mkdir up/$$; until test -e leave; do sleep 0.05; done')),
    );
    await until('all run', () => readdirSync(join(workspace, 'up')).length === 12);
    const most = process.listenerCount('exit');
    await run(open(), ['touch', 'leave']);
    await Promise.all(running);
    assert.deepEqual([most, process.listenerCount('exit')], [listening + 1, listening]);
  });

  it('gives the place back after a program that cannot be started', async () => {
    const pool = open({ processes: 1 });
    await assert.rejects(run(pool, ['no-such-program-here']), { code: 'TOOL_FAILED' });
    assert.equal((await run(pool, ['true'])).exitCode, 0);
  });

  it('follows a number of places that changes while programs run', async () => {
    const pool = open({ processes: 1 });
    const first = run(pool, shell('until test -e go; do sleep 0.01; done'));
    const second = run(pool, ['touch', 'go']);
    assert.equal(pool.figures.waiting, 1);
    pool.setLimits(2, noLimits);
    assert.equal((await second).exitCode, 0);
    await first;
    pool.setLimits(1, noLimits);
    assert.deepEqual(pool.figures, { total: 1, available: 1, waiting: 0 });
  });

  describe('on Linux, which tells what a process uses', () => {
    before(function () {
      if (process.platform === 'linux') return;
      console.log('Skipped: only Linux tells what a process uses.');
      this.skip();
    });

    it('kills a tree whose processes need too much memory together, and says so', async () => {
      const pool = open({ limits: { ...noLimits, memBytes: 250 * mebibyte } });
      const hog = 'const b = Buffer.alloc(150e6, 1); setInterval(() => b[0], 1000)';
      const context = toolContext({ workspace });
      const both = run(pool, ['sh', '-c', '"$0" -e "$1" & "$0" -e "$1"; wait', process.execPath, hog], context);
      await assert.rejects(both, {
        code: 'TOOL_FAILED',
        message:
          /^sh was killed: with all it started it used (2[5-9]\d|[3-9]\d\d) MiB of memory, more than sandbox\.process_memory_mb = 250 allows;/,
      });
      const used = context.uses[0]?.memBytes ?? 0;
      assert.ok(used > 250 * mebibyte, String(used));
    });

    it('counts memory that processes share once', async () => {
      const pool = open({ limits: { ...noLimits, memBytes: 250 * mebibyte } });
      // Four processes that see the same 100 MB, long enough to be looked at several times.
      const script = '$x = "a" x 100e6; for (1..3) { last if fork == 0 } select undef, undef, undef, 1.5; print "ok "';
      assert.equal((await run(pool, ['perl', '-e', script])).exitCode, 0);
    });

    it('kills a tree that takes too much processor time in many short children, and says so', async () => {
      const pool = open({ limits: { ...noLimits, cpuSeconds: 0.5 } });
      const short = 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done';
      await assert.rejects(run(pool, shell(`while :; do sh -c '${short}'; done`)), {
        code: 'TOOL_FAILED',
        message:
          /^sh was killed: with all it started it used \d+\.\d\d s of processor time, more than sandbox\.process_cpu_seconds = 0\.5 allows;/,
      });
    });

    it('counts the time of children that left their parent, and of those that ended since', async () => {
      const pool = open({ limits: { ...noLimits, cpuSeconds: 0.5 } });
      // One after another, each nobody's child any more: it works for 0.35 s, rests until it must have been seen, and ends.
      const worker =
        'while (process.cpuUsage().user + process.cpuUsage().system < 350e3); setTimeout(() => undefined, 1000)';
      await assert.rejects(
        run(pool, ['sh', '-c', 'while :; do (setsid "$0" -e "$1" &); sleep 2; done', process.execPath, worker]),
        { message: /processor time/ },
      );
    });

    it('puts a lowered limit in force for what runs', async () => {
      const pool = open();
      const running = run(pool, shell(spin));
      await until('it runs', () => pool.figures.available === 7);
      pool.setLimits(8, { ...noLimits, cpuSeconds: 0.1 });
      await assert.rejects(running, { code: 'TOOL_FAILED', message: /process_cpu_seconds = 0\.1 / });
    });
  });
});
