import { HaiosError } from '../core/errors.ts';
import type { FinishReason, HostModels, Model, ModelEvent, ModelRequest, Tokenizer, ToolCall } from '../core/ports.ts';
import { createIdleWatch } from './idle-watch.ts';
import { inputBound } from './input-bound.ts';
import { createOutputBound } from './output-bound.ts';

export interface EditorModelOptions {
  readonly id: string;
  /** `VENDOR/ID`, as the editor names it. */
  readonly model: string;
  readonly host: HostModels;
  readonly tokenizer: Tokenizer;
  readonly maxOutputTokens: number;
  /** Ask the provider for that bound too: some refuse a request for more than they give. */
  readonly asksForBound: boolean;
  /** How long it may send nothing, ms. */
  readonly idleMs: number;
}

/**
 * One of the editor's own language models, reached through the host. It tells no usage, so that a call's tokens are an
 * estimate; nor can its output be bounded for certain, so what passes the bound is cut off here, and the call cancelled.
 */
export function createEditorModel(options: EditorModelOptions): Model {
  return {
    id: options.id,
    provider: 'vscode',
    model: options.model,
    maxOutputTokens: options.maxOutputTokens,
    free: false,
    inputBound,
    stream: (request, signal) => stream(options, request, signal),
  };
}

async function* stream(
  options: EditorModelOptions,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent, void> {
  const { model, host, tokenizer, idleMs } = options;
  const maxOutputTokens = Math.min(request.maxOutputTokens, options.maxOutputTokens);
  const bound = createOutputBound(maxOutputTokens, tokenizer);
  const received = { textBytes: 0, reasoningBytes: 0, toolBytes: 0 };
  let partialText = '';
  let answered = false;
  const finish = (reason: FinishReason): ModelEvent => ({ type: 'finish', reason, usage: null, responseModel: null });

  const abort = new AbortController();
  const idle = createIdleWatch(idleMs, () => abort.abort('stalled'));
  const onAbort = (): void => abort.abort('cancelled');
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const { system, messages, tools } = request;
  const asked = options.asksForBound ? maxOutputTokens : null;
  const parts = host.stream({ model, system, messages, tools, maxOutputTokens: asked }, abort.signal);
  const reader = parts[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value: part } = await idle.during(() => reader.next());
      if (done === true) throw protocolError(options.id);
      switch (part.type) {
        case 'text': {
          if (part.text === '') break;
          answered = true;
          const text = await bound.fitting(part.text);
          received.textBytes += Buffer.byteLength(text);
          partialText += text;
          if (text !== '') yield { type: 'text', text };
          if (text === part.text) break;
          yield finish('length');
          return;
        }
        case 'tool_call': {
          answered = true;
          const whole = JSON.stringify(part.call);
          const fitting = await bound.fitting(whole);
          received.toolBytes += Buffer.byteLength(fitting);
          yield {
            type: 'tool_call',
            call: fitting === whole ? part.call : cutOff(part.call, fitting, maxOutputTokens),
          };
          if (fitting === whole) break;
          yield finish('length');
          return;
        }
        case 'end':
          yield finish(received.toolBytes > 0 ? 'tool_calls' : 'stop');
          return;
        case 'error':
          throw new HaiosError(part.code, part.message, { details: { retryable: part.retryable } });
      }
    }
  } catch (thrown) {
    const stalled = abort.signal.reason === 'stalled';
    const failure = stalled ? stalledError(options, answered) : thrown;
    if (!(failure instanceof HaiosError)) throw failure;
    const details = { ...failure.details, received: { ...received }, partialText };
    throw new HaiosError(failure.code, failure.message, { details });
  } finally {
    signal.removeEventListener('abort', onAbort);
    idle.stop();
    abort.abort('ended');
    await reader.return?.();
  }
}

/** Half a call is none, and the model is told why, as with providers that cut their own calls off. */
function cutOff({ id, name }: ToolCall, fitting: string, maxOutputTokens: number): ToolCall {
  const invalid = `the call was cut off, since an answer may have ${maxOutputTokens} tokens; do it in smaller steps.`;
  return { id, name, arguments: fitting, invalid };
}

/** Asked again at once, the editor would only ask the person again, who may not have answered yet. */
function stalledError({ id, idleMs }: EditorModelOptions, answered: boolean): HaiosError {
  const silence = `Model "${id}" of the editor sent nothing for ${idleMs / 1000} s.`;
  const remedy = answered
    ? 'Resume the run, or allow more time with `timeouts.model_idle_ms`.'
    : 'If the editor asks for your consent to use it, answer that, then resume the run.';
  return new HaiosError('PROVIDER_STALLED', `${silence} ${remedy}`, { details: { retryable: answered } });
}

function protocolError(id: string): HaiosError {
  return new HaiosError(
    'PROVIDER_PROTOCOL',
    `Model "${id}" of the editor ended its answer without saying that it had finished; resume the run.`,
    { details: { retryable: false } },
  );
}
