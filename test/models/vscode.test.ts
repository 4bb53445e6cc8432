import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { HostModels, Model } from '../../src/core/ports.ts';
import { createOutputBound } from '../../src/models/output-bound.ts';
import { createTokenizer } from '../../src/models/tokenizer.ts';
import { createEditorModel } from '../../src/models/vscode.ts';
import type { HostModelPart, HostModelRequest } from '../../src/protocol/host-models.ts';
import { callModel, request } from '../support/provider-conversation.ts';

const tokenizer = createTokenizer();
/** One token a byte: the dearest there is. */
const bytes = { count: (text: string) => Promise.resolve(Buffer.byteLength(text)) };

interface Scripted {
  readonly model: Model;
  readonly asked: HostModelRequest[];
  /** Whether the host was let go, for each call. */
  readonly left: boolean[];
}

function scripted(
  parts: (signal: AbortSignal) => AsyncIterable<HostModelPart>,
  change: { maxOutputTokens?: number; asksForBound?: boolean; idleMs?: number } = {},
): Scripted {
  const asked: HostModelRequest[] = [];
  const left: boolean[] = [];
  const host: HostModels = {
    offered: () => null,
    async *stream(wanted, signal) {
      asked.push(wanted);
      const call = left.push(false) - 1;
      try {
        yield* parts(signal);
      } finally {
        left[call] = true;
      }
    },
  };
  const options = { maxOutputTokens: 4096, asksForBound: false, idleMs: 10_000, ...change };
  return { model: createEditorModel({ id: 'mine', model: 'test/m', host, tokenizer: bytes, ...options }), asked, left };
}

async function* say(...parts: readonly HostModelPart[]): AsyncGenerator<HostModelPart> {
  yield* parts;
}
const text = (said: string): HostModelPart => ({ type: 'text', text: said });
const call = (id: string, argument: string): HostModelPart => ({
  type: 'tool_call',
  call: { id, name: 'read_file', arguments: { path: argument } },
});
const end: HostModelPart = { type: 'end' };

describe('a model of the editor', () => {
  it('hands on what the host says, and finishes without a usage', async () => {
    const { model, asked, left } = scripted(() => say(text('I '), text('look.'), call('c', 'a.txt'), end));
    const turn = await callModel(model, request('hello', { system: 'Be terse.' }));
    assert.equal(turn.text, 'I look.');
    assert.deepEqual(turn.calls, [{ id: 'c', name: 'read_file', arguments: { path: 'a.txt' } }]);
    assert.deepEqual(turn.finish, { type: 'finish', reason: 'tool_calls', usage: null, responseModel: null });
    assert.deepEqual(asked, [
      {
        model: 'test/m',
        system: 'Be terse.',
        messages: [{ role: 'user', text: 'hello' }],
        tools: [],
        maxOutputTokens: null,
      },
    ]);
    assert.deepEqual(left, [true]);
  });

  it('asks the provider for its bound only where a person set one', async () => {
    const { model, asked } = scripted(() => say(end), { asksForBound: true, maxOutputTokens: 900 });
    await callModel(model, request('hello', { maxOutputTokens: 4096 }));
    assert.equal(asked[0]?.maxOutputTokens, 900);
  });

  it('cuts an answer off at its output bound, and lets the host go', async () => {
    const words = Array.from({ length: 1000 }, () => text('word '));
    const { model, left } = scripted(() => say(...words, end), { maxOutputTokens: 100 });
    const turn = await callModel(model, request('hello'));
    assert.equal(turn.finish.reason, 'length');
    assert.equal(turn.text, 'word '.repeat(20));
    assert.deepEqual(left, [true]);
  });

  it('hands on a tool call that passes its output bound as one that was cut off, which no tool gets', async () => {
    const { model } = scripted(() => say(call('a', 'short'), call('b', 'x'.repeat(200)), call('c', 'short'), end), {
      maxOutputTokens: 150,
    });
    const { calls, finish } = await callModel(model, request('hello'));
    assert.equal(finish.reason, 'length');
    assert.deepEqual(
      calls.map(({ id, invalid }) => [id, invalid?.slice(0, 20)]),
      [
        ['a', undefined],
        ['b', 'the call was cut off'],
      ],
    );
    const [, second] = calls;
    assert.match(String(second?.arguments), /^\{"id":"b".*x$/);
    assert.ok(JSON.stringify(calls[0]).length + String(second?.arguments).length <= 150);
  });

  it('throws what the host reports, with what was received', async () => {
    const { model } = scripted(() =>
      say(text('part'), { type: 'error', code: 'PROVIDER_UNAVAILABLE', message: 'It broke off.', retryable: true }),
    );
    await assert.rejects(callModel(model, request('hello')), {
      code: 'PROVIDER_UNAVAILABLE',
      message: 'It broke off.',
      details: { retryable: true, received: { textBytes: 4, reasoningBytes: 0, toolBytes: 0 }, partialText: 'part' },
    });
  });

  it('takes an answer without an end for a broken one', async () => {
    const { model } = scripted(() => say(text('part')));
    await assert.rejects(callModel(model, request('hello')), { code: 'PROVIDER_PROTOCOL' });
  });

  it('gives up a silent host: not to be asked again at once before its first word, when consent may be pending', async () => {
    for (const first of [[], [text('x')]]) {
      const { model } = scripted(
        async function* (signal) {
          yield* first;
          await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        },
        { idleMs: 20 },
      );
      await assert.rejects(callModel(model, request('hello')), (error) => {
        assert.ok(error instanceof Error && 'code' in error && 'details' in error);
        assert.equal(error.code, 'PROVIDER_STALLED');
        assert.equal(Reflect.get(Object(error.details), 'retryable'), first.length > 0);
        assert.equal(error.message.includes('consent'), first.length === 0);
        return true;
      });
    }
  });
});

describe('the output bound', () => {
  it('lets as many tokens through as are allowed and no more, and does not count where bytes are few', async () => {
    let counts = 0;
    const counting = { count: (said: string) => ((counts += 1), tokenizer.count(said)) };
    const bound = createOutputBound(1000, counting);
    for (let i = 0; i < 10; i++) assert.equal(await bound.fitting('ten bytes '), 'ten bytes ');
    assert.equal(counts, 0);
  });

  it('never lets more through than is allowed, nor cuts a character in two', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 40 }), { maxLength: 30 }),
        fc.nat(200),
        async (pieces, max) => {
          const bound = createOutputBound(max, bytes);
          let passed = '';
          for (const piece of pieces) {
            const fitting = await bound.fitting(piece);
            passed += fitting;
            if (fitting !== piece) break;
          }
          const whole = pieces.join('');
          assert.ok(whole.startsWith(passed));
          assert.ok(Buffer.byteLength(passed) <= max);
          if (Buffer.byteLength(whole) <= max) assert.equal(passed, whole);
          else assert.ok(Buffer.byteLength(passed) > max - 4);
        },
      ),
    ));

  it('counts as the settlement does, piece by piece', async () => {
    const bound = createOutputBound(50, tokenizer);
    let passed = '';
    for (const word of 'A long answer with many ordinary words in it. '.repeat(20).split(/(?<= )/)) {
      const fitting = await bound.fitting(word);
      passed += fitting;
      if (fitting !== word) break;
    }
    const counted = await tokenizer.count(passed);
    assert.ok(counted <= 50 && counted > 35, `${counted} tokens`);
  });
});
