import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../support/runtime.ts';
import { newFolder, removeFolder } from '../support/tool-context.ts';
import { badServer, lives, testServers, type TestServers } from '../support/tool-servers.ts';

describe('fault: a tool server that dies or breaks its protocol', function () {
  this.timeout(60_000);
  let workspace: string;
  let mine: TestServers;
  beforeEach(async () => {
    workspace = await newFolder();
    mine = testServers(workspace);
  });
  afterEach(async () => {
    await mine.servers.stop(1000);
    await removeFolder(workspace);
  });

  it('fails the pending calls of all at once when it dies, and is there again for the next', async () => {
    const configs = { own: badServer('good') };
    const pid = (await mine.call(configs, 'mcp__own__pid')).text;
    const held = mine.call(configs, 'mcp__own__hold');
    const why = {
      code: 'TOOL_SERVER',
      message: 'The tool server own ended with exit code 7. It last printed: “last words”.',
    };
    const heldLost = assert.rejects(held, why);
    await assert.rejects(mine.call(configs, 'mcp__own__die'), why);
    await heldLost;
    assert.notEqual((await mine.call(configs, 'mcp__own__pid')).text, pid);
    assert.deepEqual(mine.troubles, [{ message: why.message, printed: 'last words' }]);
  });

  it('ends what a server that died had started', async () => {
    const configs = { own: badServer('good') };
    const child = Number((await mine.call(configs, 'mcp__own__children')).text);
    const pid = Number((await mine.call(configs, 'mcp__own__pid')).text);
    process.kill(pid, 'SIGKILL');
    await until('the death is told', () => mine.troubles.length === 1);
    assert.ok(!lives(child));
    assert.notEqual((await mine.call(configs, 'mcp__own__pid')).text, String(pid));
  });

  it('says what a server printed that cannot start, without what cannot be seen', async () => {
    assert.deepEqual(await mine.tools({ own: badServer('exit') }), []);
    assert.deepEqual(mine.problems, [
      'The tool server own ended with exit code 1. It last printed: “cannot find my key”. The run goes on without its tools.',
    ]);
  });

  const floods = {
    endless: /sent 8 MiB without a message of the protocol in them and was killed/,
    garbage: /sent 8 MiB without a message of the protocol in them and was killed/,
    wrong: /sent 100 wrong messages in a row and was killed/,
  };
  for (const [mode, why] of Object.entries(floods)) {
    it(`kills a server that only writes what is no message (${mode}), in bounded memory`, async () => {
      const journal = join(workspace, 'journal');
      const before = process.memoryUsage().arrayBuffers;
      assert.deepEqual(await mine.tools({ own: badServer(mode, journal) }), []);
      assert.match(mine.problems[0] ?? '', why);
      assert.ok(existsSync(journal) && !lives(Number(/\d+/.exec(readFileSync(journal, 'utf8'))?.[0])));
      assert.ok(process.memoryUsage().arrayBuffers - before < 64 * 1024 * 1024);
    });
  }

  it('loses a server that sends a result beyond the bound, and nothing else', async () => {
    const configs = { own: badServer('good'), other: badServer('good') };
    await assert.rejects(mine.call(configs, 'mcp__own__big', { bytes: 9 * 1024 * 1024 }), {
      code: 'TOOL_SERVER',
      message: /8 MiB/,
    });
    assert.equal((await mine.call(configs, 'mcp__other__echo', { a: 1 })).text, '{"a":1}');
    assert.equal((await mine.call(configs, 'mcp__own__echo', { a: 1 })).text, '{"a":1}');
  });

  it('takes hostile names and descriptions as text, in bounds, each under a name of its own', async () => {
    const tools = await mine.tools({ own: badServer('hostile') });
    const names = tools.map(({ spec }) => spec.name);
    assert.equal(new Set(names).size, names.length);
    assert.equal(names.length, 12 + 3);
    for (const { spec } of tools) {
      assert.match(spec.name, /^[a-zA-Z0-9_-]{1,64}$/);
      assert.ok(spec.description.length <= 2000);
      const whole = JSON.stringify(spec);
      assert.doesNotMatch(whole, /\\u0000|\\u0007|[\u202e\u{e0041}]/u);
    }
    assert.deepEqual(mine.problems.length, 1);
    assert.match(mine.problems[0] ?? '', /^2 tools of the tool server own are left out/);
    const odd = tools.find(({ spec }) => spec.description.startsWith('xy'));
    const { context } = await mine
      .call({ own: badServer('hostile') }, odd?.spec.name ?? '', {}, { approve: async () => true })
      .then(
        () => assert.fail('the server knows no such tool'),
        () => ({ context: null }),
      );
    assert.equal(context, null);
  });
});
