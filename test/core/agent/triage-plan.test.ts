import assert from 'node:assert/strict';
import { gate, parsePlan, type GateMoney, type Plan } from '../../../src/core/agent/plan.ts';
import { triage } from '../../../src/core/agent/triage.ts';

describe('triage', () => {
  const cases: [string, string, string][] = [
    ['todo', 'inspect', 'S'],
    ['inventory, todo and links', 'inspect', 'M'],
    ['replace "a, b and c" with "d" in src/**/*.ts', 'change', 'S'],
    ['What does this repository do?', 'question', 'S'],
    ['run the tests', 'command', 'S'],
    ['fix the bug; then run the tests', 'change', 'M'],
    ['1. list files\n2. find todos\n3. check links', 'inspect', 'M'],
    ['x '.repeat(1500), 'inspect', 'L'],
  ];
  for (const [prompt, type, size] of cases) {
    it(`sorts “${prompt.slice(0, 40)}” as ${type}, ${size}`, () => assert.deepEqual(triage(prompt), { type, size }));
  }
});

describe('parsePlan', () => {
  const plan = { type: 'change', size: 'M', steps: [{ title: 'a', prompt: 'b' }] };
  it('finds the JSON object in what a model says around it', () => {
    assert.deepEqual(parsePlan('Sure!\n```json\n' + JSON.stringify(plan) + '\n```'), plan);
  });
  for (const text of [
    '',
    'no plan',
    '{',
    '{"type":"change"}',
    JSON.stringify({ ...plan, steps: [] }),
    JSON.stringify({ ...plan, size: 'XXL' }),
  ]) {
    it(`gives null for ${JSON.stringify(text).slice(0, 40)}`, () => assert.equal(parsePlan(text), null));
  }
});

describe('gate', () => {
  const plan = (steps: number): Plan => ({
    type: 'inspect',
    size: 'M',
    steps: Array.from({ length: steps }, (_, n) => ({ title: `${n}`, prompt: 'p' })),
  });
  it('lets one step pass, makes tasks of several, asks once for fewer when money is short, and rejects when nothing fits', () => {
    assert.equal(gate(plan(1), null, false), 'pass');
    assert.equal(gate(plan(3), null, false), 'decompose');
    const money = (leftNusd: number): GateMoney => ({ callNusd: 10, expectedStepNusd: null, leftNusd });
    assert.equal(gate(plan(3), money(100), false), 'decompose');
    assert.equal(gate(plan(3), money(30), false), 'decompose');
    assert.equal(gate(plan(3), money(29), false), 'replan');
    assert.equal(gate(plan(3), money(29), true), 'decompose');
    assert.equal(gate(plan(3), money(9), false), 'reject');
  });

  it('judges the steps by what such steps cost before, but never lets through a call that will be refused', () => {
    const money = (expectedStepNusd: number, leftNusd: number): GateMoney => ({
      callNusd: 10,
      expectedStepNusd,
      leftNusd,
    });
    assert.equal(gate(plan(3), money(4, 12), false), 'decompose');
    assert.equal(gate(plan(3), money(4, 11), false), 'replan');
    assert.equal(gate(plan(3), money(4, 11), true), 'decompose');
    assert.equal(gate(plan(3), money(40, 100), false), 'replan');
    assert.equal(gate(plan(1), money(40, 30), false), 'pass');
    assert.equal(gate(plan(3), money(1, 9), false), 'reject');
  });
});
