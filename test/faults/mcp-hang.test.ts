import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HaiosError } from '../../src/core/errors.ts';
import type { ToolContext } from '../../src/core/ports.ts';
import { newFolder, removeFolder } from '../support/tool-context.ts';
import { badServer, lives, testServers, type TestServers } from '../support/tool-servers.ts';
import { until } from '../support/runtime.ts';

/** What the lane does to a call: aborts it, and kills it when it does not end. */
function guard(): Pick<ToolContext, 'signal' | 'onKill'> & {
  abort(reason: Error): void;
  kill(): void;
  readonly killable: boolean;
} {
  const controller = new AbortController();
  let killer: (() => void) | null = null;
  return {
    signal: controller.signal,
    onKill(kill) {
      killer = kill;
      return () => (killer = null);
    },
    abort: (reason) => controller.abort(reason),
    kill: () => killer?.(),
    get killable() {
      return killer !== null;
    },
  };
}

const timeout = new HaiosError('TIMEOUT', 'The call took too long.');
const stopped = new HaiosError('CANCELLED', 'Stopped by a person.');

describe('fault: a tool server over stdio that hangs', function () {
  this.timeout(60_000);
  let workspace: string;
  let journal: string;
  let mine: TestServers;
  beforeEach(async () => {
    workspace = await newFolder();
    journal = join(workspace, 'journal');
    mine = testServers(workspace);
  });
  afterEach(async () => {
    await mine.servers.stop(1000);
    await removeFolder(workspace);
  });
  const noted = (what: string): Promise<void> =>
    until(what, () => existsSync(journal) && readFileSync(journal, 'utf8').includes(what));
  const settled = async (work: Promise<unknown>): Promise<boolean> => {
    const late = new Promise<string>((resolve) => setTimeout(() => resolve('late'), 300));
    return (await Promise.race([work.catch(() => 'failed'), late])) !== 'late';
  };

  for (const tool of ['hang', 'block']) {
    it(`is dead after the kill with all it started, and the next call has a new one (${tool})`, async () => {
      const configs = { own: badServer('good', journal) };
      const pid = Number((await mine.call(configs, 'mcp__own__pid')).text);
      const child = Number((await mine.call(configs, 'mcp__own__children')).text);
      const calls = guard();
      const hanging = mine.call(configs, `mcp__own__${tool}`, {}, calls);
      await noted(`call ${tool}`);
      calls.abort(timeout);
      assert.equal(await settled(hanging), false, 'the slot is not free before the work has ended');
      assert.ok(lives(pid) && lives(child));
      calls.kill();
      await assert.rejects(hanging, { code: 'CANCELLED' });
      assert.ok(!lives(pid), 'the server is dead');
      assert.ok(!lives(child), 'its child is dead');
      const next = Number((await mine.call(configs, 'mcp__own__pid')).text);
      assert.ok(lives(next) && next !== pid);
      assert.deepEqual(mine.troubles, [
        { message: 'The tool server own did not end a call in time and was killed.', printed: '' },
      ]);
    });
  }

  it('is told of the cancellation, and a late answer ends the call without a kill', async () => {
    const configs = { own: badServer('good', journal) };
    const pid = (await mine.call(configs, 'mcp__own__pid')).text;
    const calls = guard();
    const held = mine.call(configs, 'mcp__own__hold', {}, calls);
    await noted('call hold');
    calls.abort(timeout);
    await assert.rejects(held, { code: 'CANCELLED' });
    assert.equal(calls.killable, false);
    assert.equal((await mine.call(configs, 'mcp__own__pid')).text, pid);
    const cancelled = await mine.call(configs, 'mcp__own__cancelled');
    assert.equal((JSON.parse(cancelled.text) as unknown[]).length, 1);
  });

  it('is left alone when a person stops a call and it still answers; the calls of others go on', async () => {
    const configs = { own: badServer('good', journal) };
    const pid = (await mine.call(configs, 'mcp__own__pid')).text;
    const [mineStopped, other] = [guard(), guard()];
    const hanging = mine.call(configs, 'mcp__own__hang', {}, mineStopped);
    await noted('call hang');
    const held = mine.call(configs, 'mcp__own__hold', {}, other);
    await noted('call hold');
    mineStopped.abort(stopped);
    await assert.rejects(hanging, { code: 'CANCELLED' });
    assert.equal((await mine.call(configs, 'mcp__own__pid')).text, pid);
    other.abort(timeout);
    await assert.rejects(held, { code: 'CANCELLED' });
  });

  it('ends the pending calls of all with TOOL_SERVER when one is killed', async () => {
    const configs = { own: badServer('good', journal) };
    const calls = guard();
    const hanging = mine.call(configs, 'mcp__own__hang', {}, calls);
    const other = mine.call(configs, 'mcp__own__hold');
    const both = Promise.allSettled([hanging, other]);
    await noted('call hang');
    await noted('call hold');
    calls.abort(timeout);
    calls.kill();
    const [first, second] = await both;
    assert.equal(first.status === 'rejected' && (first.reason as HaiosError).code, 'CANCELLED');
    assert.equal(second.status === 'rejected' && (second.reason as HaiosError).code, 'TOOL_SERVER');
    assert.match(second.status === 'rejected' ? (second.reason as HaiosError).message : '', /killed/);
  });

  it('is killed when it does not start or list its tools in time, and given up after three times', async () => {
    for (const mode of ['silent', 'deaf']) {
      const quick = testServers(workspace, { startLimitMs: 400 });
      const own = badServer(mode, `${journal}-${mode}`);
      for (let times = 0; times < 4; times += 1) assert.deepEqual(await quick.tools({ own }), []);
      // On a slow machine one may be killed before it can note its start.
      const pids = existsSync(`${journal}-${mode}`) ? readFileSync(`${journal}-${mode}`, 'utf8').match(/\d+/g) : [];
      assert.ok((pids?.length ?? 0) <= 3, mode);
      for (const pid of pids ?? []) assert.ok(!lives(Number(pid)), mode);
      assert.equal(quick.problems.length, 1);
      assert.match(quick.problems[0] ?? '', /(could not be started|did not list its tools) \(.*\) and was killed/);
      await assert.rejects(quick.servers.list('own', own, workspace, new AbortController().signal), {
        code: 'TOOL_SERVER',
        message: /^The tool server own failed 3 times in a row and is not started again for [56]\d s\.$/,
      });
      await quick.servers.stop(1000);
    }
  });

  it('does not outlive a runtime that ends without closing it', async () => {
    const script = `
      import { badServer, testServers } from ${JSON.stringify(import.meta.resolve('../support/tool-servers.ts'))};
      const [workspace, journal] = process.argv.slice(1);
      const mine = testServers(workspace);
      const configs = { own: badServer('good', journal) };
      console.log((await mine.call(configs, 'mcp__own__pid')).text);
      void mine.call(configs, 'mcp__own__block');
      process.stdin.once('data', () => process.exit(1));
    `;
    const host = spawn(process.execPath, ['--input-type=module', '-e', script, workspace, journal]);
    await noted('blocked');
    const pid = Number(/start (\d+)/.exec(readFileSync(journal, 'utf8'))?.[1]);
    assert.ok(lives(pid));
    host.stdin.write('end\n');
    await once(host, 'exit');
    await until('the server is gone', () => !lives(pid));
  });

  it('is killed within a bounded time when it is closed', async () => {
    const configs = { own: badServer('good', journal) };
    const pid = Number((await mine.call(configs, 'mcp__own__pid')).text);
    const child = Number((await mine.call(configs, 'mcp__own__children')).text);
    const blocked = mine.call(configs, 'mcp__own__block');
    await noted('blocked');
    const lost = assert.rejects(blocked, { code: 'TOOL_SERVER', message: /was closed/ });
    await mine.servers.stop(100);
    await lost;
    assert.ok(!lives(pid) && !lives(child));
  });
});
