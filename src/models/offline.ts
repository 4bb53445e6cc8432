import { setImmediate as nextTurn } from 'node:timers/promises';
import { HaiosError } from '../core/errors.ts';
import type { Model, ModelEvent, ModelRequest, Tokenizer, ToolCall } from '../core/ports.ts';
import { noTokens } from '../protocol/rows.ts';
import { inputBound } from './input-bound.ts';
import { lastPrompt, type Reply } from './offline/conversation.ts';
import { execute } from './offline/executor.ts';
import { plan } from './offline/planner.ts';

export interface OfflineOptions {
  readonly tokenizer: Tokenizer;
  readonly id?: string;
  readonly maxOutputTokens?: number;
}

/**
 * The built-in offline model: rules behind the `Model` port, no language understanding, and it says so. Its answer is
 * a function of the request alone. Like any model it is charged by the token and stops at `maxOutputTokens`.
 */
export function createOfflineModel(options: OfflineOptions): Model {
  const { tokenizer, id = 'offline', maxOutputTokens = 16_384 } = options;
  return {
    id,
    provider: 'haios.offline',
    model: 'offline',
    maxOutputTokens,
    free: true,
    inputBound,
    stream: (request, signal) => stream(request, signal, tokenizer, Math.min(request.maxOutputTokens, maxOutputTokens)),
  };
}

const pieceLength = 400;
const piecesPerTurn = 8;

async function* stream(
  request: ModelRequest,
  signal: AbortSignal,
  tokenizer: Tokenizer,
  limit: number,
): AsyncGenerator<ModelEvent> {
  const sent = { textBytes: 0, reasoningBytes: 0, toolBytes: 0 };
  let partialText = '';
  const stopIfAborted = (): void => {
    if (!signal.aborted) return;
    const details = { retryable: false, received: sent, partialText };
    throw new HaiosError('CANCELLED', 'The model call was cancelled.', { details });
  };
  stopIfAborted();
  const input = await tokenizer.count(textOf(request));
  stopIfAborted();
  const reply = await fit(respond(request), limit, tokenizer);
  stopIfAborted();
  for (const [i, text] of pieces(reply.text).entries()) {
    yield { type: 'text', text };
    partialText += text;
    sent.textBytes += Buffer.byteLength(text);
    if (i % piecesPerTurn === piecesPerTurn - 1) await nextTurn();
    stopIfAborted();
  }
  for (const call of reply.calls) {
    yield { type: 'tool_call', call };
    stopIfAborted();
  }
  yield {
    type: 'finish',
    reason: reply.cut ? 'length' : reply.calls.length > 0 ? 'tool_calls' : 'stop',
    usage: { ...noTokens, input, output: reply.tokens },
    responseModel: 'offline',
  };
}

function pieces(text: string): readonly string[] {
  const parts: string[] = [];
  for (let start = 0; start < text.length;) {
    const end = start + pieceLength;
    // Never between the halves of a surrogate pair.
    const whole = /[\uD800-\uDBFF]/.test(text[end - 1] ?? '') ? end + 1 : end;
    parts.push(text.slice(start, whole));
    start = whole;
  }
  return parts;
}

function respond(request: ModelRequest): Reply {
  switch (request.role) {
    case 'planner':
      return { text: JSON.stringify(plan(lastPrompt(request.messages))), calls: [] };
    case 'executor':
      return execute(request);
    case 'summariser':
      return { text: `# Findings of the offline model\n\n${lastPrompt(request.messages)}`, calls: [] };
    case 'critic':
      return {
        text:
          'The offline model works by rules and cannot judge a result. ' +
          'For a review, configure a language model or a critic command.',
        calls: [],
      };
  }
}

interface Fitted extends Reply {
  readonly tokens: number;
  readonly cut: boolean;
}

/**
 * A reply within the output limit. Calls that do not fit are left for the next turn, where they are asked for again;
 * a text that does not fit ends after a whole line, if it has one that fits.
 */
async function fit(reply: Reply, limit: number, tokenizer: Tokenizer): Promise<Fitted> {
  let tokens = await tokenizer.count(reply.text);
  if (tokens > limit) {
    const cut = await cutText(reply.text, limit, tokenizer);
    return { ...cut, calls: [], cut: true };
  }
  const calls: ToolCall[] = [];
  for (const call of reply.calls) {
    const cost = await tokenizer.count(callText(call));
    if (tokens + cost > limit) break;
    tokens += cost;
    calls.push(call);
  }
  return { text: reply.text, calls, tokens, cut: reply.calls.length > 0 && calls.length === 0 };
}

const cutNote = '\n\n… cut at the output limit of the call.\n';

async function cutText(text: string, limit: number, tokenizer: Tokenizer): Promise<{ text: string; tokens: number }> {
  const note = (await tokenizer.count(cutNote)) * 2 < limit ? cutNote : '';
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((await tokenizer.count(text.slice(0, middle) + note)) <= limit) low = middle;
    else high = middle - 1;
  }
  const line = text.lastIndexOf('\n', low);
  const whole = text.slice(0, line > low / 2 ? line : low) + note;
  const tokens = await tokenizer.count(whole);
  // A cut at a line can, rarely, count one more than the cut it replaces.
  return tokens <= limit ? { text: whole, tokens } : { text: '', tokens: 0 };
}

function textOf(request: ModelRequest): string {
  const messages = request.messages.map((message) => {
    switch (message.role) {
      case 'user':
        return message.text;
      case 'assistant':
        return [message.text, ...message.toolCalls.map(callText)].join('\n');
      case 'tool':
        return message.results.map((result) => result.text).join('\n');
    }
  });
  const tools = request.tools.map((tool) => JSON.stringify(tool));
  return [request.system, ...messages, ...tools].join('\n');
}

function callText(call: ToolCall): string {
  return JSON.stringify({ name: call.name, arguments: call.arguments });
}
