import assert from 'node:assert/strict';
import { join } from 'node:path';
import { LLMock } from '@copilotkit/aimock';
import { calcPrice } from '@pydantic/genai-prices';
import { rows, startRuntime, withFolder } from '../support/runtime.ts';
import { writeSampleTree } from '../support/sample-tree.ts';

/** What the server says that it served. The server passes cached tokens on in its OpenRouter face only. */
const plain = { input_tokens: 1200, output_tokens: 340, total_tokens: 1540 };
const cached = {
  prompt_tokens: 1200,
  completion_tokens: 340,
  total_tokens: 1540,
  prompt_tokens_details: { cached_tokens: 1000 },
  completion_tokens_details: { reasoning_tokens: 40 },
};
/** GPT-5 mini's list prices, USD per million tokens. */
const rates = { input: 0.25, cache_read: 0.025, output: 2 };

describe('a run on a third-party provider server', () => {
  const mock = new LLMock({ port: 0 });
  const models = () => [
    { id: 'mini', provider: 'openai', model: 'gpt-5-mini', base_url: `${mock.url}/v1`, max_output_tokens: 4000 },
    {
      id: 'haiku',
      provider: 'anthropic',
      model: 'claude-haiku-4-5',
      base_url: `${mock.url}/v1`,
      max_output_tokens: 4000,
    },
    {
      id: 'router',
      provider: 'openai-compatible',
      model: 'openai/gpt-5-mini',
      base_url: `${mock.url}/api/v1`,
      max_output_tokens: 4000,
      prices: rates,
    },
    { id: 'local', provider: 'openai-compatible', model: 'qwen3', base_url: `${mock.url}/v1`, max_output_tokens: 4000 },
  ];
  before(() => mock.start());
  after(() => mock.stop());
  beforeEach(() => mock.reset());

  it('costs what the price library says of the usage that was sent (OpenAI)', () =>
    withFolder(async (folder) => {
      mock.onMessage('color', { content: 'Green.', usage: plain });
      const summary = await runOn(folder, 'mini');
      assert.deepEqual(summary.tokens, {
        input: 1200,
        cache_read: 0,
        cache_write: 0,
        cache_write_1h: 0,
        output: 340,
        reasoning: 0,
        total: 1540,
      });
      assert.equal(summary.usd_nano, libraryNano({ input_tokens: 1200, output_tokens: 340 }, 'gpt-5-mini', 'openai'));
      assert.equal(summary.usd_nano, 1200 * 250 + 340 * 2000);
      assert.equal(summary.estimated, false);
    }));

  it('the same for Anthropic', () =>
    withFolder(async (folder) => {
      mock.onMessage('color', { content: 'Green.', usage: plain });
      const summary = await runOn(folder, 'haiku');
      assert.equal(
        summary.usd_nano,
        libraryNano({ input_tokens: 1200, output_tokens: 340 }, 'claude-haiku-4-5', 'anthropic'),
      );
      // $1 / 1M input, $5 / 1M output (Anthropic's price list).
      assert.equal(summary.usd_nano, 1200 * 1000 + 340 * 5000);
    }));

  it('counts cached and reasoning tokens once, each at its rate', () =>
    withFolder(async (folder) => {
      mock.onMessage('color', { content: 'Green.', usage: cached });
      const summary = await runOn(folder, 'router');
      assert.deepEqual(summary.tokens, {
        input: 200,
        cache_read: 1000,
        cache_write: 0,
        cache_write_1h: 0,
        output: 300,
        reasoning: 40,
        total: 1540,
      });
      const usage = { input_tokens: 1200, cache_read_tokens: 1000, output_tokens: 340 };
      assert.equal(summary.usd_nano, libraryNano(usage, 'gpt-5-mini', 'openai'));
      assert.equal(summary.usd_nano, 200 * 250 + 1000 * 25 + 340 * 2000);
    }));

  it('takes the cost that the provider itself reports', () =>
    withFolder(async (folder) => {
      mock.onMessage('color', { content: 'Green.', usage: { ...cached, cost: 0.00123 } });
      const summary = await runOn(folder, 'router');
      assert.equal(summary.usd_nano, 1_230_000);
      assert.deepEqual(rows(join(folder, 'ledger.db'), 'SELECT pricing FROM ledger WHERE pricing IS NOT NULL'), [
        { pricing: 'reported' },
      ]);
    }));

  it('says that a model without a price is unpriced, and lets the token budget hold it', () =>
    withFolder(async (folder) => {
      mock.onMessage('color', {
        content: 'Green.',
        usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
      });
      const summary = await runOn(folder, 'local');
      assert.deepEqual(
        [summary.status, summary.usd_nano, summary.unpricedCalls, summary.tokens.total],
        ['succeeded', 0, 1, 15],
      );
    }));

  it('uses the tools of the workspace as the model asks', () =>
    withFolder(async (folder) => {
      mock.on({ userMessage: 'color', hasToolResult: true }, { content: 'There are four.', usage: plain });
      mock.on(
        { userMessage: 'color' },
        { toolCalls: [{ name: 'search_files', arguments: '{"pattern":"TODO"}' }], usage: plain },
      );
      const summary = await runOn(folder, 'mini');
      assert.deepEqual([summary.status, summary.text, summary.tokens.total], ['succeeded', 'There are four.', 3080]);
      const tools = rows(join(folder, 'haios.db'), "SELECT name, status FROM spans WHERE kind = 'tool'");
      assert.deepEqual(tools, [{ name: 'execute_tool search_files', status: 'ok' }]);
    }));

  async function runOn(folder: string, model: string) {
    const workspace = await writeSampleTree(folder, { 'haios.config.json': JSON.stringify({ models: models() }) });
    const runtime = await startRuntime({ folder, workspace, env: { OPENAI_API_KEY: '', ANTHROPIC_API_KEY: '' } });
    const summary = await runtime.run({ prompt: 'Which color is it?', model });
    await runtime.stop(5000);
    assert.equal(summary.error, null);
    return summary;
  }
});

function libraryNano(usage: Parameters<typeof calcPrice>[0], model: string, providerId: string): number {
  return Math.round((calcPrice(usage, model, { providerId })?.total_price ?? NaN) * 1e9);
}
