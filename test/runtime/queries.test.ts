import assert from 'node:assert/strict';
import { startRuntime, withFolder } from '../support/runtime.ts';
import { writeSampleTree } from '../support/sample-tree.ts';

describe('what a host asks right after it started a run', () => {
  it('is answered with that run, though its row was not on disk yet', () =>
    withFolder(async (folder) => {
      const runtime = await startRuntime({ folder, workspace: await writeSampleTree(folder) });
      const { client } = runtime;
      await client.request('controlLane', { lane: 'model_call', action: 'pause' });
      for (let n = 1; n <= 5; n++) {
        const { runId, g } = await client.request('startRun', {
          prompt: 'todo',
          workspace: null,
          model: null,
          agent: null,
          budget: {},
          priority: 'normal',
          approve: 'none',
          labels: [],
          onLimit: null,
          resume: null,
        });
        const { rows } = await client.request('runs', { limit: 50, cursor: null });
        assert.deepEqual([rows.length, rows[0]?.runId, g], [n, runId, n]);
        assert.equal((await client.request('run', { run: runId })).runId, runId);
      }
      await runtime.stop(5000);
    }));
});
