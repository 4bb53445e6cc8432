import assert from 'node:assert/strict';
import { LLMock } from '@copilotkit/aimock';
import { isHaiosError } from '../../src/core/errors.ts';
import type { Model, ModelRequest, ToolSpec } from '../../src/core/ports.ts';
import { createAnthropicModel } from '../../src/models/anthropic.ts';
import type { RemoteOptions } from '../../src/models/ai-sdk.ts';
import { createOfflineModel } from '../../src/models/offline.ts';
import { createOpenAICompatibleModel } from '../../src/models/openai-compatible.ts';
import { createOpenAIModel } from '../../src/models/openai.ts';
import { createTokenizer } from '../../src/models/tokenizer.ts';
import { createEditorModel } from '../../src/models/vscode.ts';
import { noTokens, totalTokens, type Tokens } from '../../src/protocol/rows.ts';
import { editorWith, textOf, textPart, toolCallPart, type Editor } from '../support/editor-models.ts';
import { callModel, field, request, type Turn } from '../support/provider-conversation.ts';
import { scriptedModel } from '../support/scripted-model.ts';

const tools: readonly ToolSpec[] = [
  {
    name: 'search_files',
    description: 'Searches.',
    parameters: { type: 'object', properties: { pattern: { type: 'string' } }, required: ['pattern'] },
  },
];
/** All of them answer it with one `search_files` call, and its result with a text. */
const toolPrompt = 'find "needle"';
const found = '1 matching lines in 1 files (3 searched, 0 binary skipped)\n== a.txt\n4:the needle';

interface Subject {
  readonly name: string;
  readonly provider: string;
  /** Its provider tells none. Absent: it does. */
  readonly usage?: 'none';
  model(): Model;
}

const tokenizer = createTokenizer();

/** The usage of a call, or what is reckoned in its place. */
async function usageOf(turn: Turn, asked: ModelRequest): Promise<Tokens> {
  if (turn.finish.usage !== null) return turn.finish.usage;
  const [input, output] = await Promise.all([
    tokenizer.count(JSON.stringify([asked.system, asked.messages, asked.tools])),
    tokenizer.count(turn.text + turn.calls.map((call) => JSON.stringify(call)).join('')),
  ]);
  return { ...noTokens, input, output };
}

/** What every model must do, whatever is behind it. */
function modelContract({ name, provider, usage: told, model }: Subject): void {
  describe(`model contract: ${name}`, () => {
    it('says who it is', () => {
      const subject = model();
      assert.equal(subject.provider, provider);
      assert.ok(subject.maxOutputTokens > 0);
      assert.ok(subject.id !== '' && subject.model !== '');
    });

    it(`answers a prompt in text, with ${told === 'none' ? 'no usage' : 'usage'}, and finishes once`, async () => {
      const turn = await callModel(model(), request('hello'));
      assert.ok(turn.text.length > 0);
      assert.deepEqual(turn.calls, []);
      assert.equal(turn.finish.reason, 'stop');
      assert.equal(turn.finish.usage === null, told === 'none');
      const usage = await usageOf(turn, request('hello'));
      assert.ok(usage.input > 0 && usage.output > 0);
      assert.equal(turn.finish.usageError, undefined);
    });

    it('asks for a tool, then reads its result', async () => {
      const subject = model();
      const asked = await callModel(subject, request(toolPrompt, { tools }));
      assert.equal(asked.finish.reason, 'tool_calls');
      assert.deepEqual(
        asked.calls.map((call) => [call.name, call.invalid, field(call.arguments, 'pattern')]),
        [['search_files', undefined, 'needle']],
      );
      const [call] = asked.calls;
      assert.ok(call);
      const answered = await callModel(
        subject,
        request(toolPrompt, {
          tools,
          messages: [
            { role: 'user', text: toolPrompt },
            { role: 'assistant', text: asked.text, toolCalls: asked.calls },
            { role: 'tool', results: [{ id: call.id, name: call.name, text: found, isError: false }] },
          ],
        }),
      );
      assert.equal(answered.finish.reason, 'stop');
      assert.match(answered.text, /needle/);
    });

    it('bounds its input from above and stays below its output limit', async () => {
      const subject = model();
      for (const asked of [request('hello'), request('€'.repeat(500), { system: 'You are terse.', tools })]) {
        const usage = await usageOf(await callModel(subject, asked), asked);
        assert.ok(usage.input + usage.cache_read + usage.cache_write <= subject.inputBound(asked));
        assert.ok(usage.output + usage.reasoning <= asked.maxOutputTokens);
        assert.ok(totalTokens(usage) > 0);
      }
    });

    it('throws CANCELLED when the signal was aborted before the call', async () => {
      await assert.rejects(callModel(model(), request('hello'), AbortSignal.abort()), (error) =>
        isHaiosError(error, 'CANCELLED'),
      );
    });

    it('throws CANCELLED, with what was received, when aborted after the first event', async () => {
      const abort = new AbortController();
      const events: string[] = [];
      const run = async (): Promise<void> => {
        for await (const event of model().stream(request('long answer'), abort.signal)) {
          events.push(event.type);
          abort.abort();
        }
      };
      await assert.rejects(run(), (error) => {
        assert.ok(isHaiosError(error, 'CANCELLED'));
        assert.ok(Number(field(error.details['received'], 'textBytes')) > 0);
        assert.ok(String(error.details['partialText']).length > 0);
        return true;
      });
      assert.deepEqual(events, ['text']);
    });

    it('leaves nothing behind when the caller stops reading', async () => {
      for await (const event of model().stream(request('long answer'), new AbortController().signal)) {
        assert.equal(event.type, 'text');
        break;
      }
    });
  });
}

