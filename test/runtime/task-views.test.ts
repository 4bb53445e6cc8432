import assert from 'node:assert/strict';
import type { CoreEvent } from '../../src/core/events.ts';
import { noCost, type TaskRow } from '../../src/protocol/rows.ts';
import { tasksShown, type TaskView } from '../../src/protocol/snapshot.ts';
import { TaskViews } from '../../src/runtime/task-views.ts';
import { spanRow } from '../support/rows.ts';

const row = (taskId: string, more: Partial<TaskRow> = {}): TaskRow => ({
  taskId,
  runId: 'run-1',
  parentTaskId: taskId === 'root' ? null : 'root',
  spanId: taskId,
  title: `Task ${taskId}`,
  type: 'inspect',
  size: 'S',
  depth: taskId === 'root' ? 0 : 1,
  status: 'running',
  startedAt: 0,
  endedAt: null,
  cost: noCost,
  error: null,
  ...more,
});
const started = (taskId: string, more: Partial<TaskRow> = {}): CoreEvent => ({
  type: 'task_started',
  task: row(taskId, more),
});
const ended = (taskId: string, status: TaskRow['status'], more: Partial<TaskRow> = {}): CoreEvent => ({
  type: 'task_ended',
  task: row(taskId, { status, ...more }),
  durationMs: 1,
});
const left = (taskId: string, ids: readonly string[] | null, depth = 1): CoreEvent => ({
  type: 'steps_left',
  runId: 'run-1',
  taskId,
  steps: ids?.map((id) => ({ taskId: id, title: `Task ${id}`, depth })) ?? null,
});
const told = (taskId: string, name: string): CoreEvent => ({
  type: 'task_span_event',
  span: spanRow({ taskId }),
  name,
});

function play(...events: readonly (CoreEvent | readonly [CoreEvent, number])[]): TaskViews {
  const views = new TaskViews();
  for (const event of events) {
    if ('type' in event) views.observe(event, () => 0);
    else views.observe(event[0], () => event[1]);
  }
  return views;
}
const states = (views: TaskViews, over = false): readonly string[] =>
  views.views(0, over).map(({ taskId, state, repeatable }) => `${taskId} ${state}${repeatable ? ' again' : ''}`);

describe('the tasks of a run', () => {
  it('are shown from the plan on, in its order, nested ones below what they belong to', () => {
    const deep = { parentTaskId: 'a', depth: 2 };
    const views = play(started('root'), left('root', ['a', 'b']), started('a'), left('a', ['a1', 'a2'], 2));
    views.observe(started('a1', deep), () => 0);
    assert.deepEqual(states(views), ['root running', 'a running', 'a1 running', 'a2 queued', 'b queued']);
    assert.deepEqual([views.done, views.total], [0, 5]);
  });

  it('are paused and continued; one that ended can be begun again while the steps around it are done', () => {
    const views = play(started('root'), left('root', ['a', 'b', 'c']), started('a'), ended('a', 'succeeded'));
    for (const event of [started('b'), told('b', 'paused')]) views.observe(event, () => 0);
    assert.deepEqual(states(views), ['root running', 'a done again', 'b paused', 'c queued']);
    for (const event of [told('b', 'continued'), ended('b', 'cancelled'), started('c')]) views.observe(event, () => 0);
    assert.deepEqual(states(views), ['root running', 'a done again', 'b cancelled again', 'c running']);
    views.observe(left('root', ['b', 'c']), () => 0);
    assert.deepEqual(states(views), ['root running', 'a done again', 'b queued', 'c running'], 'it waits for its turn');
    for (const event of [ended('c', 'failed'), started('b'), ended('b', 'succeeded'), left('root', null)])
      views.observe(event, () => 0);
    assert.deepEqual(states(views), ['root running', 'a done', 'b done', 'c failed']);
    assert.deepEqual([views.done, views.total], [3, 4]);
  });

  it('lose what was planned and will not be done', () => {
    const views = play(started('root'), left('root', ['a', 'b', 'c']), started('a'), ended('a', 'failed'));
    views.observe(left('root', null), () => 0);
    views.observe(ended('root', 'failed'), () => 0);
    assert.deepEqual(states(views), ['root failed', 'a failed']);
    assert.deepEqual(states(views, true), ['a failed'], 'of a run that ended: the step that failed');
    const again = play(started('root'), left('root', ['a', 'b']), started('a'), told('root', 'retried'));
    assert.deepEqual(states(again), ['root running'], 'the whole plans anew');
  });

  it('have the time at work of their run, which stands still while it waits, and their own cost', () => {
    const cost = { ...noCost, nusd: 5, estimated: true, tokens: { ...noCost.tokens, input: 7, output: 2 } };
    const views = play([started('root'), 100], [left('root', ['a', 'b']), 200], [started('a'), 1000]);
    views.observe({ type: 'stage_started', runId: 'run-1', taskId: 'a', stage: 'execute' }, () => 1000);
    views.observe({ type: 'task_changed', task: row('a', { cost }) }, () => 1200);
    const figures = ({ stage, elapsedMs, tokens, nusd, estimated }: TaskView): unknown[] => [
      stage,
      elapsedMs,
      tokens,
      nusd,
      estimated,
    ];
    assert.deepEqual(views.views(1500, false).map(figures), [
      [null, 1500, 0, 0, false],
      ['execute', 500, 9, 5, true],
      [null, 0, 0, 0, false],
    ]);
    views.observe(ended('a', 'succeeded', { cost }), () => 1600);
    assert.deepEqual(views.views(9000, false).map(figures)[1], [null, 600, 9, 5, true]);
  });

  it('are bounded: what is at work stays, then what comes next, then what was done last', () => {
    const ids = Array.from({ length: 20 }, (_, n) => `t${n}`);
    const views = play(started('root'), left('root', ids));
    for (const id of ids.slice(0, 15)) {
      views.observe(started(id), () => 0);
      views.observe(ended(id, id === 't1' ? 'failed' : 'succeeded'), () => 0);
    }
    views.observe(started('t15'), () => 0);
    const shown = states(views).map((text) => text.split(' ')[0]);
    assert.deepEqual(shown, ['root', 't1', 't9', 't10', 't11', 't12', 't13', 't14', 't15', 't16', 't17', 't18', 't19']);
    assert.equal(shown.length, tasksShown);
    assert.equal(views.total, 21);
  });
});
