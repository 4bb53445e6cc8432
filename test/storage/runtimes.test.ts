import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import type { RuntimeRow } from '../../src/storage/storage.ts';
import { addCost, noCost, noTokens } from '../../src/protocol/rows.ts';
import { Bench } from './support/open.ts';
import { ask, at, cost, limit, run, settlement, span, task, use } from './support/rows.ts';

const row = (runtimeId: string, change: Partial<RuntimeRow> = {}): Omit<RuntimeRow, 'heartbeat'> => ({
  runtimeId,
  pid: 1234,
  host: 'machine',
  version: '0.1.0',
  port: null,
  startedAt: at,
  ...change,
});

describe('storage: runtimes', () => {
  const bench = new Bench();
  after(() => bench.end());

  it('registers, beats, lists and leaves; one that was taken for dead comes back with its next beat', async () => {
    const one = await bench.storage(bench.fresh());
    const two = await bench.storage(one.databasePath);
    await one.runtimes.register(row('a'));
    await two.runtimes.register(row('b', { startedAt: at + 1, port: 8001 }));
    await one.runtimes.beat('a', 8000);
    await one.runtimes.beat('a', 8000);
    const listed = [
      { ...row('a', { port: 8000 }), heartbeat: 2 },
      { ...row('b', { startedAt: at + 1, port: 8001 }), heartbeat: 0 },
    ];
    assert.deepEqual(await two.runtimes.list(), listed);
    await two.runtimes.bury('a');
    assert.equal((await two.runtimes.list()).length, 1);
    await one.runtimes.beat('a', 8000);
    assert.deepEqual(
      (await two.runtimes.list()).map(({ runtimeId, heartbeat }) => [runtimeId, heartbeat]),
      [
        ['a', 1],
        ['b', 0],
      ],
    );
    await one.runtimes.leave('a');
    await one.runtimes.beat('a', 8000);
    assert.deepEqual(
      (await two.runtimes.list()).map(({ runtimeId }) => runtimeId),
      ['b'],
    );
  });

  it('has one leader: the lease goes on only when it is free or its holder is judged dead', async () => {
    const { runtimes } = await bench.storage(bench.fresh());
    for (const id of ['a', 'b', 'c']) await runtimes.register(row(id));
    assert.equal(await runtimes.lead('a', []), true);
    assert.equal(await runtimes.lead('b', []), false);
    assert.equal(await runtimes.lead('a', []), true);
    assert.equal(await runtimes.lead('b', ['c']), false);
    assert.equal(await runtimes.lead('b', ['a']), true);
    assert.equal(await runtimes.lead('a', []), false);
    await runtimes.bury('b');
    assert.equal(await runtimes.lead('c', []), true);
    await runtimes.leave('c');
    assert.equal(await runtimes.lead('a', []), true);
  });

  it('buries: money, rows and totals are mended once, and nothing of a living runtime is touched', async () => {
    const storage = await bench.storage(bench.fresh());
    const other = await bench.storage(storage.databasePath);
    const { ledger, reader } = storage;
    await storage.runtimes.register(row('dead'));
    await storage.runtimes.register(row('alive'));
    const calls = [
      ['settled', 'dead', 'run-d', 't1'],
      ['sent', 'dead', 'run-d', 't1'],
      ['reserved', 'dead', 'run-d', 't2'],
      ['living', 'alive', 'run-l', 't3'],
      ['lost row', 'dead', 'run-d', 't-lost'],
    ] as const;
    for (const [callId, runtimeId, runId, taskId] of calls)
      await ledger.admit(ask(callId, { runtimeId, runId, taskId }), [limit(10_000)]);
    for (const callId of ['sent', 'living', 'lost row', 'settled']) await ledger.sent(callId);
    await ledger.settle('settled', settlement(60));
    await ledger.settle('lost row', settlement(5));
    storage.write([
      {
        type: 'run',
        row: run('run-d', { g: 1, runtimeId: 'dead', status: 'waiting', waiting: 'approval', cost: cost(1) }),
      },
      { type: 'run', row: run('run-q', { g: 2, runtimeId: 'dead', status: 'queued' }) },
      { type: 'run', row: run('run-e', { g: 3, runtimeId: 'dead', status: 'succeeded', endedAt: at, cost: cost(77) }) },
      { type: 'run', row: run('run-l', { g: 4, runtimeId: 'alive' }) },
      { type: 'task', row: task('t1', 'run-d', { cost: cost(1, { cpuSeconds: 1.5, memBytes: 9, diskBytes: 8 }) }) },
      // Its call was never sent, although its record says so already.
      {
        type: 'task',
        row: task('t2', 'run-d', {
          status: 'succeeded',
          endedAt: at + 50,
          cost: cost(33, { cpuSeconds: 1, memBytes: 20 }),
        }),
      },
      { type: 'task', row: task('t3', 'run-l') },
      {
        type: 'span',
        row: span('s-open', 'run-d', { status: 'running', durationMs: null, startedAt: at + 10 }),
        payload: null,
      },
      { type: 'span', row: span('s-done', 'run-d', { startedAt: at + 20, durationMs: 40 }), payload: null },
      { type: 'span', row: span('s-live', 'run-l', { status: 'running', durationMs: null }), payload: null },
    ]);
    await storage.flush();

    const [first, second] = await Promise.all([storage.runtimes.bury('dead'), other.runtimes.bury('dead')]);
    assert.deepEqual([...first, ...second].sort(), ['run-d', 'run-q']);
    assert.deepEqual(await storage.runtimes.bury('dead'), []);

    assert.deepEqual(await ledger.use([limit(1)]), [use(60 + 5 + 100, 100, 1)]);
    const sent = await ledger.call('sent');
    assert.deepEqual(
      [sent?.state, sent?.nusd, sent?.estimated, sent?.pricing, sent?.tokens.input],
      ['settled', 100, true, 'priced', 10],
    );
    assert.equal((await ledger.call('reserved'))?.state, 'released');
    assert.equal((await ledger.call('living'))?.state, 'sent');

    const runD = await reader.run('run-d');
    const tasks = await reader.tasks('run-d');
    assert.deepEqual([runD?.status, runD?.waiting, runD?.endedAt, runD?.tasks], ['interrupted', null, at + 60, 3]);
    assert.deepEqual(
      tasks.map(({ taskId, status, cost: { nusd, estimated, calls } }) => [taskId, status, nusd, estimated, calls]),
      [
        ['t1', 'interrupted', 160, true, 2],
        ['t2', 'succeeded', 0, false, 0],
        ['t-lost', 'interrupted', 5, false, 1],
      ],
    );
    assert.deepEqual(tasks[0]?.cost.tokens, { ...noTokens, input: 13, output: 4 });
    assert.deepEqual([tasks[0]?.cost.cpuSeconds, tasks[0]?.cost.memBytes], [1.5, 9]);
    assert.deepEqual(
      runD?.cost,
      tasks.reduce((sum, each) => addCost(sum, each.cost), noCost),
    );
    assert.deepEqual(
      (await reader.trace('run-d')).map(({ spanId, status, durationMs }) => [spanId, status, durationMs]),
      [
        ['s-open', 'interrupted', 50],
        ['s-done', 'ok', 40],
      ],
    );
    assert.equal((await reader.run('run-q'))?.status, 'interrupted');
    assert.deepEqual([(await reader.run('run-e'))?.status, (await reader.run('run-e'))?.cost.nusd], ['succeeded', 77]);
    assert.equal((await reader.run('run-l'))?.status, 'running');
    assert.equal((await reader.tasks('run-l'))[0]?.status, 'running');
    assert.equal((await reader.spans('run-l', null))[0]?.status, 'running');
    assert.deepEqual(
      (await storage.runtimes.list()).map(({ runtimeId }) => runtimeId),
      ['alive'],
    );
  });

  it('a call that was buried by mistake and then settles counts what it really cost', async () => {
    const { ledger, runtimes } = await bench.storage(bench.fresh());
    await ledger.admit(ask('a'), []);
    await ledger.sent('a');
    await runtimes.bury('runtime-a');
    assert.deepEqual(await ledger.use([limit(1)]), [use(100, 0, 1)]);
    await ledger.settle('a', settlement(40));
    assert.deepEqual(await ledger.use([limit(1)]), [use(40, 0, 1)]);
  });

  it('makes runs resumable although the ledger is damaged, and leaves their cost as it was known', async () => {
    const storage = await bench.storage(bench.fresh());
    storage.write([
      { type: 'run', row: run('run-1', { cost: cost(5) }) },
      { type: 'task', row: task('t', 'run-1', { cost: cost(5) }) },
    ]);
    await storage.flush();
    writeFileSync(storage.ledgerPath, 'noise '.repeat(5000));
    assert.deepEqual(await storage.runtimes.bury('runtime-a'), ['run-1']);
    const found = await storage.reader.run('run-1');
    assert.deepEqual([found?.status, found?.cost.nusd], ['interrupted', 5]);
  });

  it('lists the owners of what is left open when their row is gone, so that someone can bury them', async () => {
    const storage = await bench.storage(bench.fresh());
    await storage.ledger.admit(ask('a', { runtimeId: 'holder' }), []);
    storage.write([{ type: 'run', row: run('run-1', { runtimeId: 'runner' }) }]);
    await storage.flush();
    const listed = await storage.runtimes.list();
    assert.deepEqual(
      listed.map(({ runtimeId, pid, host }) => [runtimeId, pid, host]),
      [
        ['runner', 0, ''],
        ['holder', 0, ''],
      ],
    );
    for (const { runtimeId } of listed) await storage.runtimes.bury(runtimeId);
    assert.deepEqual(await storage.runtimes.list(), []);
    assert.equal((await storage.reader.run('run-1'))?.status, 'interrupted');
  });

  it('gives each generation number once, to two runtimes at the same time', async () => {
    const one = await bench.storage(bench.fresh());
    const two = await bench.storage(one.databasePath);
    const numbers = await Promise.all(Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? one : two).nextG()));
    assert.deepEqual(
      [...numbers].sort((a, b) => a - b),
      Array.from({ length: 40 }, (_, n) => n + 1),
    );
  });
});
