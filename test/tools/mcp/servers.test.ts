import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { newFolder, removeFolder, toolContext } from '../../support/tool-context.ts';
import { badServer, everything, lives, testServers, type TestServers } from '../../support/tool-servers.ts';
import { until } from '../../support/runtime.ts';

describe('tool servers', function () {
  this.timeout(60_000);
  let workspace: string;
  let mine: TestServers;
  const parse = (text: string): unknown => JSON.parse(text);

  beforeEach(async () => {
    workspace = await newFolder();
    mine = testServers(workspace);
  });
  afterEach(async () => {
    await mine.servers.stop(1000);
    await removeFolder(workspace);
  });

  describe('the reference server', () => {
    it('is listed and called', async () => {
      const configs = { everything };
      const names = (await mine.tools(configs)).map(({ spec }) => spec.name);
      assert.ok(names.includes('mcp__everything__echo') && names.includes('mcp__everything__get-sum'), names.join());
      const echo = await mine.call(configs, 'mcp__everything__echo', { message: 'hello' });
      assert.equal(echo.text, 'Echo: hello');
      const sum = await mine.call(configs, 'mcp__everything__get-sum', { a: 2, b: 40 });
      assert.equal(sum.text, 'The sum of 2 and 40 is 42.');
      assert.deepEqual(mine.problems, []);
    });

    it('asks a person with the exact arguments, though the tool calls itself read-only', async () => {
      const input = { message: 'a\u202eb' };
      const { context } = await mine.call({ everything }, 'mcp__everything__echo', input);
      assert.deepEqual(context.approvals, [
        {
          kind: 'command',
          title: 'Tool server everything: call echo',
          detail: '{\n  "message": "a\\u202eb"\n}',
          path: null,
          protected: false,
        },
      ]);
      await assert.rejects(
        mine.call({ everything }, 'mcp__everything__echo', input, { approve: () => Promise.resolve(false) }),
        { code: 'DENIED' },
      );
    });

    it('has images and resources named by type and size', async () => {
      const image = await mine.call({ everything }, 'mcp__everything__get-tiny-image');
      assert.match(image.text, /^Here.*\n\[image, image\/png, 4033 bytes, not shown\]\n/);
      const links = await mine.call({ everything }, 'mcp__everything__get-resource-links', { count: 1 });
      assert.match(links.text, /\[link to demo:\/\/\S+: Blob Resource 1\]/);
    });

    it('tells what the server found wrong', async () => {
      await assert.rejects(mine.call({ everything }, 'mcp__everything__echo', {}), {
        code: 'TOOL_FAILED',
        message: /Invalid arguments for tool echo/,
      });
      await assert.rejects(mine.call({ everything }, 'mcp__everything__echo', 'text'), { code: 'TOOL_ARGUMENTS' });
    });

    it('cancels a long operation at once and goes on with the same process', async () => {
      const controller = new AbortController();
      const long = mine.call(
        { everything },
        'mcp__everything__trigger-long-running-operation',
        { duration: 3600, steps: 1 },
        { signal: controller.signal, approve: async () => true, onKill: () => () => undefined },
      );
      await mine.call({ everything }, 'mcp__everything__echo', { message: 'x' });
      controller.abort(new Error('stopped'));
      await assert.rejects(long, { code: 'CANCELLED' });
      await mine.call({ everything }, 'mcp__everything__echo', { message: 'x' });
      assert.deepEqual(mine.troubles, []);
    });
  });

  it('runs in the workspace with a scrubbed environment and what the configuration adds', async () => {
    process.env['CANARY_API_KEY'] = 'canary-4711';
    try {
      const configs = { own: { ...badServer('good'), env: { OWN_TOKEN: 'given' } } };
      const environment = parse((await mine.call(configs, 'mcp__own__env')).text) as Record<string, string>;
      assert.equal(environment['OWN_TOKEN'], 'given');
      assert.equal(environment['PWD'] ?? workspace, workspace);
      assert.ok(!JSON.stringify(environment).includes('canary-4711'));
      assert.equal(environment['TRACEPARENT'], undefined);
    } finally {
      delete process.env['CANARY_API_KEY'];
    }
  });

  it('shares one process between runs, and lists its tools once until they change', async () => {
    const journal = join(workspace, 'journal');
    const configs = { own: badServer('good', journal) };
    const pids = await Promise.all([1, 2, 3].map(() => mine.call(configs, 'mcp__own__pid')));
    assert.equal(new Set(pids.map(({ text }) => text)).size, 1);
    assert.equal((await mine.tools(configs)).length, 12);
    await mine.call(configs, 'mcp__own__change');
    await until('the new list', async () => (await mine.tools(configs)).length === 13);
    assert.equal((await mine.call(configs, 'mcp__own__pid')).text, pids[0]?.text);
    assert.equal(readFileSync(journal, 'utf8').match(/^start/gm)?.length, 1);
  });

  it('passes over lines that are no message', async () => {
    assert.equal((await mine.call({ own: badServer('noisy') }, 'mcp__own__echo', { a: 1 })).text, '{"a":1}');
  });

  it('tells the model of a failed tool, and of an unknown one', async () => {
    const configs = { own: badServer('good') };
    await assert.rejects(mine.call(configs, 'mcp__own__fail'), { code: 'TOOL_FAILED', message: 'it did not work' });
  });

  it('keeps a long result beside and shows its ends', async () => {
    const { text, spilled } = await mine.call({ own: badServer('good') }, 'mcp__own__big', { bytes: 1_000_000 });
    assert.ok(text.length < 70_000);
    assert.match(text, /934464 bytes left out; all 1000000 bytes are in /);
    assert.equal(readFileSync(spilled ?? '', 'utf8').length, 1_000_000);
  });

  it('closes a server that is not configured any more, after its last call', async () => {
    const journal = join(workspace, 'journal');
    const before = { own: badServer('good', journal) };
    const pid = Number((await mine.call(before, 'mcp__own__pid')).text);
    const holding = new AbortController();
    const held = mine.call(before, 'mcp__own__hold', {}, { signal: holding.signal });
    await until('the call is there', () => readFileSync(journal, 'utf8').includes('call hold'));
    assert.deepEqual(await mine.tools({}), []);
    assert.ok(lives(pid));
    holding.abort(new Error('stopped'));
    await assert.rejects(held, { code: 'CANCELLED' });
    await until('the server is gone', () => !lives(pid));
  });

  it('starts another one when the configuration of a server changes', async () => {
    const first = await mine.call({ own: badServer('good') }, 'mcp__own__pid');
    const second = await mine.call({ own: { ...badServer('good'), env: { A: 'b' } } }, 'mcp__own__pid');
    assert.notEqual(first.text, second.text);
    await until('the first is gone', () => !lives(Number(first.text)));
  });

  it('leaves no process behind', async () => {
    const pid = Number((await mine.call({ own: badServer('good') }, 'mcp__own__pid')).text);
    const child = Number((await mine.call({ own: badServer('good') }, 'mcp__own__children')).text);
    assert.ok(lives(pid) && lives(child));
    await mine.servers.stop(1000);
    assert.ok(!lives(pid) && !lives(child));
  });

  it('says that a program is not there, and goes on without it', async () => {
    const configs = { gone: { command: 'no-such-program-4711' }, own: badServer('good') };
    assert.equal((await mine.tools(configs)).length, 12);
    await mine.tools(configs);
    assert.deepEqual(mine.problems, [
      'The tool server gone could not be started (The program no-such-program-4711 was not found on the PATH.). The run goes on without its tools.',
    ]);
  });

  it('gives up waiting for a start at the abort, and the start goes on for others', async () => {
    const stop = new AbortController();
    const configs = { own: badServer('good') };
    const early = mine.servers.tools(configs, workspace, stop.signal);
    stop.abort();
    assert.deepEqual(await early, []);
    assert.deepEqual(mine.problems, []);
    assert.equal((await mine.tools(configs)).length, 12);
  });

  it('refuses in an untrusted workspace and starts nothing', async () => {
    const journal = join(workspace, 'journal');
    writeFileSync(journal, '');
    const [tool] = await mine.tools({ own: badServer('good', journal) });
    await mine.servers.close();
    const before = readFileSync(journal, 'utf8');
    const context = toolContext({ workspace, trusted: false });
    await assert.rejects(tool?.run({}, context) ?? Promise.resolve(), { code: 'UNTRUSTED' });
    assert.deepEqual(context.approvals, []);
    assert.equal(readFileSync(journal, 'utf8'), before);
  });

  it('speaks to a server on the network too, and finds it again after a restart', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/mcp`;
    const configs = { remote: { url } };
    await assert.rejects(mine.call(configs, 'mcp__remote__echo', { message: 'a' }), /could not be started/);
    let server = await startRemote(port);
    try {
      assert.equal((await mine.call(configs, 'mcp__remote__echo', { message: 'a' })).text, 'Echo: a');
      server.kill('SIGKILL');
      await once(server, 'exit');
      await assert.rejects(mine.call(configs, 'mcp__remote__echo', { message: 'b' }), { code: 'TOOL_SERVER' });
      server = await startRemote(port);
      assert.equal((await mine.call(configs, 'mcp__remote__echo', { message: 'c' })).text, 'Echo: c');
    } finally {
      server.kill('SIGKILL');
    }
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function startRemote(port: number): Promise<ReturnType<typeof spawn>> {
  const [entry = ''] = everything.args ?? [];
  const server = spawn(process.execPath, [entry, 'streamableHttp'], {
    env: { ...process.env, PORT: String(port) },
    stdio: 'ignore',
  });
  await until('the server listens', () =>
    fetch(`http://127.0.0.1:${port}/mcp`).then(
      () => true,
      () => false,
    ),
  );
  return server;
}
