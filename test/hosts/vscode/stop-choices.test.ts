import assert from 'node:assert/strict';
import { stopButtons, stopChoices, stopMessage } from '../../../src/hosts/vscode/stop-choices.ts';
import { leastLimit } from '../../../src/protocol/stop-choices.ts';
import { budgetUse, stopView } from '../../support/rows.ts';

const usd = 1_000_000_000;
const now = new Date(2026, 5, 17, 12).getTime();
const at = (hours: number, days = 0): number => new Date(2026, 5, 17 + days, hours, 40).getTime();
const midnight = new Date(2026, 5, 18).getTime();

describe('a stop at a budget', () => {
  it('says in one line which run, which budget and the figures, and lets no icon in', () => {
    assert.equal(
      stopMessage(stopView({})),
      'Run g12 stopped: run budget $1.00 is used up ($0.98 spent, the next call may cost $0.11).',
    );
    const model = budgetUse({ scope: 'model', key: '$(zap)\n'.repeat(200), limit: usd, used: usd });
    const text = stopMessage(stopView({ budget: model }));
    assert.ok(text.length < 350 && !text.includes('$(') && !text.includes('\n'));
  });

  it('offers the first raise, everything else and the end on the notification', () => {
    const buttons = stopButtons(stopView({}), now);
    assert.deepEqual(
      buttons.map(({ label }) => label),
      ['Raise to $2', 'Other…', 'Stop'],
    );
    assert.deepEqual(buttons[0]?.answer, { kind: 'decide', decision: { type: 'raise', limit: 2 * usd, until: null } });
  });

  it('raises a budget of a window until that window ends, and offers to wait for it', () => {
    const budget = budgetUse({ scope: 'user', key: 'user', window: 'day', limit: usd, used: usd, resetsAt: midnight });
    const [raise, wait, ...others] = stopButtons(stopView({ budget, freesAt: at(16) }), now);
    assert.deepEqual(raise?.answer, {
      kind: 'decide',
      decision: { type: 'raise', limit: 2 * usd, until: midnight },
    });
    assert.equal(wait?.label, 'Wait until 16:40');
    assert.deepEqual(wait.answer, { kind: 'decide', decision: { type: 'wait' } });
    assert.equal(others.length, 2);
    assert.ok(
      !stopButtons(stopView({ budget, freesAt: at(16), waits: true }), now).some(({ label }) => /^Wait/.test(label)),
    );
  });

  it('lists every choice, models by their names', () => {
    const stop = stopView({ raises: [1.5 * usd, 2 * usd], cheaper: ['haiku', 'nano'], freesAt: at(9, 1) });
    assert.deepEqual(
      stopChoices(stop, now).map(({ label }) => label),
      [
        'Raise to $1.50',
        'Raise to $2',
        'Raise to another amount…',
        'Go on with haiku',
        'Go on with nano',
        'Wait until tomorrow 09:40',
        'Try again',
        'Stop the run',
        'Show details in the panel',
      ],
    );
    assert.equal(stopChoices(stop, now)[2]?.detail, 'At least $1.09 for the next call');
    assert.equal(leastLimit(stop), 1.09 * usd);
  });

  it('a run that a person stopped after its call is continued or ended', () => {
    const stop = stopView({ budget: null, raises: [] });
    assert.equal(stopMessage(stop), 'Run g12 stopped: a person asked it to stop after its call.');
    assert.deepEqual(
      stopButtons(stop, now).map(({ label }) => label),
      ['Continue', 'Other…', 'Stop'],
    );
    assert.deepEqual(
      stopChoices(stop, now).map(({ label }) => label),
      ['Continue', 'Stop the run', 'Show details in the panel'],
    );
    assert.equal(leastLimit(stop), null);
  });
});
