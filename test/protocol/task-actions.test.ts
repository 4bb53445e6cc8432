import assert from 'node:assert/strict';
import { taskActions } from '../../src/protocol/task-actions.ts';

describe('what can be asked of a task', () => {
  it('depends on its state, and of one that ended on the task it belongs to', () => {
    const at = (state: Parameters<typeof taskActions>[0]['state'], repeatable = false): string =>
      taskActions({ state, repeatable }).join(' ');
    assert.equal(at('running'), 'pause retry cancel');
    assert.equal(at('paused'), 'continue retry cancel');
    assert.equal(at('queued'), '');
    for (const state of ['done', 'failed', 'cancelled'] as const) {
      assert.equal(at(state), '', state);
      assert.equal(at(state, true), 'retry', state);
    }
  });
});
