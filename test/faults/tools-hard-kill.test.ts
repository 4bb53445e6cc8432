import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ToolContext } from '../../src/core/ports.ts';
import { until } from '../support/runtime.ts';
import { sandboxLimits, testSandboxes } from '../support/sandboxes.ts';
import { assertDead, pidsIn, stubbornPids, writeStubborn } from '../support/stubborn-tree.ts';
import { newFolder, removeFolder, testTools, toolContext } from '../support/tool-context.ts';

/** A context whose call can be killed from outside, as the lanes do it. */
function killable(workspace: string, over: Partial<ToolContext> = {}) {
  let kill: (() => void) | null = null;
  const onKill: ToolContext['onKill'] = (registered) => {
    kill = registered;
    return () => (kill = null);
  };
  const context = toolContext({ workspace, onKill, ...over });
  return { context, kill: () => kill?.(), registered: () => kill !== null };
}

describe('the hard kill really ends the work', function () {
  this.timeout(60_000);
  let workspace: string;
  beforeEach(async () => {
    workspace = await newFolder();
  });
  afterEach(() => removeFolder(workspace));

  it('of a command that ignores SIGTERM and whose children left its group and session', async () => {
    // A grace that never passes: only the kill can be what ended it.
    const command = testTools({ killGraceMs: 3_600_000 })('run_command');
    const abort = new AbortController();
    const { context, kill, registered } = killable(workspace, { signal: abort.signal });
    const running = command.run({ command: writeStubborn(workspace), timeout_ms: 3_600_000 }, context);
    running.catch(() => undefined);
    const pids = await stubbornPids(workspace);
    abort.abort();
    kill();
    await assert.rejects(running, { code: 'TIMEOUT', message: /killed/ });
    assertDead(pids);
    assert.equal(registered(), false, 'the killer is taken back');
  });

  it('of a command that makes new processes as fast as it can', async () => {
    const command = testTools({ killGraceMs: 3_600_000 })('run_command');
    const { context, kill, registered } = killable(workspace);
    const script = "trap '' TERM HUP; while :; do setsid sh -c 'echo $$ >> pids; sleep 1000' & sleep 0.01; done";
    const running = command.run({ command: ['sh', '-c', script] }, context);
    running.catch(() => undefined);
    await until('some run', () => registered() && existsSync(join(workspace, 'pids')));
    kill();
    await assert.rejects(running, { code: 'TIMEOUT' });
    assertDead(pidsIn(workspace));
  });

  it('keeps the output that a killed command spilled', async () => {
    const command = testTools()('run_command');
    const { context, kill } = killable(workspace);
    const script = 'head -c 1000000 /dev/zero; touch printed; while :; do sleep 1; done';
    const running = command.run({ command: ['sh', '-c', script] }, context);
    running.catch(() => undefined);
    await until('it printed', () => existsSync(join(workspace, 'printed')));
    kill();
    await assert.rejects(running, { code: 'TIMEOUT' });
    assert.ok(existsSync(context.spillDir));
  });

  it('of git, and of a thread in an endless search; the next ones find their place free', async () => {
    const sandboxes = testSandboxes({ limits: { ...sandboxLimits, threads: 1, processes: 1 } });
    const tools = testTools({ sandboxes });
    writeFileSync(join(workspace, 'a.txt'), `${'a'.repeat(60)}!\n`);
    const search = killable(workspace);
    const endless = tools('search_files').run({ pattern: '^(a+)+$', regex: true }, search.context);
    endless.catch(() => undefined);
    await until('it is at work', () => search.registered());
    const next = tools('search_files').run({ pattern: 'a' }, toolContext({ workspace }));
    await until('the next one waits', () => sandboxes.figures()[1]?.waiting === 1);
    search.kill();
    await assert.rejects(endless, { code: 'TIMEOUT' });
    assert.match((await next).text, /^1 matching lines in 1 files/);

    writeFileSync(join(workspace, 'slow-git'), "#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 1; done\n", { mode: 0o755 });
    const slow = testTools({ sandboxes, gitPath: join(workspace, 'slow-git') })('git_blame');
    const blame = killable(workspace);
    const blaming = slow.run({ path: 'a.txt', lines: [1] }, blame.context);
    blaming.catch(() => undefined);
    await until('git is at work', () => blame.registered());
    blame.kill();
    await assert.rejects(blaming, { code: 'TIMEOUT' });
    const after = await tools('run_command').run({ command: ['echo', 'fine'] }, toolContext({ workspace }));
    assert.equal(after.text, 'exit code 0\nfine\n');
    assert.deepEqual(
      sandboxes.figures().map(({ total, available, waiting }) => [total - available, waiting]),
      [
        [0, 0],
        [0, 0],
        [0, 0],
      ],
    );
  });
});

describe('a command that eats the machine', function () {
  this.timeout(60_000);
  before(function () {
    if (process.platform === 'linux') return;
    console.log('Skipped: only Linux tells what a process uses.');
    this.skip();
  });
  let workspace: string;
  beforeEach(async () => {
    workspace = await newFolder();
  });
  afterEach(() => removeFolder(workspace));

  const limited = (memBytes: number, cpuSeconds: number) =>
    testTools({ sandboxes: testSandboxes({ limits: { ...sandboxLimits, process: { memBytes, cpuSeconds } } }) })(
      'run_command',
    );

  it('of memory is killed, and the model is told the limit, the figure and the setting', async () => {
    const command = limited(200 * 1024 * 1024, 3600);
    const hog = 'const kept = []; setInterval(() => kept.push(Buffer.alloc(10e6, 1)), 5)';
    await assert.rejects(command.run({ command: [process.execPath, '-e', hog] }, toolContext({ workspace })), {
      code: 'TOOL_FAILED',
      message: /used \d+ MiB of memory, more than sandbox\.process_memory_mb = 200 allows/,
    });
  });

  it('of processor time is killed likewise, and its output is kept', async () => {
    const command = limited(2 ** 40, 1);
    const script = 'head -c 200000 /dev/zero; while :; do :; done';
    await assert.rejects(command.run({ command: ['sh', '-c', script] }, toolContext({ workspace })), {
      code: 'TOOL_FAILED',
      message:
        /used 1\.\d+ s of processor time, more than sandbox\.process_cpu_seconds = 1 allows.*Its output so far is in \//,
    });
  });
});
