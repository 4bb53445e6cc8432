import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CoreEvent } from '../../../src/core/events.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { until } from '../../support/runtime.ts';
import { sandboxLimits, testSandboxes } from '../../support/sandboxes.ts';
import { newFolder, removeFolder, testTools, toolContext } from '../../support/tool-context.ts';

describe('the sandboxes of the tools', () => {
  let workspace: string;
  before(async () => {
    workspace = await newFolder();
    writeFileSync(join(workspace, 'a.txt'), 'one\n');
  });
  after(() => removeFolder(workspace));

  const open = (limits: Partial<typeof sandboxLimits> = {}) => {
    const clock = fakeClock();
    const events: CoreEvent[] = [];
    const sandboxes = testSandboxes({
      limits: { ...sandboxLimits, ...limits },
      clock,
      observe: (event) => events.push(event),
    });
    return { clock, events, sandboxes, tools: testTools({ sandboxes }) };
  };

  it('count work in its own kind, a small diff being none, and give every place back', async () => {
    const { events, sandboxes, tools } = open();
    const run = (name: string, input: unknown): Promise<unknown> => tools(name).run(input, toolContext({ workspace }));
    await run('read_file', { path: 'a.txt' });
    await run('list_files', {});
    await run('search_files', { pattern: 'one' });
    await run('write_file', { path: 'b.txt', content: 'two\n' });
    await run('edit_file', { path: 'b.txt', find: 'two', replace: 'three' });
    await run('run_command', { command: ['true'] });
    await assert.rejects(run('read_file', { path: 'none' }));
    const used = events.map((event) => (event.type === 'sandbox_used' ? event.sandbox : event.type));
    assert.deepEqual(used, ['inline', 'thread', 'thread', 'thread', 'process', 'inline']);
    assert.deepEqual(sandboxes.figures(), [
      { sandbox: 'inline', total: 32, available: 32, waiting: 0 },
      { sandbox: 'thread', total: 2, available: 2, waiting: 0 },
      { sandbox: 'process', total: 8, available: 8, waiting: 0 },
    ]);
    await sandboxes.close();
  });

  it('hold inline work while it runs', async () => {
    const { sandboxes } = open({ inline: 1 });
    const inside = (): unknown => sandboxes.figures()[0];
    await sandboxes.inline(async () => {
      assert.deepEqual(inside(), { sandbox: 'inline', total: 1, available: 0, waiting: 0 });
      await sandboxes.inline(() =>
        Promise.resolve(assert.deepEqual(inside(), { ...(inside() as object), available: 0 })),
      );
    });
    await assert.rejects(sandboxes.inline(() => Promise.reject(new Error('broken'))));
    assert.deepEqual(inside(), { sandbox: 'inline', total: 1, available: 1, waiting: 0 });
  });

  it('tell of a full pool, raise the alert after 30 s and close it when a place is free', async () => {
    const { clock, events, sandboxes, tools } = open({ processes: 1 });
    const abort = new AbortController();
    const context = toolContext({ workspace, signal: abort.signal });
    const holding = tools('run_command').run({ command: ['sleep', '1000'], timeout_ms: 3_600_000 }, context);
    holding.catch(() => undefined);
    await until('it runs', () => sandboxes.figures()[2]?.available === 0);
    const waiting = tools('run_command').run({ command: ['true'] }, toolContext({ workspace }));
    await until('the next waits', () => sandboxes.figures()[2]?.waiting === 1);
    await clock.advance(30_000);
    abort.abort();
    await assert.rejects(holding, { code: 'CANCELLED' });
    await waiting;
    const told = events.map((event) =>
      event.type === 'issue' ? (event.issue.closedAt === null ? 'raised' : 'closed') : event.type,
    );
    assert.deepEqual(told, ['sandbox_used', 'sandbox_exhausted', 'raised', 'sandbox_used', 'closed']);
    await sandboxes.close();
    assert.equal(clock.pending(), 0);
  });

  it('take new limits while work runs', async () => {
    const { sandboxes, tools } = open({ processes: 1 });
    const first = tools('run_command').run(
      { command: ['sh', '-c', 'until test -e go; do sleep 0.01; done'] },
      toolContext({ workspace }),
    );
    await until('it runs', () => sandboxes.figures()[2]?.available === 0);
    const second = tools('run_command').run({ command: ['touch', 'go'] }, toolContext({ workspace }));
    sandboxes.setLimits({ ...sandboxLimits, inline: 5, threads: 3, processes: 2 });
    await Promise.all([first, second]);
    assert.deepEqual(
      sandboxes.figures().map(({ total, available }) => [total, available]),
      [
        [5, 5],
        [3, 3],
        [2, 2],
      ],
    );
  });
});
