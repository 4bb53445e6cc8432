import assert from 'node:assert/strict';
import type { Forecast } from '../../src/protocol/messages.ts';
import { noTokens } from '../../src/protocol/rows.ts';
import type { ForecastRow, Storage } from '../../src/storage/storage.ts';
import { Bench, peek } from './support/open.ts';
import { at, cost, run, task } from './support/rows.ts';

const none = { of: 0, within: 0 };
const range: Forecast = {
  kind: 'range',
  samples: 12,
  durationMs: { low: 100, middle: 150, high: 200 },
  tokens: { low: 10, middle: 20, high: 30 },
  nusd: { low: 1000, middle: 2000, high: 3000 },
  memBytes: { low: 0, middle: 0, high: 0 },
};

function forecast(runId: string, change: Partial<ForecastRow> = {}): ForecastRow {
  return { runId, at, type: 'change', promptChars: 40, workspaceFiles: 7, forecast: range, ...change };
}

describe('storage: forecasts', () => {
  const bench = new Bench();
  after(() => bench.end());

  const ended = (storage: Storage, runId: string, durationMs: number, tokens: number, nusd: number): void =>
    storage.write([
      {
        type: 'run',
        row: run(runId, {
          status: 'succeeded',
          endedAt: at,
          durationMs,
          cost: cost(nusd, { tokens: { ...noTokens, output: tokens } }),
        }),
      },
    ]);

  it('give a run its features; without one, its prompt and its root task do', async () => {
    const storage = await bench.storage(bench.fresh());
    const done = { status: 'succeeded', endedAt: at, workspace: null } as const;
    storage.write([
      { type: 'run', row: run('run-1', { ...done, g: 1, prompt: 'größer 💶' }) },
      { type: 'task', row: task('root-1', 'run-1', { type: 'command' }) },
      { type: 'task', row: task('step-1', 'run-1', { type: 'change', depth: 1, parentTaskId: 'root-1' }) },
      { type: 'run', row: run('run-2', { ...done, g: 2, prompt: 'x', cost: cost(5, { unpricedCalls: 1 }) }) },
      { type: 'forecast', row: forecast('run-2') },
      { type: 'run', row: run('run-3', { ...done, g: 3, model: 'other' }) },
      { type: 'run', row: run('run-4', { ...done, g: 4, status: 'failed' }) },
      { type: 'run', row: run('run-5', { ...done, g: 5, prompt: 'y' }) },
    ]);
    await storage.flush();
    const found = await storage.reader.pastRuns({ model: 'offline', prompt: 'größer 💶', limit: 10 });
    assert.deepEqual(
      found.map((past) => [past.type, past.promptChars, past.workspaceFiles, past.samePrompt, past.nusd]),
      [
        ['inspect', 1, null, false, 0],
        ['change', 40, 7, false, null],
        ['command', 8, null, true, 0],
      ],
    );
    assert.equal((await storage.reader.pastRuns({ model: 'offline', prompt: '', limit: 2 })).length, 2);
    storage.write([{ type: 'run', row: run('run-2002', { ...done, g: 2002 }) }]);
    await storage.flush();
    assert.equal((await storage.reader.pastRuns({ model: 'offline', prompt: '', limit: 10 })).length, 2);
  });

  it('are judged by what became of their runs, each measure for itself', async () => {
    const storage = await bench.storage(bench.fresh());
    ended(storage, 'within', 200, 10, 2500);
    ended(storage, 'slow', 200.5, 30, 3001);
    ended(storage, 'no-history', 1, 1, 1);
    ended(storage, 'never-asked', 150, 20, 2000);
    storage.write([
      { type: 'forecast', row: forecast('within') },
      { type: 'forecast', row: forecast('slow') },
      { type: 'forecast', row: forecast('no-history', { forecast: { kind: 'not_enough_history', samples: 2 } }) },
      { type: 'forecast', row: forecast('unpriced', { forecast: { ...range, nusd: null } }) },
      {
        type: 'run',
        row: run('unpriced', {
          status: 'succeeded',
          endedAt: at,
          durationMs: 99,
          cost: cost(20, { unpricedCalls: 1 }),
        }),
      },
      { type: 'forecast', row: forecast('failed') },
      { type: 'run', row: run('failed', { status: 'failed', endedAt: at, durationMs: 150 }) },
      { type: 'forecast', row: forecast('later') },
      { type: 'run', row: run('later', { status: 'succeeded', endedAt: at + 10, durationMs: 150 }) },
    ]);
    await storage.flush();
    assert.deepEqual(await storage.reader.backTest({ since: at, until: at + 10 }), {
      runs: 4,
      durationMs: { of: 3, within: 1 },
      tokens: { of: 3, within: 3 },
      nusd: { of: 2, within: 1 },
      memBytes: { of: 3, within: 3 },
    });
    assert.deepEqual(await storage.reader.backTest({ since: 0, until: 1 }), {
      runs: 0,
      durationMs: none,
      tokens: none,
      nusd: none,
      memBytes: none,
    });
  });

  it('go with their run when its time is over', async () => {
    const storage = await bench.storage(bench.fresh());
    ended(storage, 'old', 1, 1, 1);
    storage.write([{ type: 'forecast', row: forecast('old') }]);
    await storage.flush();
    assert.deepEqual(await storage.retain(at + 1), { deleted: 2 });
    assert.deepEqual(
      peek(storage.databasePath, (db) => db.prepare('SELECT * FROM forecasts').all()),
      [],
    );
  });
});
