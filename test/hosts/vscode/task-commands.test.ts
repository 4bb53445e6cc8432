import assert from 'node:assert/strict';
import { taskOf } from '../../../src/hosts/vscode/task-commands.ts';
import { runRow, spanRow } from '../../support/rows.ts';

describe('taskOf', () => {
  it('reads the task from a node of the trace tree', () => {
    const node = { kind: 'span', runId: 'run-1', row: spanRow({ taskId: 't1' }), parent: null };
    assert.deepEqual(taskOf(node), { runId: 'run-1', taskId: 't1' });
  });

  it('is null for whatever is no task', () => {
    const strangers: unknown[] = [
      undefined,
      null,
      'run-1',
      { runId: 'run-1' },
      { runId: 'run-1', row: null },
      { kind: 'run', runId: 'run-1', row: runRow({}) },
      { runId: 'run-1', row: spanRow({ taskId: null }) },
      { runId: 7, row: spanRow({ taskId: 't1' }) },
    ];
    for (const stranger of strangers) assert.equal(taskOf(stranger), null);
  });
});
