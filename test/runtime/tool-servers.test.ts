import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LLMock } from '@copilotkit/aimock';
import { killRuntime, rows, startRuntime, until, withFolder, type TestRuntime } from '../support/runtime.ts';
import { writeSampleTree } from '../support/sample-tree.ts';
import { badServer, everything, lives } from '../support/tool-servers.ts';

const token = 'canary-token-0815';

describe('the tool servers of a runtime', function () {
  this.timeout(60_000);
  const mock = new LLMock({ port: 0 });
  before(() => mock.start());
  after(() => mock.stop());
  beforeEach(() => mock.reset());

  /** A runtime in a workspace whose file configures the servers, and a model that calls `tool` once. */
  async function start(
    folder: string,
    servers: Readonly<Record<string, unknown>>,
    options: { readonly tool?: string; readonly trusted?: boolean; readonly args?: readonly string[] } = {},
  ): Promise<TestRuntime> {
    const { tool, ...rest } = options;
    const text = JSON.stringify({ mcp: { servers } });
    const workspace = await writeSampleTree(folder, { 'haios.config.json': text });
    if (tool !== undefined) {
      mock.addFixture({
        match: { userMessage: 'greet', turnIndex: 0 },
        response: { toolCalls: [{ name: tool, arguments: '{"message":"hello","a":1}' }] },
      });
      mock.addFixture({ match: { userMessage: 'greet', turnIndex: 1 }, response: { content: 'Done.' } });
    }
    const model = {
      id: 'mini',
      provider: 'openai',
      model: 'gpt-5-mini',
      base_url: `${mock.url}/v1`,
      max_output_tokens: 400,
    };
    return startRuntime({
      folder,
      workspace,
      settings: { models: [model] },
      env: { OPENAI_API_KEY: 'key-for-the-mock' },
      ...rest,
    });
  }
  const greet = { prompt: 'greet', model: 'mini' } as const;
  const toolSpans = (folder: string): unknown =>
    rows(join(folder, 'haios.db'), "SELECT name, status FROM spans WHERE name LIKE 'execute_tool%'");

  it('give their tools to a run, and end with the runtime', () =>
    withFolder(async (folder) => {
      const journal = join(folder, 'journal');
      const runtime = await start(folder, { own: badServer('good', journal), everything }, { tool: 'mcp__own__echo' });
      const summary = await runtime.run({ ...greet, approve: 'all' });
      assert.deepEqual([summary.status, summary.text], ['succeeded', 'Done.']);
      const pid = Number(/start (\d+)/.exec(readFileSync(journal, 'utf8'))?.[1]);
      assert.ok(lives(pid));
      assert.deepEqual(runtime.notices, []);
      await runtime.stop(5000);
      assert.ok(!lives(pid));
      assert.match(readFileSync(journal, 'utf8'), /call echo/);
      assert.deepEqual(toolSpans(folder), [{ name: 'execute_tool mcp__own__echo', status: 'ok' }]);
      const asked = mock.getRequests().map(({ body }) => body);
      assert.match(JSON.stringify(asked[0]), /"mcp__everything__get-sum"/);
      assert.match(JSON.stringify(asked[1]), /"role":"tool","content":"{\\"message\\":\\"hello\\",\\"a\\":1}"/);
    }));

  it('are not called without an approval', () =>
    withFolder(async (folder) => {
      const journal = join(folder, 'journal');
      const runtime = await start(folder, { own: badServer('good', journal) }, { tool: 'mcp__own__echo' });
      const summary = await runtime.run({ ...greet, approve: 'none' });
      await runtime.stop(5000);
      assert.equal(summary.status, 'succeeded');
      assert.doesNotMatch(readFileSync(journal, 'utf8'), /call/);
    }));

  it('a server that dies in mid-call is told to the model, which goes on', () =>
    withFolder(async (folder) => {
      const runtime = await start(folder, { own: badServer('good') }, { tool: 'mcp__own__die' });
      const summary = await runtime.run({ ...greet, approve: 'all' });
      await runtime.stop(5000);
      assert.deepEqual([summary.status, summary.text], ['succeeded', 'Done.']);
      assert.match(JSON.stringify(mock.getRequests().at(-1)?.body), /The tool server own ended with exit code 7/);
    }));

  it('start nothing before the workspace is trusted, wherever the configuration is from', () =>
    withFolder(async (folder) => {
      const journal = join(folder, 'journal');
      const configFile = join(folder, 'given.json');
      await writeFile(configFile, JSON.stringify({ mcp: { servers: { own: badServer('good', journal) } } }));
      for (const args of [[], ['--config', configFile]]) {
        const runtime = await start(folder, { own: badServer('good', journal) }, { trusted: false, args });
        const summary = await runtime.run({ prompt: 'todo', approve: 'all' });
        const checks = await runtime.client.request('doctor', {});
        assert.equal(summary.status, 'succeeded');
        assert.equal(existsSync(journal), false);
        const check = checks.find(({ name }) => name === 'tool server own');
        assert.equal(
          check?.message,
          args.length === 0 ? undefined : 'Off: the workspace is not trusted, so nothing is started.',
        );
        await runtime.stop(5000);
      }
    }));

  it('end when the trust is taken back', () =>
    withFolder(async (folder) => {
      const journal = join(folder, 'journal');
      const runtime = await start(folder, { own: badServer('good', journal) });
      await runtime.run({ prompt: 'todo' });
      const pid = Number(/start (\d+)/.exec(readFileSync(journal, 'utf8'))?.[1]);
      assert.ok(lives(pid));
      await runtime.client.request('setTrust', { trusted: false, workspaces: [] });
      assert.ok(!lives(pid));
      await runtime.stop(5000);
    }));

  it('a server that cannot be started is told once; runs go on, and the offline model is as ever', () =>
    withFolder(async (folder) => {
      const runtime = await start(folder, { gone: { command: 'no-such-program-4711' }, own: badServer('good') });
      const without = await withFolder(async (other) => {
        const bare = await startRuntime({ folder: other, workspace: await writeSampleTree(other) });
        const summary = await bare.run({ prompt: 'todo' });
        await bare.stop(5000);
        return summary;
      });
      const [first, second] = [await runtime.run({ prompt: 'todo' }), await runtime.run({ prompt: 'todo' })];
      await runtime.stop(5000);
      assert.deepEqual([first.status, second.status], ['succeeded', 'succeeded']);
      assert.equal(first.text, without.text);
      const told = runtime.notices.filter(({ code }) => code === 'TOOL_SERVER').map(({ message }) => message);
      assert.equal(told.length, 1);
      assert.match(told[0] ?? '', /^The tool server gone could not be started .* The run goes on without its tools\.$/);
    }));

  it('a run can be stopped while a server starts', () =>
    withFolder(async (folder) => {
      const journal = join(folder, 'journal');
      const runtime = await start(folder, { own: badServer('silent', journal) });
      const started = (await runtime.start({ prompt: 'todo' })) as { runId: string };
      await until('the server is started', () => existsSync(journal));
      const ended = new Promise((resolve) => runtime.client.on('runEnded', resolve));
      await runtime.client.request('controlRun', { runId: started.runId, action: 'cancel' });
      assert.equal(((await ended) as { status: string }).status, 'cancelled');
      await runtime.stop(5000);
      assert.ok(!lives(Number(/start (\d+)/.exec(readFileSync(journal, 'utf8'))?.[1])));
    }));

  it('doctor starts each and counts its tools', () =>
    withFolder(async (folder) => {
      const runtime = await start(folder, { own: badServer('good'), broken: badServer('exit') });
      const checks = await runtime.client.request('doctor', {});
      await runtime.stop(5000);
      const mine = checks.filter(({ name }) => name.startsWith('tool server'));
      assert.deepEqual(mine, [
        { name: 'tool server own', status: 'ok', message: '12 tools.', remedy: null },
        {
          name: 'tool server broken',
          status: 'error',
          message: 'The tool server broken ended with exit code 1. It last printed: “cannot find my key”.',
          remedy: 'Correct mcp.servers.broken, or take it out; runs go on without its tools.',
        },
      ]);
    }));

  it('a secret given to a server is in no notice and no file of ours, even when the server prints it', () =>
    withFolder(async (folder) => {
      const runtime = await start(folder, { own: { ...badServer('leak'), env: { OWN_TOKEN: token } } });
      await runtime.run({ prompt: 'todo' });
      await runtime.stop(5000);
      assert.match(runtime.notices.map(({ message }) => message).join(), /my token is/);
      assert.ok(!JSON.stringify([runtime.notices, runtime.logs]).includes(token));
      for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        const path = join(file.parentPath, file.name);
        if (!file.isFile() || file.name === 'haios.config.json') continue;
        assert.ok(!readFileSync(path).includes(token), path);
      }
    }));

  it('end when the runtime is killed, since their input closes', () =>
    withFolder(async (folder) => {
      const journal = join(folder, 'journal');
      const runtime = await start(folder, { own: badServer('good', journal) });
      await runtime.run({ prompt: 'todo' });
      const pid = Number(/start (\d+)/.exec(readFileSync(journal, 'utf8'))?.[1]);
      await killRuntime(runtime);
      await until('the server is gone', () => !lives(pid));
    }));
});
