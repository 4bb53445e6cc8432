import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, realpathSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assertDead, pidsIn, stubbornPids, writeStubborn } from '../support/stubborn-tree.ts';
import { newFolder, removeFolder, testTools, toolContext } from '../support/tool-context.ts';

const command = testTools({ killGraceMs: 300 })('run_command');
const node = (script: string, ...args: string[]): string[] => [process.execPath, '-e', script, ...args];

describe('run_command', () => {
  let workspace: string;
  const run = async (input: Record<string, unknown>): Promise<string> =>
    (await command.run(input, toolContext({ workspace }))).text;

  before(async () => {
    workspace = await newFolder();
  });
  after(() => removeFolder(workspace));

  it('gives exit code and output of both streams', async () => {
    assert.equal(await run({ command: ['printf', 'a\\nb'] }), 'exit code 0\na\nb');
    assert.equal(await run({ command: node('console.error("bad"); process.exit(3)') }), 'exit code 3\nbad\n');
    assert.equal(await run({ command: ['true'] }), 'exit code 0');
    assert.equal(await run({ command: node('process.kill(process.pid, "SIGKILL")') }), 'ended by SIGKILL');
  });

  it('gives no input and runs in the folder asked', async () => {
    mkdirSync(join(workspace, 'sub'), { recursive: true });
    assert.equal(await run({ command: ['cat'] }), 'exit code 0');
    assert.equal(await run({ command: ['pwd'], cwd: 'sub' }), `exit code 0\n${join(workspace, 'sub')}\n`);
    await assert.rejects(run({ command: ['pwd'], cwd: '..' }), { code: 'PATH_DENIED' });
    await assert.rejects(run({ command: ['pwd'], cwd: 'none' }), { code: 'TOOL_FAILED', message: /none/ });
    writeFileSync(join(workspace, 'file'), '');
    await assert.rejects(run({ command: ['pwd'], cwd: 'file' }), { code: 'TOOL_FAILED', message: /not a folder/ });
  });

  it('passes on no variable but the few that programs need', async () => {
    const secrets = {
      OPENAI_API_KEY: 'canary-1',
      GITHUB_TOKEN: 'canary-2',
      MY_SECRET: 'canary-3',
      NODE_OPTIONS: '--no-warnings',
    };
    Object.assign(process.env, secrets);
    try {
      const text = await run({ command: [process.execPath, '-p', 'JSON.stringify(process.env)'] });
      const environment = JSON.parse(text.split('\n')[1] ?? '') as Record<string, string>;
      assert.doesNotMatch(text, /canary/);
      const allowed = /^(PATH|HOME|USER|LOGNAME|LANG|LANGUAGE|LC_\w+|TERM|TMPDIR|TMP|TEMP|TZ|TRACEPARENT|HAIOS_CALL)$/;
      assert.deepEqual(
        Object.keys(environment).filter((name) => !allowed.test(name)),
        [],
      );
      assert.match(environment['TRACEPARENT'] ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
      assert.ok(environment['PATH']);
    } finally {
      for (const name of Object.keys(secrets)) Reflect.deleteProperty(process.env, name);
    }
  });

  it('takes no program from a relative PATH entry', async () => {
    writeFileSync(join(workspace, 'innocent'), '#!/bin/sh\necho owned\n', { mode: 0o755 });
    const path = process.env['PATH'];
    process.env['PATH'] = `.::${path}`;
    try {
      await assert.rejects(run({ command: ['innocent'] }), { code: 'TOOL_FAILED', message: /innocent was not found/ });
      assert.equal(await run({ command: ['./innocent'] }), 'exit code 0\nowned\n');
    } finally {
      process.env['PATH'] = path;
    }
  });

  it('ends the whole tree at the time limit, also what ignores SIGTERM or left its parent, group and session', async () => {
    const text = await run({ command: writeStubborn(workspace), timeout_ms: 1500 });
    assert.match(text, /^stopped after 1500 ms \(the time limit\) by SIGKILL/);
    assertDead(pidsIn(workspace));
  });

  it('ends the whole tree at an abort, and then says it was cancelled', async () => {
    const abort = new AbortController();
    const context = toolContext({ workspace, signal: abort.signal });
    const running = command.run({ command: writeStubborn(workspace) }, context);
    running.catch(() => undefined);
    const pids = await stubbornPids(workspace);
    abort.abort();
    await assert.rejects(running, { code: 'CANCELLED' });
    assert.equal(context.uses.length, process.platform === 'linux' ? 1 : 0);
    assertDead(pids);
  });

  it('ends what a program left running when it ended, and does not wait for it', async () => {
    const text = await run({ command: ['sh', '-c', 'sleep 1000 & echo $!'] });
    assertDead([Number(text.split('\n')[1])]);
  });

  it('measures CPU time and memory of the tree', async function () {
    if (process.platform !== 'linux') return;
    const context = toolContext({ workspace });
    const work =
      'const b = Buffer.alloc(120e6, 1); const t = process.cpuUsage(); while (process.cpuUsage(t).user < 400e3); b[0]';
    await command.run({ command: ['sh', '-c', '"$0" -e "$1"; true', process.execPath, work] }, context);
    const [use] = context.uses;
    assert.ok(use !== undefined && use.cpuSeconds >= 0.4 && use.cpuSeconds < 5, JSON.stringify(use));
    assert.ok(use.memBytes > 120e6 && use.memBytes < 600e6, JSON.stringify(use));
  });

  it('cuts a long output in the middle and keeps all of it in a file', async () => {
    const context = toolContext({ workspace });
    const script = 'for (let i = 0; i < 20000; i++) console.log("line " + i + " é")';
    const { text, spilled } = await command.run({ command: node(script) }, context);
    const whole = Array.from({ length: 20_000 }, (_, index) => `line ${index} é\n`).join('');
    assert.ok(spilled !== undefined && spilled.startsWith(context.spillDir));
    assert.equal(readFileSync(spilled, 'utf8'), whole);
    assert.equal(statSync(spilled).mode & 0o077, 0);
    assert.match(text, /^exit code 0\nline 0 é\nline 1 é\n/);
    assert.match(text, /\n… \d+ bytes left out; all \d+ bytes are in .*\.log …\n/);
    assert.ok(text.endsWith('line 19998 é\nline 19999 é\n'));
    assert.ok(Buffer.byteLength(text) < 65 * 1024);
  });

  it('goes on when the output cannot be kept, and says so', async () => {
    writeFileSync(join(workspace, 'blocked'), '');
    const context = toolContext({ workspace, spillDir: join(workspace, 'blocked', 'spill') });
    const { text, spilled } = await command.run({ command: node('console.log("x".repeat(1e6))') }, context);
    assert.match(text, /^exit code 0\n/);
    assert.match(text, /could not be kept \((ENOTDIR|EEXIST)\)/);
    assert.equal(spilled, undefined);
  });

  it('refuses wrong arguments, and programs that are not there', async () => {
    const wrong: [unknown, RegExp][] = [
      [{ command: 'ls -l' }, /"command" of run_command is "ls -l"/],
      [{ command: [] }, /"command"/],
      [{ command: ['ls', 'a\0b'] }, /"command\.1" of run_command is "a\\u0000b"/],
      [{ command: [''] }, /"command\.0"/],
      [{ command: ['ls'], shell: true }, /shell/],
      [{ command: ['ls'], timeout_ms: 0 }, /"timeout_ms" of run_command is 0/],
    ];
    for (const [input, message] of wrong) {
      await assert.rejects(command.run(input, toolContext({ workspace })), { code: 'TOOL_ARGUMENTS', message });
    }
    await assert.rejects(run({ command: ['no-such-program-here'] }), {
      code: 'TOOL_FAILED',
      message: /no-such-program-here was not found/,
    });
    writeFileSync(join(workspace, 'plain.txt'), '');
    await assert.rejects(run({ command: ['./plain.txt'] }), { code: 'TOOL_FAILED', message: /may not be executed/ });
  });

  it('runs nothing when it is not allowed, or when the folder was swapped while it was asked', async () => {
    const denying = toolContext({ workspace, approve: () => Promise.resolve(false) });
    await assert.rejects(command.run({ command: ['touch', 'made'] }, denying), { code: 'DENIED' });
    mkdirSync(join(workspace, 'one'));
    mkdirSync(join(workspace, 'two'));
    symlinkSync('one', join(workspace, 'link'));
    const swap = async (): Promise<boolean> => {
      await removeFolder(join(workspace, 'link'));
      symlinkSync('two', join(workspace, 'link'));
      return true;
    };
    const context = toolContext({ workspace, approve: swap });
    await assert.rejects(command.run({ command: ['touch', 'made'], cwd: 'link' }, context), {
      code: 'TOOL_FAILED',
      message: /link/,
    });
    for (const place of ['made', 'one/made', 'two/made']) {
      assert.equal(statSync(join(realpathSync(workspace), place), { throwIfNoEntry: false }), undefined);
    }
  });
});
