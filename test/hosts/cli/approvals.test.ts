import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { createApprovals } from '../../../src/hosts/cli/approvals.ts';
import type { Approvals } from '../../../src/hosts/cli/approvals.ts';
import type { Client } from '../../../src/protocol/channel.ts';
import { approvalView } from '../../support/views.ts';

interface Scene {
  readonly approvals: Approvals;
  readonly stdin: PassThrough;
  readonly answers: [string, string][];
  shown(): string;
}

function scene(interactive: boolean): Scene {
  const stdin = new PassThrough();
  const answers: [string, string][] = [];
  let shown = '';
  const show = (text: string): void => {
    shown += text;
  };
  const client: Client = {
    request: ((_method: string, params: { approvalId: string; decision: string }) => {
      answers.push([params.approvalId, params.decision]);
      return Promise.resolve(null);
    }) as Client['request'],
    on: () => undefined,
    onClose: () => undefined,
    dispose: () => undefined,
  };
  const terminal = {
    redraws: interactive,
    interactive,
    colour: false,
    columns: () => 80,
    print: show,
    printRaw: show,
    draw: show,
    say: (line: string) => show(`${line}\n`),
    onResize: () => () => undefined,
  };
  const view = {
    show: () => undefined,
    note: (line: string) => show(`${line}\n`),
    pause: () => undefined,
    resume: () => undefined,
    close: () => undefined,
  };
  return {
    approvals: createApprovals({ client, terminal, view, stdin, interactive }),
    stdin,
    answers,
    shown: () => shown,
  };
}

async function until(done: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !done(); i += 1) await turn();
  assert.ok(done());
}

describe('hosts/cli/approvals', () => {
  it('asks one question at a time and again when the answer is none', async () => {
    const { approvals, stdin, answers, shown } = scene(true);
    approvals.ask(approvalView({ approvalId: 'a1' }));
    approvals.ask(approvalView({ approvalId: 'a2', title: 'Run npm test', protected: true }));
    assert.ok(!shown().includes('Run npm test'));
    stdin.write('maybe\nYES\n');
    await until(() => answers.length === 1 && shown().includes('Run npm test (a protected place)'));
    stdin.write('a\n');
    await until(() => answers.length === 2);
    assert.deepEqual(answers, [
      ['a1', 'allow'],
      ['a2', 'allow_run'],
    ]);
    assert.equal(shown().split('Allow it?').length - 1, 3);
  });

  it('takes the end of stdin for a no', async () => {
    const { approvals, stdin, answers } = scene(true);
    approvals.ask(approvalView());
    stdin.end();
    await until(() => answers.length === 1);
    assert.deepEqual(answers, [['a1', 'deny']]);
  });

  it('drops a question that is no longer open, but not one the snapshot does not hold yet', async () => {
    const { approvals, stdin, answers } = scene(true);
    approvals.ask(approvalView({ approvalId: 'a1' }));
    approvals.keep([]);
    approvals.keep([approvalView({ approvalId: 'a1' })]);
    approvals.keep([]);
    approvals.ask(approvalView({ approvalId: 'a2' }));
    await turn();
    stdin.write('n\n');
    await until(() => answers.length === 1);
    assert.deepEqual(answers, [['a2', 'deny']]);
  });

  it('says no at once where nobody can answer', () => {
    const { approvals, answers, shown } = scene(false);
    approvals.ask(approvalView());
    assert.deepEqual(answers, [['a1', 'deny']]);
    assert.equal(shown(), 'Not allowed, because nobody can be asked here: Write src/a.ts (see --approve).\n');
  });
});
