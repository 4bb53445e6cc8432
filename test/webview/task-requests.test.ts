import assert from 'node:assert/strict';
import type { Params } from '../../src/protocol/messages.ts';
import type { Snapshot, TaskView } from '../../src/protocol/snapshot.ts';
import { Effects } from '../../webview/effects.ts';
import { failed } from '../../webview/pending.ts';
import type { Outcome } from '../../webview/remote.ts';
import { initialState, reduce, type Action, type PanelState } from '../../webview/store.ts';
import { emptySnapshot, runView, taskView } from './fixtures.ts';

const ended = 'That task is not at work; it has ended.';

function snapshotOf(...tasks: readonly TaskView[]): Snapshot {
  return { ...emptySnapshot(), runs: [runView({ tasks })] };
}

/** A panel with a transport whose answers the test gives. */
function panel() {
  let state: PanelState = initialState();
  const asked: { params: Params<'controlTask'>; answer: (outcome: Outcome<unknown>) => Promise<void> }[] = [];
  const dispatch = (action: Action): void => {
    state = reduce(state, action);
    effects.run(state);
  };
  const effects = new Effects(
    {
      request: () => assert.fail('nothing is read'),
      controlTask: (params) =>
        new Promise((resolve) => {
          const answer = async (outcome: Outcome<unknown>): Promise<void> => {
            resolve(outcome);
            await new Promise(setImmediate);
          };
          asked.push({ params, answer });
        }),
    },
    dispatch,
  );
  const show = (snapshot: Snapshot): void =>
    dispatch({ type: 'host', message: { type: 'snapshot', snapshot, readOnly: false }, at: 0 });
  const ask = (taskId: string, action: Params<'controlTask'>['action']): void =>
    dispatch({ type: 'controlTask', runId: 'run-12', taskId, action });
  return { asked, dispatch, show, ask, requests: () => state.taskRequests };
}

describe('panel: what is asked of a task', () => {
  it('is sent once, is busy until it is answered, and then leaves nothing', async () => {
    const { asked, show, ask, requests } = panel();
    show(snapshotOf(taskView(1), taskView(2)));
    ask('task-1', 'pause');
    ask('task-1', 'cancel');
    ask('task-2', 'retry');
    assert.deepEqual(
      asked.map(({ params }) => params),
      [
        { runId: 'run-12', taskId: 'task-1', action: 'pause' },
        { runId: 'run-12', taskId: 'task-2', action: 'retry' },
      ],
      'one thing at a time of each task',
    );
    assert.deepEqual(requests()['task-1'], { phase: 'sent', runId: 'run-12', action: 'pause' });
    for (const { answer } of asked) await answer({ ok: true, value: null });
    assert.deepEqual(requests(), {});
    ask('task-1', 'cancel');
    assert.equal(asked.length, 3);
  });

  it('is refused with a sentence, which stays until the task goes on or is asked something else', async () => {
    const { asked, dispatch, show, ask, requests } = panel();
    const refuse = async (taskId: string): Promise<void> => {
      ask(taskId, 'retry');
      await asked.at(-1)?.answer(failed('RUN_NOT_FOUND', ended));
      assert.deepEqual(requests()[taskId], { phase: 'refused', message: ended, state: 'running' });
    };
    const delta = (seq: number, changed: Partial<Snapshot>): void =>
      dispatch({ type: 'host', message: { type: 'delta', delta: { seq, changed } }, at: 0 });
    show(snapshotOf(taskView(1), taskView(2)));
    await refuse('task-1');
    await refuse('task-2');
    delta(2, { global: { active: 1, limit: 32 } });
    delta(3, { runs: [runView({ tasks: [taskView(1, { elapsedMs: 99_000 }), taskView(2)] })] });
    assert.deepEqual(Object.keys(requests()), ['task-1', 'task-2'], 'figures change nothing');
    delta(4, { runs: [runView({ tasks: [taskView(1, { state: 'done' }), taskView(2)] })] });
    assert.deepEqual(Object.keys(requests()), ['task-2']);
    ask('task-2', 'cancel');
    assert.equal(requests()['task-2']?.phase, 'sent');
    await asked.at(-1)?.answer(failed('RUN_NOT_FOUND', ended));
    delta(5, { runs: [] });
    assert.deepEqual(requests(), {}, 'a task that is gone has no refusal');
  });

  it('is forgotten when the runtime is lost, which is said elsewhere', async () => {
    const { asked, dispatch, show, ask, requests } = panel();
    show(snapshotOf(taskView(1)));
    ask('task-1', 'pause');
    dispatch({ type: 'host', message: { type: 'lost', message: 'gone' }, at: 0 });
    for (const { answer } of asked) await answer(failed('RUNTIME_LOST', 'gone'));
    assert.deepEqual([asked.length, requests()], [1, {}]);
  });
});
