import assert from 'node:assert/strict';
import type { CoreEvent } from '../../../src/core/events.ts';
import { agentHarness } from '../../support/agent.ts';
import { scriptedModel } from '../../support/scripted-model.ts';

describe('a call that costs more than was held for it', () => {
  it('is told with the size of the defect, in the event and on its span', async () => {
    const seen = async (input: number): Promise<unknown> => {
      const model = scriptedModel([{ text: 'x', usage: { input, output: 20 } }], {
        maxOutputTokens: 20,
        inputBound: () => 100,
      });
      const harness = agentHarness({ model });
      await harness.execute();
      const of = <T extends CoreEvent['type']>(type: T): Extract<CoreEvent, { type: T }>[] =>
        harness.events.filter((event): event is Extract<CoreEvent, { type: T }> => event.type === type);
      const chat = of('span_ended').find(({ span }) => span.kind === 'chat')?.span.attributes;
      return [of('call_settled')[0]?.overrun, chat?.['haios.overrun_usd'], chat?.['haios.overrun_tokens']];
    };
    assert.deepEqual(await seen(100), [{ nusd: 0, tokens: 0 }, undefined, undefined]);
    assert.deepEqual(await seen(130), [{ nusd: 30, tokens: 30 }, 3e-8, 30]);
  });
});