describe('models', () => {
  const mock = new LLMock({ port: 0, chunkSize: 8, latency: 1 });

  before(async () => {
    // Each provider reads the names that are its own.
    const usage = { prompt_tokens: 21, completion_tokens: 7, input_tokens: 21, output_tokens: 7 };
    mock.on({ userMessage: 'needle', hasToolResult: true }, { content: 'The needle is in a.txt, line 4.', usage });
    mock.on(
      { userMessage: 'needle' },
      { toolCalls: [{ name: 'search_files', arguments: '{"pattern":"needle"}' }], usage },
    );
    mock.onMessage('hello', { content: 'Hello to you.', usage });
    mock.onMessage('€', { content: 'Money.', usage });
    mock.onMessage('long answer', { content: 'word '.repeat(400), usage });
    await mock.start();
  });
  after(() => mock.stop());

  const remote = (provider: string, model: string): RemoteOptions => ({
    id: 'subject',
    provider,
    model,
    baseUrl: `${mock.url}/v1`,
    apiKey: 'sk-test-contract',
    maxOutputTokens: 4096,
    idleMs: 10_000,
  });

  modelContract({
    name: 'openai-compatible',
    provider: 'openai-compatible',
    model: () => createOpenAICompatibleModel(remote('openai-compatible', 'qwen3')),
  });
  modelContract({ name: 'openai', provider: 'openai', model: () => createOpenAIModel(remote('openai', 'gpt-5-mini')) });
  modelContract({
    name: 'anthropic',
    provider: 'anthropic',
    model: () => createAnthropicModel(remote('anthropic', 'claude-haiku-4-5')),
  });
  modelContract({
    name: 'offline',
    provider: 'haios.offline',
    model: () => createOfflineModel({ tokenizer: createTokenizer() }),
  });
  modelContract({
    name: 'scripted',
    provider: 'scripted',
    model: () =>
      scriptedModel(({ messages }) => {
        const last = messages.at(-1);
        if (last?.role === 'tool') return { text: 'The needle is found.' };
        if (last?.role === 'user' && last.text.includes('needle')) {
          return { calls: [{ name: 'search_files', arguments: { pattern: 'needle' } }] };
        }
        return { text: ['Hello', ' to you.'] };
      }),
  });

  const editors: Editor[] = [];
  after(() => editors.forEach((editor) => editor.close()));
  modelContract({
    name: 'the editor’s own',
    provider: 'vscode',
    usage: 'none',
    model() {
      const editor = editorWith(async function* ({ messages }) {
        const said = messages.map(textOf).join('');
        if (said.includes('long answer')) for (let i = 0; i < 400; i++) yield textPart('word ');
        else if (!said.includes('needle')) yield* [textPart('Hello'), textPart(' to you.')];
        else if (said.includes('a.txt')) yield textPart('The needle is in a.txt, line 4.');
        else yield toolCallPart('c1', 'search_files', { pattern: 'needle' });
      });
      editors.push(editor);
      const { host } = editor;
      const limits = { maxOutputTokens: 4096, asksForBound: false, idleMs: 10_000 };
      return createEditorModel({ id: 'subject', model: 'test/fast/1', host, tokenizer, ...limits });
    },
  });

  it('send the output limit, the key and a bounded request to the provider', async () => {
    mock.clearRequests();
    for (const model of [
      createOpenAICompatibleModel(remote('openai-compatible', 'qwen3')),
      createOpenAIModel(remote('openai', 'gpt-5-mini')),
      createAnthropicModel(remote('anthropic', 'claude-haiku-4-5')),
    ]) {
      await callModel(model, request('hello', { maxOutputTokens: 321, tools }));
    }
    const sent = mock.getRequests().map((entry) => ({ path: entry.path, body: JSON.stringify(entry.body) }));
    assert.deepEqual(
      sent.map((s) => s.path),
      ['/v1/chat/completions', '/v1/responses', '/v1/messages'],
    );
    for (const { body } of sent) assert.match(body, /321/);
  });
});
