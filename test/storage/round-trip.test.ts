import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { noCost, totalTokens } from '../../src/protocol/rows.ts';
import { Bench } from './support/open.ts';
import { ask, at, cost, limit, run, settlement, span, task } from './support/rows.ts';

describe('storage: rows come back as they were written', () => {
  const bench = new Bench();
  after(() => bench.end());

  it('runs, tasks with their cost, spans, payloads, artefacts, issues, checkpoints', async () => {
    const storage = await bench.storage(bench.fresh());
    const first = run('run-1', {
      g: 3,
      cost: { ...cost(5_000_000_000), cpuSeconds: 1.25, memBytes: 7, diskBytes: -9, estimated: true, unpricedCalls: 2 },
      priceAs: 'gpt-5',
      error: { code: 'TIMEOUT', message: 'Too long.' },
      status: 'waiting',
      waiting: 'approval',
      workspace: null,
      text: 'naïve 💶 text',
    });
    const node = task('task-1', 'run-1', {
      cost: cost(42, { cpuSeconds: 0.5 }),
      parentTaskId: 'p',
      endedAt: at + 5,
      status: 'failed',
      error: 'e',
    });
    const root = span('a'.repeat(16), 'run-1', {
      kind: 'plan',
      name: 'plan',
      lane: null,
      durationMs: null,
      status: 'running',
    });
    const child = span('b'.repeat(16), 'run-1', {
      parentSpanId: root.spanId,
      stage: 'execute',
      nusd: 42,
      tokens: 7,
      estimated: true,
    });
    const artefact = {
      path: 'a/b.md',
      sha256: 'f'.repeat(64),
      size: 3,
      g: 3,
      runId: 'run-1',
      taskId: null,
      traceId: 't',
      workspace: '/w',
      at,
    };
    const issue = { issueId: 'i1', code: 'BUDGET_EXCEEDED', message: 'm', runId: 'run-1', at, closedAt: null } as const;
    storage.write([
      { type: 'run', row: run('run-1') },
      { type: 'run', row: first },
      { type: 'task', row: node },
      { type: 'span', row: root, payload: null },
      { type: 'span', row: child, payload: { input: 'in', output: 'out' } },
      { type: 'span', row: child, payload: null },
      { type: 'artefact', row: artefact },
      { type: 'issue', row: issue },
      { type: 'report', row: { g: 3, kind: 'run', path: null, workspace: null, at, sha256: 'x' } },
      { type: 'checkpoint', runId: 'run-1', json: '{"a":1}' },
      { type: 'checkpoint', runId: 'run-2', json: '{}' },
      { type: 'checkpoint_gone', runId: 'run-2' },
    ]);
    await storage.flush();
    const { reader } = storage;
    assert.deepEqual(await reader.run('run-1'), first);
    assert.deepEqual(await reader.run('3'), first);
    assert.deepEqual(await reader.run('g003'), first);
    assert.equal(await reader.run('4'), null);
    assert.deepEqual(await reader.tasks('run-1'), [node]);
    assert.deepEqual(await reader.spans('run-1', null), [{ ...root, children: 1 }]);
    assert.deepEqual(await reader.spans('run-1', root.spanId), [child]);
    assert.deepEqual(await reader.trace('run-1'), [{ ...root, children: 1 }, child]);
    assert.deepEqual(await reader.payload(child.spanId), { input: 'in', output: 'out' });
    assert.equal(await reader.payload(root.spanId), null);
    assert.deepEqual(await reader.artefacts('run-1'), [artefact]);
    assert.deepEqual(await reader.issues({ runId: 'run-1', open: true, limit: 10 }), [issue]);
    assert.deepEqual(await reader.issues({ open: false, limit: 10 }), []);
    assert.equal(await reader.checkpoint('run-1'), '{"a":1}');
    assert.equal(await reader.checkpoint('run-2'), null);
    assert.deepEqual(await reader.integrity(), { history: 'ok', ledger: 'ok' });
    assert.deepEqual(storage.heard, { dropped: 0, health: [], errors: [], notices: [] });
  });

  it('spans of many batches, written twice among others, refused ones left out', async () => {
    const storage = await bench.storage(bench.fresh());
    const id = (n: number): string => n.toString(16).padStart(16, '0');
    const count = 2_345;
    for (let n = 0; n < count; n += 1) {
      const row = span(id(n), 'run-1', { tokens: n === 1_777 ? 0.5 : n });
      storage.write([
        { type: 'span', row: { ...row, status: 'running', durationMs: null }, payload: null },
        { type: 'span', row, payload: n % 100 === 0 ? { input: `in ${n}`, output: '' } : null },
      ]);
    }
    storage.write([{ type: 'span', row: span(id(100), 'run-1', { tokens: 9 }), payload: null }]);
    await storage.flush();
    const rows = await storage.reader.trace('run-1');
    assert.deepEqual(
      rows.map(({ spanId, status, tokens }) => [spanId, status, tokens]),
      Array.from({ length: count }, (_, n) => [id(n), 'ok', n === 100 ? 9 : n]).filter(
        ([, , tokens]) => tokens !== 1_777,
      ),
    );
    assert.deepEqual(await storage.reader.payload(id(100)), { input: 'in 100', output: '' });
    assert.deepEqual(await storage.reader.payload(id(2_300)), { input: 'in 2300', output: '' });
    assert.deepEqual([storage.heard.dropped, storage.heard.errors.length], [0, 2]);
    assert.match(storage.heard.errors[0]?.message ?? '', /row of type span was not stored/);
  });

  it('makes the folder for its owner only, and both files too', async () => {
    const path = bench.fresh();
    const storage = await bench.storage(path);
    assert.equal(statSync(dirname(path)).mode & 0o777, 0o700);
    for (const file of [storage.databasePath, storage.ledgerPath])
      assert.equal(statSync(file).mode & 0o777, 0o600, file);
  });

  it('pages runs newest first, and a new run does not shift the pages', async () => {
    const storage = await bench.storage(bench.fresh());
    const put = (g: number): void => storage.write([{ type: 'run', row: run(`run-${g}`, { g }) }]);
    for (let g = 1; g <= 7; g += 1) put(g);
    await storage.flush();
    const seen: number[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof storage.reader.runs>> = await storage.reader.runs({ limit: 3, cursor });
      seen.push(...page.rows.map(({ g }) => g));
      cursor = page.next;
      put(100 + seen.length);
      await storage.flush();
    } while (cursor !== null);
    assert.deepEqual(seen, [7, 6, 5, 4, 3, 2, 1]);
    await assert.rejects(storage.reader.runs({ limit: 3, cursor: '1 OR 1' }), { code: 'USAGE' });
  });

  it('refuses a row that no column takes, says so, and stores the rest of the batch', async () => {
    const storage = await bench.storage(bench.fresh());
    storage.write([
      { type: 'run', row: run('good') },
      { type: 'run', row: run('bad', { g: 1.5 }) },
      { type: 'span', row: span('s1', 'good', { durationMs: Number.NaN }), payload: null },
    ]);
    await storage.flush();
    assert.equal((await storage.reader.run('good'))?.runId, 'good');
    assert.equal(await storage.reader.run('bad'), null);
    assert.equal(storage.heard.errors.length, 1);
    assert.match(storage.heard.errors[0]?.message ?? '', /row of type run was not stored/);
  });

  it('groups costs by run, model, agent and local day, and every sum is that of its calls', async () => {
    const storage = await bench.storage(bench.fresh());
    const day = 86_400_000;
    const noon = new Date(2026, 9, 20, 12).getTime();
    let total = 0;
    for (let n = 0; n < 12; n += 1) {
      const moment = noon + (n % 3) * day;
      const call = ask(`c${n}`, {
        runId: `run-${n % 2}`,
        taskId: `task-${n % 4}`,
        model: n % 3 === 0 ? 'a' : 'b',
        at: moment,
      });
      await storage.ledger.admit(call, []);
      await storage.ledger.settle(
        call.callId,
        settlement(n * 10, { at: moment, estimated: n === 5, pricing: n === 7 ? 'unpriced' : 'priced' }),
      );
      total += n * 10;
    }
    await storage.ledger.settle('c11', settlement(7, { at: noon + 2 * day }));
    total += 7 - 110;
    await storage.ledger.admit(ask('open', { at: noon }), []);
    storage.write([
      { type: 'run', row: run('run-0', { g: 1, model: 'a', prompt: 'first line\nsecond', startedAt: noon }) },
      {
        type: 'task',
        row: task('task-0', 'run-0', {
          startedAt: noon,
          cost: { ...noCost, cpuSeconds: 2, memBytes: 50, diskBytes: 9 },
        }),
      },
    ]);
    await storage.flush();
    const range = { since: noon - day, until: noon + 5 * day };
    const sums = await storage.reader.total(range);
    assert.deepEqual(
      [sums.nusd, sums.calls, sums.unpricedCalls, sums.estimated, sums.cpuSeconds, sums.memBytes, sums.diskBytes],
      [total, 12, 1, true, 2, 50, 9],
    );
    assert.deepEqual(sums.parts, {
      estimatedCalls: 1,
      estimatedNusd: 50,
      unpricedTokens: totalTokens(settlement(70).tokens),
    });
    for (const by of ['run', 'model', 'agent', 'task', 'day'] as const) {
      const rows = await storage.reader.costs({ by, ...range });
      const add = (pick: (row: (typeof rows)[number]) => number): number =>
        rows.reduce((sum, row) => sum + pick(row), 0);
      assert.equal(
        add((row) => row.cost.nusd),
        total,
        by,
      );
      assert.equal(
        add((row) => row.cost.calls),
        12,
        by,
      );
      assert.equal(
        add((row) => row.cost.cpuSeconds),
        2,
        by,
      );
      for (const row of rows) {
        const page = await storage.reader.calls({ by, key: row.key, days: 30, since: 0, limit: 100, cursor: null });
        const settled = page.rows.filter(({ state }) => state === 'settled');
        assert.equal(
          settled.reduce((sum, call) => sum + call.nusd, 0),
          row.cost.nusd,
          `${by} ${row.key}`,
        );
        assert.equal(settled.length, row.cost.calls, `${by} ${row.key}`);
      }
    }
    const runs = await storage.reader.costs({ by: 'run', ...range });
    assert.equal(runs.find(({ key }) => key === 'run-0')?.label, 'first line');
    const tasks = await storage.reader.costs({ by: 'task', ...range });
    assert.deepEqual(tasks.map(({ key, label }) => [key, label]).sort(), [
      ['task-0', `g1 · ${task('task-0', 'run-0').title}`],
      ['task-1', 'task-1'],
      ['task-2', 'task-2'],
      ['task-3', 'task-3'],
    ]);
    assert.deepEqual(
      (await storage.reader.costs({ by: 'day', ...range })).map(({ key }) => key),
      ['2026-10-22', '2026-10-21', '2026-10-20'],
    );
    const half = await storage.reader.total({ since: noon + day, until: noon + 2 * day });
    assert.equal(half.calls, 4);
    const first = await storage.reader.calls({ by: 'all', key: '', days: 30, since: 0, limit: 5, cursor: null });
    assert.equal(first.rows[0]?.state, 'reserved');
    assert.equal(
      (await storage.reader.calls({ by: 'all', key: '', days: 30, since: 0, limit: 50, cursor: first.next })).rows
        .length,
      8,
    );
    await assert.rejects(
      storage.reader.calls({ by: 'day', key: '2026-02-30', days: 1, since: 0, limit: 5, cursor: null }),
      { code: 'USAGE' },
    );
  });

  it('retains: old ended runs go with all their rows, living runs and the ledger stay', async () => {
    const storage = await bench.storage(bench.fresh());
    for (let n = 0; n < 30; n += 1) {
      const ended = n < 25;
      const runId = `run-${n}`;
      storage.write([
        {
          type: 'run',
          row: run(runId, {
            g: n + 1,
            status: ended ? 'failed' : 'waiting',
            waiting: ended ? null : 'paused',
            endedAt: ended ? at + n : null,
          }),
        },
        { type: 'task', row: task(`task-${n}`, runId) },
        { type: 'span', row: span(`span-${n}`, runId), payload: { input: 'i', output: 'o' } },
        { type: 'checkpoint', runId, json: '{}' },
      ]);
    }
    await storage.ledger.admit(ask('c', { runId: 'run-1' }), [limit(1000)]);
    await storage.ledger.settle('c', settlement(5));
    await storage.flush();
    const { deleted } = await storage.retain(at + 20);
    // Six rows of each old run, and the contents of old spans of the ten that stay.
    assert.equal(deleted, 20 * 6 + 10);
    const left = await storage.reader.runs({ limit: 100, cursor: null });
    assert.equal(left.rows.length, 10);
    assert.equal((await storage.reader.trace('run-1')).length, 0);
    assert.equal(await storage.reader.payload('span-1'), null);
    assert.equal((await storage.reader.trace('run-29')).length, 1);
    assert.equal(await storage.reader.payload('span-29'), null);
    assert.equal(await storage.reader.checkpoint('run-29'), '{}');
    assert.equal((await storage.reader.call('c'))?.nusd, 5);
    assert.deepEqual(await storage.retain(at + 20), { deleted: 0 });
  });

  it('closes twice as once, and settles every request after that', async () => {
    const storage = await bench.storage(bench.fresh());
    storage.write([{ type: 'run', row: run('run-1') }]);
    await Promise.all([storage.close(5000), storage.close(5000)]);
    await assert.rejects(storage.nextG(), { code: 'DATABASE_UNAVAILABLE' });
    await assert.rejects(storage.reader.run('run-1'), { code: 'DATABASE_UNAVAILABLE' });
    await assert.rejects(storage.ledger.admit(ask('c'), []), { code: 'LEDGER_UNAVAILABLE' });
    storage.write([{ type: 'span', row: span('s', 'run-1'), payload: null }]);
    assert.equal(storage.heard.dropped, 1);
    const again = await bench.storage(storage.databasePath);
    assert.equal((await again.reader.run('run-1'))?.runId, 'run-1');
  });

  it('drops spans beyond the limit and counts them, and never another row', async () => {
    const storage = await bench.storage(bench.fresh(), { maxBuffered: 100 });
    const spans = Array.from(
      { length: 300 },
      (_, n) => ({ type: 'span', row: span(`s${n}`, 'run-1'), payload: null }) as const,
    );
    const tasks = Array.from({ length: 300 }, (_, n) => ({ type: 'task', row: task(`t${n}`, 'run-1') }) as const);
    storage.write([...spans, ...tasks]);
    assert.equal(storage.heard.dropped, 200);
    await storage.flush();
    assert.equal((await storage.reader.trace('run-1')).length, 100);
    assert.equal((await storage.reader.tasks('run-1')).length, 300);
  });
});
