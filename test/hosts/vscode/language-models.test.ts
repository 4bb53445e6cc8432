import assert from 'node:assert/strict';
import { toChatMessages, toChatTools } from '../../../src/hosts/vscode/language-model-messages.ts';
import { failureOf } from '../../../src/hosts/vscode/language-model-errors.ts';
import { PartSender } from '../../../src/hosts/vscode/part-sender.ts';
import type { HostModelPart, HostModelRequest } from '../../../src/protocol/host-models.ts';
import { crossed, editorWith, messageParts, textPart, type Answer, type Editor } from '../../support/editor-models.ts';

const asked: HostModelRequest = {
  model: 'test/fast/1',
  system: 'Be terse.',
  messages: [{ role: 'user', text: 'hello' }],
  tools: [],
  maxOutputTokens: null,
};

async function read(
  { host }: Pick<Editor, 'host'>,
  request = asked,
  signal = new AbortController().signal,
): Promise<HostModelPart[]> {
  const parts: HostModelPart[] = [];
  for await (const part of host.stream(request, signal)) parts.push(part);
  return parts;
}

describe('the editor’s language models', () => {
  const editors: Editor[] = [];
  afterEach(() => editors.splice(0).forEach((editor) => editor.close()));

  function editor(answer: Answer): Editor {
    const made = editorWith(answer);
    editors.push(made);
    return made;
  }

  it('are told of when the runtime runs, and again when they change', async () => {
    const { host, offer, state, listed } = editor(async function* () {});
    offer([{ vendor: 'test', id: 'fast/1' }]);
    assert.equal(listed(), 0, 'no provider is started for a runtime that does not run');
    state('running');
    await crossed(() => host.offered() !== null);
    assert.deepEqual(host.offered(), [{ vendor: 'test', id: 'fast/1' }]);
    offer([]);
    await crossed(() => host.offered()?.length === 0);
  });

  it('are asked in the API’s words, the bound of the output among the options if there is one', async () => {
    const made = editor(async function* () {
      yield textPart('Hi.');
    });
    assert.deepEqual(await read(made), [{ type: 'text', text: 'Hi.' }, { type: 'end' }]);
    await read(made, { ...asked, maxOutputTokens: 77 });
    assert.deepEqual(
      made.asked.map(({ options }) => options.modelOptions),
      [undefined, { max_tokens: 77 }],
    );
  });

  it('leave out parts that the API does not have yet', async () => {
    const made = editor(async function* () {
      yield { mimeType: 'image/png' };
      yield textPart('Hi.');
    });
    assert.deepEqual(await read(made), [{ type: 'text', text: 'Hi.' }, { type: 'end' }]);
  });

  it('are let go when the runtime wants no more, even if their provider never ends', async () => {
    const made = editor(async function* () {
      yield textPart('a');
      await new Promise(() => undefined);
    });
    for await (const part of made.host.stream(asked, new AbortController().signal)) {
      assert.equal(part.type, 'text');
      break;
    }
    await crossed(() => made.asked[0]?.token.isCancellationRequested === true);
  });

  it('are let go when their runtime is lost or the window closes', async () => {
    for (const how of ['lost', 'closed']) {
      const made = editor(async function* () {
        yield textPart('a');
        await new Promise(() => undefined);
      });
      const stream = made.host.stream(asked, new AbortController().signal)[Symbol.asyncIterator]();
      await stream.next();
      if (how === 'lost') made.state('lost');
      else made.models.dispose();
      await crossed(() => made.asked[0]?.token.isCancellationRequested === true);
    }
  });

  it('say what came before they broke off, and then why', async () => {
    const made = editor(async function* () {
      yield textPart('a');
      throw new Error('socket hang up');
    });
    const [first, failure] = await read(made);
    assert.deepEqual(first, { type: 'text', text: 'a' });
    assert.deepEqual(failure, {
      type: 'error',
      code: 'PROVIDER_UNAVAILABLE',
      message: 'Model "test/fast/1" of the editor broke off: socket hang up. Resume the run.',
      retryable: true,
    });
  });

  it('are named when the one that was asked for is not there', async () => {
    const made = editor(async function* () {});
    const [failure] = await read(made, { ...asked, model: 'copilot/gpt-9' });
    assert.ok(failure?.type === 'error' && !failure.retryable);
    assert.match(failure.message, /no model "copilot\/gpt-9" now; it offers test\/fast\/1\. Sign in/);
  });

  it('tell a refused consent as what it is, with the remedy', async () => {
    const made = editor(() => Promise.reject(languageModelError('NoPermissions', 'cannot be used')));
    const [failure] = await read(made);
    assert.ok(failure?.type === 'error');
    assert.equal(failure.code, 'PROVIDER_AUTH');
    assert.equal(failure.retryable, false);
    assert.match(failure.message, /Resume the run and allow it/);
  });
});

