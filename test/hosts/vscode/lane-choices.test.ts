import assert from 'node:assert/strict';
import { laneChoices } from '../../../src/hosts/vscode/lane-choices.ts';
import { laneView } from '../../support/views.ts';

const views = [
  { ...laneView('model_call', 3, 4, 2), state: 'paused' as const },
  { ...laneView('tool_call', 0, 8), state: 'draining' as const },
  laneView('critic', 1, 3),
];

describe('laneChoices', () => {
  it('puts all lanes first, and lists those in which the action changes something, with their state', () => {
    const labels = (action: 'pause' | 'resume' | 'drain'): readonly string[] =>
      laneChoices(views, action).map(({ label }) => label);
    assert.deepEqual(labels('pause'), ['All lanes', 'tool call', 'critic']);
    assert.deepEqual(labels('resume'), ['All lanes', 'model call', 'tool call']);
    assert.deepEqual(labels('drain'), ['All lanes', 'model call', 'critic']);
    const [all, model] = laneChoices(views, 'resume');
    assert.deepEqual([all?.lane, all?.description], [null, '2 of 3 stopped']);
    assert.deepEqual([model?.lane, model?.description], ['model_call', 'paused · 3 of 4 slots in use, 2 waiting']);
  });

  it('has nothing to choose where nothing would change', () => {
    assert.deepEqual(laneChoices([laneView('critic', 0, 3)], 'resume'), []);
    assert.deepEqual(laneChoices(views.slice(0, 1), 'pause'), []);
    assert.deepEqual(laneChoices([], 'drain'), []);
  });
});
