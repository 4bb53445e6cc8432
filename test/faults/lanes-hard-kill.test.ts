import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LaneName } from '../../src/catalogue/lanes.ts';
import { Scope } from '../../src/core/lanes/scope.ts';
import { workerCall, type Guards } from '../../src/core/lanes/worker-call.ts';
import { rowOf, Tracer } from '../../src/core/trace.ts';
import type { Tool, ToolContext } from '../../src/core/ports.ts';
import type { SpanRow } from '../../src/protocol/rows.ts';
import { realClock as clock, realIds as ids } from '../../src/runtime/platform.ts';
import { guards, leaks, timeouts } from '../support/lanes.ts';
import { until } from '../support/runtime.ts';
import { testSandboxes } from '../support/sandboxes.ts';
import { assertDead, stubbornPids, writeStubborn } from '../support/stubborn-tree.ts';
import { newFolder, removeFolder, testTools, toolContext } from '../support/tool-context.ts';
import { badServer, lives, testServers } from '../support/tool-servers.ts';

/** Long enough for the work to be at it, short enough to wait for. */
const limits = { ...timeouts, defaultMs: 4000, factor: 1.25, graceMs: 500 };

interface Outcome {
  readonly guards: Guards;
  readonly span: () => SpanRow | null;
  readonly call: Promise<unknown>;
}

/** A tool in its lane, under the guards that the product has, on the real clock. */
function guarded(lane: LaneName, work: (context: Pick<ToolContext, 'signal' | 'onKill'>) => Promise<unknown>): Outcome {
  const made = guards(clock);
  let ended: SpanRow | null = null;
  const tracer = new Tracer({ traceId: ids.traceId(), runId: 'run', common: {} }, clock, ids, (event) => {
    if (event.type === 'span_ended') ended = rowOf(event.span);
  });
  const parent = tracer.start({ name: 'execute', kind: 'stage', parent: null });
  const { signal } = new AbortController();
  const call = workerCall(
    {
      lane,
      what: 'hangs',
      priority: 'normal',
      scope: new Scope({ signal }),
      signal,
      tracer,
      parent,
      timeouts: limits,
      run: (context) => work({ signal: context.signal, onKill: (kill) => context.onKill(kill) }),
    },
    { guards: made, clock, observe: () => undefined },
  );
  call.catch(() => undefined);
  return { guards: made, span: () => ended, call };
}

/** `last`: the phase at which the work was over. */
async function assertKilled({ guards: made, span, call }: Outcome, last: 'abort' | 'kill' = 'kill'): Promise<void> {
  await assert.rejects(call, { code: 'TIMEOUT' });
  await until('the slot is free', () => leaks(made.scheduler).length === 0);
  const { status = null, events = [] } = span() ?? {};
  assert.equal(status, 'error');
  const phases = events.flatMap(({ name, attributes }) => (name === 'timeout' ? [attributes['phase']] : []));
  assert.deepEqual(phases, last === 'kill' ? ['warning', 'abort', 'kill'] : ['warning', 'abort']);
}

describe('work that hangs, in its lane: dead at limit × factor + grace, its slot free, its span closed', function () {
  this.timeout(60_000);
  let folder: string;
  beforeEach(async () => (folder = await newFolder()));
  afterEach(() => removeFolder(folder));

  const run = (tool: Tool, input: unknown, context: Pick<ToolContext, 'signal' | 'onKill'>) =>
    tool.run(input, toolContext({ workspace: folder, ...context }));

  it('a command that ignores SIGTERM and whose children left its group', async () => {
    const command = writeStubborn(folder);
    const tool = testTools({ sandboxes: testSandboxes() })('run_command');
    const outcome = guarded('tool_call', (context) => run(tool, { command }, context));
    const pids = await stubbornPids(folder);
    await assertKilled(outcome);
    assertDead(pids);
  });

  it('a thread in an endless loop; the pool is whole again', async () => {
    writeFileSync(join(folder, 'long.txt'), `${'a'.repeat(60)}!\n`);
    const sandboxes = testSandboxes();
    const tool = testTools({ sandboxes })('search_files');
    const outcome = guarded('file_read', (context) => run(tool, { pattern: '(a+)+$', regex: true }, context));
    // A thread has nothing to tidy up: the abort terminates it.
    await assertKilled(outcome, 'abort');
    const found = await tool.run({ pattern: 'aaa!' }, toolContext({ workspace: folder }));
    assert.match(found.text, /long\.txt/);
    await sandboxes.close();
  });

  it('a tool server over stdio; the next call has a new one', async () => {
    const journal = join(folder, 'journal');
    const mine = testServers(folder);
    const configs = { own: badServer('good', journal) };
    const pid = Number((await mine.call(configs, 'mcp__own__pid')).text);
    const outcome = guarded('tool_call', (context) => mine.call(configs, 'mcp__own__hang', {}, context));
    await until('it hangs', () => existsSync(journal) && readFileSync(journal, 'utf8').includes('call hang'));
    await assertKilled(outcome);
    assert.equal(lives(pid), false);
    assert.notEqual(Number((await mine.call(configs, 'mcp__own__pid')).text), pid);
    await mine.servers.stop(1000);
  });
});
