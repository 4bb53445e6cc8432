import assert from 'node:assert/strict';
import { applyLabelRules, checkLabels } from '../../../src/core/policies/labels.ts';

const rules = { required: [], allowed: [], denied: [] };
const refusal = (work: () => void): string => {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof Error && 'code' in error);
    return `${String(error.code)}: ${error.message}`;
  }
  return 'none';
};

describe('policies: labels', () => {
  it('keeps each once and refuses what is none', () => {
    assert.deepEqual(checkLabels(['a', 'team/x=1', 'a']), ['a', 'team/x=1']);
    for (const wrong of ['', 'a b', 'a*', 'x'.repeat(65), 'ä'])
      assert.match(
        refusal(() => checkLabels([wrong])),
        /^USAGE: The label .* is not 1 to 64 letters/,
      );
    assert.match(
      refusal(() => checkLabels(Array.from({ length: 33 }, (_, n) => `l${n}`))),
      /has 33 labels; give at most 32/,
    );
  });

  it('wants a label for each required pattern', () => {
    const both = { ...rules, required: ['team/*', 'ticket-*'] };
    assert.equal(
      refusal(() => applyLabelRules(both, ['team/a', 'ticket-1'])),
      'none',
    );
    assert.match(
      refusal(() => applyLabelRules(both, ['team/a'])),
      /^LABEL_REQUIRED: .* asks for a label “ticket-\*”, and the run has team\/a; give it such a label/,
    );
    assert.match(
      refusal(() => applyLabelRules(both, [])),
      /asks for a label “team\/\*” and a label “ticket-\*”, and the run has none; give it such labels/,
    );
  });

  it('holds to what file and settings both allow, and to what either denies', () => {
    const two = { ...rules, allowed: [['a*'], ['*b']], denied: ['axb'] };
    assert.equal(
      refusal(() => applyLabelRules(two, ['ab'])),
      'none',
    );
    assert.match(
      refusal(() => applyLabelRules(two, ['a'])),
      /^LABEL_DENIED: policies\.labels\.allowed allows only \*b .*“a”/,
    );
    assert.match(
      refusal(() => applyLabelRules(two, ['axb'])),
      /^LABEL_DENIED: policies\.labels\.denied denies “axb”/,
    );
    assert.equal(
      refusal(() => applyLabelRules(rules, ['anything'])),
      'none',
    );
  });
});
