import assert from 'node:assert/strict';
import { HaiosError } from '../../../src/core/errors.ts';
import type { PricedModel, Prices, Settlement } from '../../../src/core/ports.ts';
import { noTokens, totalTokens } from '../../../src/protocol/rows.ts';
import { agentHarness, assertClean, pennyPrices, type AgentHarness } from '../../support/agent.ts';
import { scriptedModel, type ScriptedOptions, type ScriptedTurn } from '../../support/scripted-model.ts';

async function settle(
  turn: ScriptedTurn,
  options: ScriptedOptions = {},
  prices: Prices = pennyPrices,
): Promise<{ readonly settlement: Settlement; readonly harness: AgentHarness }> {
  const model = scriptedModel([turn], { inputBound: () => 700, maxOutputTokens: 300, ...options });
  const harness = agentHarness({ model, prices, budget: { run: { tokens: 1_000_000, usd: 1 } } });
  await harness.execute();
  assertClean(harness);
  const settled = [...harness.ledger.settled.values()];
  assert.equal(settled.length, 1);
  assert.ok(settled[0]);
  return { settlement: settled[0].settlement, harness };
}

describe('a settlement', () => {
  it('of malformed usage is the whole reservation, as an estimate that names the field', async () => {
    const { settlement, harness } = await settle({
      text: 'four',
      usage: null,
      usageError: 'usage.prompt_tokens is -1, not a whole number of tokens',
    });
    assert.deepEqual(settlement.tokens, { ...noTokens, input: 700, output: 300 });
    assert.deepEqual(
      [settlement.nusd, settlement.pricing, settlement.estimated, settlement.rates],
      [1000, 'priced', true, []],
    );
    assert.equal(
      settlement.priceSource,
      'its reservation, for usage.prompt_tokens is -1, not a whole number of tokens',
    );
    assert.deepEqual([harness.run.row().cost.nusd, harness.run.row().cost.estimated], [1000, true]);
  });

  it('of malformed usage without a price stays unpriced', async () => {
    const none: Prices = { quote: () => null, bound: () => null };
    const { settlement } = await settle({ text: 'four', usage: null, usageError: 'usage is "a lot"' }, {}, none);
    assert.deepEqual([settlement.nusd, settlement.pricing, settlement.estimated], [0, 'unpriced', true]);
    assert.equal(totalTokens(settlement.tokens), 1000);
  });

  it('of no usage at all is an estimate, marked as one everywhere it is told of', async () => {
    const { settlement, harness } = await settle({ text: 'four', usage: null });
    assert.deepEqual([settlement.estimated, settlement.tokens.output], [true, 1]);
    assert.ok(settlement.tokens.input > 0 && totalTokens(settlement.tokens) < 1000);
    assert.equal(harness.run.row().cost.estimated, true);
    const told = harness.events.flatMap((event) => (event.type === 'call_settled' ? [event.estimated] : []));
    assert.deepEqual(told, [true]);
    const chats = harness.events.flatMap((event) =>
      event.type === 'span_ended' && event.span.kind === 'chat' ? [event.span.estimated] : [],
    );
    assert.deepEqual(chats, [true]);
    const tasks = harness.events.flatMap((event) => (event.type === 'task_ended' ? [event.task.cost.estimated] : []));
    assert.deepEqual(tasks, [true]);
  });

  it('of a stream that broke is its input and what was received', async () => {
    const error = new HaiosError('PROVIDER_PROTOCOL', 'Broken.', { details: { retryable: false } });
    const { settlement } = await settle({ text: 'x'.repeat(40), error });
    assert.deepEqual([settlement.estimated, settlement.tokens.output], [true, 10]);
    assert.ok(settlement.tokens.input > 0 && totalTokens(settlement.tokens) < 1000);
  });

  it('takes the cost that the provider reports, and marks it', async () => {
    const { settlement } = await settle({ text: 'four', usage: { input: 10, output: 5 }, reportedNusd: 77 });
    assert.deepEqual(
      [settlement.nusd, settlement.pricing, settlement.estimated, settlement.priceSource],
      [77, 'reported', false, 'reported by scripted'],
    );
  });

  it('is priced at the tier that was served, and names it', async () => {
    const asked: PricedModel[] = [];
    const prices: Prices = {
      quote: (model) => (asked.push(model), model.tier === 'other' ? null : { nusd: 5, lines: [], source: 'list' }),
      bound: (model) => (asked.push(model), 1000),
    };
    const of = async (turn: ScriptedTurn, options: ScriptedOptions): Promise<readonly unknown[]> => {
      asked.length = 0;
      const { settlement } = await settle({ text: 'four', ...turn }, options, prices);
      const { serviceTier, pricing, estimated, nusd } = settlement;
      return [serviceTier, estimated ? `estimated ${nusd}` : pricing, asked.at(0)?.tier, asked.at(-1)?.tier];
    };
    assert.deepEqual(await of({}, {}), [null, 'priced', undefined, 'standard']);
    assert.deepEqual(await of({ serviceTier: 'flex' }, { serviceTier: 'flex' }), ['flex', 'priced', 'flex', 'flex']);
    assert.deepEqual(await of({}, { serviceTier: 'flex' }), [null, 'priced', 'flex', 'standard']);
    assert.deepEqual(await of({}, { serviceTier: 'priority' }), [null, 'priced', 'priority', 'priority']);
    assert.deepEqual(await of({ serviceTier: 'other' }, {}), [null, 'estimated 1000', undefined, 'other']);
  });
});
