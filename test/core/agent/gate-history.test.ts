import assert from 'node:assert/strict';
import { agentHarness, type AgentHarness, type AgentOptions } from '../../support/agent.ts';
import { scriptedModel } from '../../support/scripted-model.ts';

const steps = (n: number): string =>
  JSON.stringify({
    type: 'inspect',
    size: 'M',
    steps: Array.from({ length: n }, (_, i) => ({ title: `step ${i}`, prompt: 'look' })),
  });

/** Every call is bounded at 200 nano-dollars, costs 15, and the run may spend 500. */
function threeSteps(expectedStepNusd: AgentOptions['expectedStepNusd']): AgentHarness {
  const model = scriptedModel(
    ({ role, system }) => ({ text: role === 'planner' ? steps(/at most 2/i.test(system) ? 2 : 3) : 'done' }),
    { maxOutputTokens: 100, inputBound: () => 100 },
  );
  return agentHarness({
    model,
    prompt: 'this, that and more',
    budget: { run: { usd: 500e-9 } },
    ...(expectedStepNusd === undefined ? {} : { expectedStepNusd }),
  });
}

function gates(harness: AgentHarness): unknown[] {
  return harness.events.flatMap((event) => {
    if (event.type !== 'span_ended' || event.span.name !== 'budget_gate') return [];
    const { attributes } = event.span;
    return [[attributes['haios.gate.decision'], attributes['haios.gate.by']]];
  });
}

describe('the budget gate and the history', () => {
  it('asks for a smaller plan by the worst case while there is no history', async () => {
    const harness = threeSteps(undefined);
    await harness.execute();
    assert.deepEqual(gates(harness)[0], ['replan', 'worst_case']);
  });

  it('lets a plan through whose steps usually fit, though their worst case does not', async () => {
    const harness = threeSteps(async () => 15);
    const row = await harness.execute();
    assert.deepEqual(gates(harness)[0], ['decompose', 'history']);
    assert.deepEqual([row.status, row.tasks, row.cost.nusd], ['succeeded', 4, 75]);
  });

  it('asks for a smaller plan when its steps usually do not fit, though their first calls do', async () => {
    const harness = threeSteps(async () => 200);
    await harness.execute();
    assert.deepEqual(gates(harness)[0], ['replan', 'history']);
  });

  it('is asked before anything is spent, once per run under its triage', async () => {
    const asked: [string, number][] = [];
    const harness: AgentHarness = threeSteps(async (parent) => {
      asked.push([parent.row().name, harness.ledger.settled.size]);
      return 15;
    });
    await harness.execute();
    assert.deepEqual(asked[0], ['triage', 0]);
    assert.equal(asked.filter(([name]) => name === 'triage').length, 1);
  });
});