describe('errors of the editor’s language models', () => {
  const cases: readonly (readonly [error: unknown, code: string, retryable: boolean])[] = [
    [languageModelError('NoPermissions', 'x'), 'PROVIDER_AUTH', false],
    [languageModelError('Blocked', 'Quota exceeded'), 'PROVIDER_UNAVAILABLE', false],
    [languageModelError('NotFound', 'x'), 'PROVIDER_UNAVAILABLE', false],
    [Object.assign(new Error('no'), { cause: new Error('off_topic') }), 'PROVIDER_REJECTED', false],
    [new Error('Request Failed: 413 {"too large"}'), 'PROVIDER_REJECTED', false],
    [new Error('Request Failed: 429 slow down'), 'PROVIDER_UNAVAILABLE', true],
    [new Error('Response failed: 503'), 'PROVIDER_UNAVAILABLE', true],
    [new Error(''), 'PROVIDER_UNAVAILABLE', true],
    ['text', 'PROVIDER_UNAVAILABLE', true],
  ];
  for (const [error, code, retryable] of cases) {
    it(`${String(error) || 'an empty one'} → ${code}${retryable ? ', to be tried again' : ''}`, () => {
      const failure = failureOf(error, 'v/m');
      assert.deepEqual([failure.code, failure.retryable], [code, retryable]);
      assert.match(failure.message, /^(Model|The editor)[^\n]+[.?!…]$/);
    });
  }
});

describe('a conversation in the editor’s words', () => {
  it('has the system’s words first, calls and their results by id, and no empty message', () => {
    const messages = toChatMessages(
      {
        ...asked,
        messages: [
          { role: 'user', text: 'list' },
          { role: 'user', text: '' },
          {
            role: 'assistant',
            text: 'I look.',
            toolCalls: [
              { id: 'c1', name: 'list_files', arguments: { path: '.' } },
              { id: 'c2', name: 'list_files', arguments: '{"pa', invalid: 'no JSON' },
            ],
          },
          {
            role: 'tool',
            results: [
              { id: 'c1', name: 'list_files', text: 'a.txt', isError: false },
              { id: 'c2', name: 'list_files', text: 'no JSON', isError: true },
            ],
          },
        ],
      },
      messageParts,
    );
    assert.deepEqual(JSON.parse(JSON.stringify(messages)), [
      { role: 'user', content: [{ value: 'Be terse.' }] },
      { role: 'user', content: [{ value: 'list' }] },
      {
        role: 'assistant',
        content: [
          { value: 'I look.' },
          { callId: 'c1', name: 'list_files', input: { path: '.' } },
          { callId: 'c2', name: 'list_files', input: { arguments: '{"pa' } },
        ],
      },
      {
        role: 'user',
        content: [
          { callId: 'c1', content: [{ value: 'a.txt' }] },
          { callId: 'c2', content: [{ value: 'no JSON' }] },
        ],
      },
    ]);
  });

  it('has the tools with their schema', () => {
    const parameters = { type: 'object' };
    const tools = toChatTools({ ...asked, tools: [{ name: 't', description: 'd', parameters }] });
    assert.deepEqual(tools, [{ name: 't', description: 'd', inputSchema: parameters }]);
  });
});

describe('parts on their way to the runtime', () => {
  it('go one message at a time, what comes meanwhile as one', async () => {
    const sent: (readonly HostModelPart[])[] = [];
    const take: ((wanted: boolean) => void)[] = [];
    const sender = new PartSender((parts) => {
      sent.push(parts);
      return new Promise((resolve) => take.push(resolve));
    });
    await sender.add({ type: 'text', text: 'a' });
    await Promise.resolve();
    for (const text of ['b', 'c']) await sender.add({ type: 'text', text });
    await sender.add({ type: 'end' });
    assert.deepEqual(sent, [[{ type: 'text', text: 'a' }]]);
    take[0]?.(true);
    const all = sender.sent();
    await crossed(() => sent.length === 2);
    assert.deepEqual(sent[1], [{ type: 'text', text: 'bc' }, { type: 'end' }]);
    take[1]?.(true);
    await all;
  });

  it('let the reader wait while too much is waiting, and are dropped once nothing is wanted', async () => {
    const take: ((wanted: boolean) => void)[] = [];
    const sender = new PartSender(() => new Promise((resolve) => take.push(resolve)));
    await sender.add({ type: 'text', text: 'a' });
    await Promise.resolve();
    let room = false;
    const large = sender.add({ type: 'text', text: 'x'.repeat(100_000) }).then(() => (room = true));
    await Promise.resolve();
    assert.equal(room, false);
    take[0]?.(false);
    await large;
    assert.equal(sender.wanted, false);
    await sender.add({ type: 'text', text: 'y' });
    await sender.sent();
    assert.equal(take.length, 1);
  });
});

function languageModelError(code: string, message: string): Error {
  return Object.assign(new Error(message), { name: 'LanguageModelError', code });
}
