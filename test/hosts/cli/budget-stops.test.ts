import assert from 'node:assert/strict';
import { createApprovals } from '../../../src/hosts/cli/approvals.ts';
import { createBudgetStops } from '../../../src/hosts/cli/budget-stops.ts';
import { ChannelError } from '../../../src/protocol/channel.ts';
import type { BudgetDecision } from '../../../src/protocol/messages.ts';
import type { BudgetStopView } from '../../../src/protocol/snapshot.ts';
import { stopKey } from '../../../src/protocol/stop-key.ts';
import { asking, type Asking } from '../../support/asking.ts';
import { approvalView, budgetStop } from '../../support/views.ts';

interface Scene extends Asking {
  readonly stopped: (stop: BudgetStopView) => void;
}

function scene(attended = true): Scene {
  const parts = asking();
  return { ...parts, stopped: createBudgetStops({ ...parts, questions: attended ? parts.questions : null }) };
}

function decided(decision: BudgetDecision, runId = 'run-7') {
  return ['decideBudget', { runId, decision }] as const;
}

const prompt = 'Your choice (';

describe('hosts/cli/budget-stops', () => {
  it('asks until the runtime takes the decision, with its sentence when it does not', async () => {
    const { stopped, stdin, asked, replies, shows, shown } = scene();
    const least = 'The new limit of $1 does not allow the next call; give at least $1.10.';
    replies.push(() => Promise.reject(new ChannelError({ code: 'BUDGET_DECISION', message: least })));
    stopped(budgetStop());
    stdin.write('x\n');
    await shows('“x” is none of the choices');
    stdin.write('a\n');
    await shows('New limit in dollars');
    stdin.write('1\n');
    await shows(least);
    await shows('New limit in dollars', 2);
    stdin.write('1.1\n');
    await shows('[resumed]');
    assert.deepEqual(asked, [
      decided({ type: 'raise', limit: 1e9, until: null }),
      decided({ type: 'raise', limit: 1.1e9, until: null }),
    ]);
    assert.ok(shown().startsWith('[paused]\nRun g7 stopped: run budget $1.00 is used up'), shown());
    assert.ok(!shown().includes('\u001b'));
  });

  it('leads from the amount back to the choices, and switches the model', async () => {
    const { stopped, stdin, asked, shows } = scene();
    stopped(budgetStop({ cheaper: ['nano'] }));
    stdin.write('a\n');
    await shows('New limit in dollars');
    stdin.write('\n');
    await shows(prompt, 2);
    stdin.write('nano\n');
    await shows('[resumed]');
    assert.deepEqual(asked, [decided({ type: 'switch_model', model: 'nano' })]);
  });

  it('says when a run goes on that shall wait', async () => {
    const { stopped, stdin, asked, shows, shown } = scene();
    stopped(budgetStop({ freesAt: new Date(2126, 0, 2, 3, 4).getTime() }));
    stdin.write('w\n');
    await shows('[resumed]');
    assert.deepEqual(asked, [decided({ type: 'wait' })]);
    assert.ok(shown().includes('It goes on by itself at 2126-01-02 03:04; Ctrl-C cancels it.\n[resumed]'), shown());
  });

  it('stops the run when stdin ends: nobody is there any more', async () => {
    const { stopped, stdin, asked, shows } = scene();
    stopped(budgetStop());
    stdin.end();
    await shows('Nobody can be asked any more: the run is stopped.\n[resumed]');
    assert.deepEqual(asked, [decided({ type: 'stop' })]);
  });

  it('takes the question away when the run was decided elsewhere, before and while an answer is on its way', async () => {
    const { stopped, questions, stdin, asked, replies, shows } = scene();
    const [first, second] = [budgetStop(), budgetStop({ at: 1 })];
    const gone = 'Run g7 waits for no budget any more: it was decided elsewhere, or it ended.\n[resumed]';
    stopped(first);
    questions.keep([stopKey(first)]);
    questions.keep([]);
    await shows(gone);
    assert.deepEqual(asked, []);
    replies.push(() => {
      questions.keep([]);
      return Promise.reject(new ChannelError({ code: 'BUDGET_DECISION', message: 'The run does not wait.' }));
    });
    stopped(second);
    questions.keep([stopKey(second)]);
    stdin.write('r\n');
    await shows(gone, 2);
  });

  it('does not say so of its own decision, however early the snapshot shows it', async () => {
    const { stopped, questions, stdin, replies, shows, shown } = scene();
    replies.push(() => {
      questions.keep([]);
      return Promise.resolve(null);
    });
    stopped(budgetStop());
    questions.keep([stopKey(budgetStop())]);
    stdin.write('r\n');
    await shows('[resumed]');
    assert.ok(!shown().includes('any more'), shown());
  });

  it('asks no more about a run that is gone', async () => {
    const { stopped, stdin, replies, shows } = scene();
    replies.push(() => Promise.reject(new ChannelError({ code: 'RUN_NOT_FOUND', message: 'It has ended.' })));
    stopped(budgetStop());
    stdin.write('r\n');
    await shows('or it ended.\n[resumed]');
  });

  it('asks about several runs and an approval one after the other, and decides each by its id', async () => {
    const parts = scene();
    const { stopped, stdin, asked, shows, shown } = parts;
    stopped(budgetStop());
    createApprovals(parts)(approvalView());
    stopped(budgetStop({ runId: 'run-8', g: 8 }));
    assert.ok(!shown().includes('Write src/a.ts'));
    stdin.write('stop\n');
    await shows('Allow it?');
    stdin.write('y\n');
    await shows('Run g8 stopped');
    stdin.write('r2\n');
    await shows('[resumed]', 3);
    assert.deepEqual(asked, [
      decided({ type: 'stop' }),
      ['answerApproval', { approvalId: 'a1', decision: 'allow' }],
      decided({ type: 'raise', limit: 5e9, until: null }, 'run-8'),
    ]);
  });

  it('asks nothing of a run that goes on by itself, nor where nobody is', () => {
    const freesAt = Date.UTC(2126, 0, 2);
    const attended = scene();
    attended.stopped(budgetStop({ waits: true, freesAt }));
    assert.equal(
      attended.shown(),
      `The run budget “run” of $1 does not allow this call. It goes on at ${new Date(freesAt).toLocaleString()}.\n`,
    );
    const alone = scene(false);
    alone.stopped(budgetStop());
    assert.equal(alone.shown(), 'The run budget “run” of $1 does not allow this call.\n');
    assert.deepEqual([...attended.asked, ...alone.asked], []);
  });
});
