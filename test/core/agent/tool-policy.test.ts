import assert from 'node:assert/strict';
import { HaiosError } from '../../../src/core/errors.ts';
import { noPolicy } from '../../support/tool-context.ts';
import { agentHarness, assertClean, fakeTool } from '../../support/agent.ts';
import { scriptedModel } from '../../support/scripted-model.ts';

describe('a tool call under policies', () => {
  it('is not made when its arguments hold a blocked secret; the model hears the rule and goes on', async () => {
    const model = scriptedModel([
      { calls: [{ name: 'send', arguments: { body: ['x', 's3cret'] } }] },
      { calls: [{ name: 'send', arguments: { body: ['x'] } }] },
      { text: 'Done.' },
    ]);
    const sent: unknown[] = [];
    const policy = {
      ...noPolicy,
      secret: (value: unknown) => (JSON.stringify(value).includes('s3cret') ? 'policies.blocked_secrets (WORD)' : null),
    };
    const harness = agentHarness({
      model,
      policy,
      tools: [fakeTool('send', async (input) => (sent.push(input), 'ok'))],
    });
    const row = await harness.execute();
    assert.equal(row.status, 'succeeded');
    assert.deepEqual(sent, [{ body: ['x'] }]);
    const failures = harness.events.flatMap((event) => (event.type === 'failure' ? [event] : []));
    assert.deepEqual(
      failures.map(({ category, message }) => [
        category,
        /policies\.blocked_secrets \(WORD\)/.test(message),
        message.includes('s3cret'),
      ]),
      [['DENIED', true, false]],
    );
    assertClean(harness);
  });

  it('counts what files grew by, less what was removed, and leaves out .haios', async () => {
    const model = scriptedModel([{ calls: [{ name: 'write', arguments: {} }] }, { text: 'Done.' }]);
    const change = (path: string, sizeBefore: number | null, sizeAfter: number | null) => ({
      path,
      sizeBefore,
      sizeAfter,
      sha256: sizeAfter === null ? null : 'f'.repeat(64),
      lockWaitMs: 0,
    });
    const write = fakeTool('write', async (_, { wrote }) => {
      wrote(change('new.txt', null, 1000));
      wrote(change('other.txt', 500, 300));
      wrote(change('gone.txt', 50, null));
      wrote(change('.haios/notes.md', null, 77));
      wrote(change('.haiosish/a', null, 3));
      return 'ok';
    });
    const harness = agentHarness({ model, tools: [write] });
    const row = await harness.execute();
    assert.equal(row.cost.diskBytes, 1000 - 200 - 50 + 3);
  });

  it('has not begun when its run is stopped while it is queued', async () => {
    const harness = agentHarness({ model: scriptedModel([{ text: 'Never.' }]) });
    harness.run.cancel(new HaiosError('CANCELLED', 'Stopped by a person.'));
    const row = await harness.execute();
    assert.deepEqual([row.status, row.error?.code, row.tasks], ['cancelled', 'CANCELLED', 0]);
    assert.deepEqual(
      harness.events.map((event) =>
        event.type === 'run_changed' ? `${event.from} → ${event.run.status}` : event.type,
      ),
      ['queued → cancelled'],
    );
  });
});
