import assert from 'node:assert/strict';
import type { BudgetUse } from '../../src/protocol/rows.ts';
import { BudgetStops } from '../../src/runtime/budget-stops.ts';
import { BudgetWatch } from '../../src/runtime/budget-watch.ts';
import type { BudgetStopView } from '../../src/protocol/snapshot.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { budgetUse, runRow } from '../support/rows.ts';

const hour = 3_600_000;

describe('BudgetWatch', () => {
  const watch = () => {
    const clock = fakeClock();
    const warned: number[] = [];
    const budgets = new BudgetWatch(
      () => 0.9,
      clock,
      (budget) => warned.push(budget.used),
    );
    const see = (change: Partial<BudgetUse>): boolean =>
      budgets.observe({ type: 'budget_changed', runId: 'run-1', budgets: [budgetUse({ limit: 100, ...change })] });
    return { clock, warned, budgets, see };
  };

  it('warns once per budget and window, however often it falls and rises', () => {
    const { warned, see } = watch();
    see({ used: 89, resetsAt: 1 });
    see({ used: 90, resetsAt: 1 });
    see({ used: 95, resetsAt: 1 });
    see({ used: 50, resetsAt: 1 });
    see({ used: 91, resetsAt: 1 });
    assert.deepEqual(warned, [90]);
    see({ used: 92, resetsAt: 1, name: 'another' });
    assert.deepEqual(warned, [90, 92]);
  });

  it('warns anew on a new day, and when the limit was changed', () => {
    const { warned, see } = watch();
    see({ used: 90, resetsAt: 1 });
    see({ used: 93, resetsAt: 2 });
    see({ used: 186, resetsAt: 2, limit: 200 });
    see({ used: 187, resetsAt: 2, limit: 200 });
    assert.deepEqual(warned, [90, 93, 186]);
  });

  it('warns of a rolling hour at most once an hour', async () => {
    const { warned, see, clock } = watch();
    see({ used: 90, window: 'hour' });
    await clock.advance(hour - 1);
    see({ used: 91, window: 'hour' });
    await clock.advance(1);
    see({ used: 92, window: 'hour' });
    assert.deepEqual(warned, [90, 92]);
  });

  it('shows a limit that a person set at once, with the one before it', () => {
    const { budgets, see } = watch();
    see({ used: 50 });
    const [shown] = budgets.views();
    assert.ok(shown);
    const { name, resource, scope, key, window } = shown;
    const override = { name, resource, scope, key, window, overrideId: 'o', at: 0, until: null };
    assert.ok(budgets.observe({ type: 'budget_overridden', override: { ...override, limit: 200 } }));
    assert.ok(budgets.observe({ type: 'budget_overridden', override: { ...override, limit: 400 } }));
    assert.ok(budgets.observe({ type: 'budget_overridden', override: { ...override, key: 'other', limit: 7 } }));
    const [now] = budgets.views();
    assert.deepEqual([now?.limit, now?.ratio, now?.overridden], [400, 0.125, { limit: 100, until: null }]);
  });
});

describe('BudgetStops', () => {
  const stop: BudgetStopView = {
    ...{ runId: 'run-1', g: 1, at: 5, budget: null, asked: 0, message: '', raises: [], freesAt: null },
    ...{ waits: false, cheaper: [] },
  };

  it('tells each stop once and shows it until it is decided or the run goes on', () => {
    const told: BudgetStopView[] = [];
    const stops = new BudgetStops((one) => told.push(one));
    stops.observe({ type: 'budget_stopped', stop });
    const waits = { ...stop, waits: true };
    assert.equal(stops.observe({ type: 'budget_decided', runId: 'run-1', decision: 'wait' }), false);
    stops.observe({ type: 'budget_stopped', stop: waits });
    assert.deepEqual([told, stops.views()], [[stop], [waits]]);
    assert.ok(stops.observe({ type: 'budget_decided', runId: 'run-1', decision: 'raise' }));
    assert.deepEqual(stops.views(), []);
    stops.observe({ type: 'budget_stopped', stop: { ...stop, at: 6 } });
    assert.equal(told.length, 2);
    const run = runRow({ runId: 'run-1', status: 'waiting' });
    assert.equal(stops.observe({ type: 'run_changed', run, from: 'running' }), false);
    assert.ok(
      stops.observe({ type: 'run_changed', run: { ...run, status: 'cancelled', endedAt: 7 }, from: 'waiting' }),
    );
    assert.deepEqual(stops.views(), []);
  });
});
