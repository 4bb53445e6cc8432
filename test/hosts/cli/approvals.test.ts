import assert from 'node:assert/strict';
import { createApprovals } from '../../../src/hosts/cli/approvals.ts';
import { asking, settled } from '../../support/asking.ts';
import { approvalView } from '../../support/views.ts';

function scene(attended = true) {
  const parts = asking();
  const ask = createApprovals({ ...parts, questions: attended ? parts.questions : null });
  const answered = (count: number): Promise<void> =>
    settled(
      () => parts.asked.length === count,
      () => `${count} answers: ${JSON.stringify(parts.asked)}`,
    );
  return { ...parts, ask, answered };
}

function answer(approvalId: string, decision: string) {
  return ['answerApproval', { approvalId, decision }] as const;
}

describe('hosts/cli/approvals', () => {
  it('asks one question at a time and again when the answer is none', async () => {
    const { ask, stdin, asked, shown, shows, answered } = scene();
    ask(approvalView({ approvalId: 'a1' }));
    ask(approvalView({ approvalId: 'a2', title: 'Run npm test', protected: true }));
    assert.ok(!shown().includes('Run npm test'));
    stdin.write('maybe\nYES\n');
    await shows('Run npm test (a protected place)');
    stdin.write('a\n');
    await answered(2);
    assert.deepEqual(asked, [answer('a1', 'allow'), answer('a2', 'allow_run')]);
    assert.equal(shown().split('Allow it?').length - 1, 3);
  });

  it('takes the end of stdin for a no, of each question', async () => {
    const { ask, stdin, asked, answered } = scene();
    ask(approvalView({ approvalId: 'a1' }));
    stdin.end();
    await answered(1);
    ask(approvalView({ approvalId: 'a2' }));
    await answered(2);
    assert.deepEqual(asked, [answer('a1', 'deny'), answer('a2', 'deny')]);
  });

  it('says no at once where nobody can answer', () => {
    const { ask, asked, shown } = scene(false);
    ask(approvalView());
    assert.deepEqual(asked, [answer('a1', 'deny')]);
    assert.equal(shown(), 'Not allowed, because nobody can be asked here: Write src/a.ts (see --approve).\n');
  });
});
