import type { LanguageModelV4, LanguageModelV4StreamPart, SharedV3ProviderOptions } from '@ai-sdk/provider';
import { HaiosError } from '../core/errors.ts';
import type { ServiceTier } from '../catalogue/states.ts';
import type { FinishReason, Model, ModelEvent, ModelRequest, ToolCall } from '../core/ports.ts';
import { classify, fail, type Callee, type Received } from './ai-sdk/errors.ts';
import { toPrompt, toTools } from './ai-sdk/prompt.ts';
import { createWire, type Wire, type WireLimits } from './ai-sdk/wire.ts';
import { createIdleWatch } from './idle-watch.ts';
import { inputBound } from './input-bound.ts';
import type { UsageReader } from './usage/reader.ts';
import { tierOf } from './usage/service-tier.ts';

/** What every model behind a provider library needs, whichever the provider. */
export interface RemoteOptions {
  readonly id: string;
  /** By which it is priced and named in spans. */
  readonly provider: string;
  readonly model: string;
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
  readonly maxOutputTokens: number;
  /** The tier to ask for; absent: the provider decides. */
  readonly serviceTier?: ServiceTier;
  /** How long the provider may send nothing, at the start and between lines, ms. */
  readonly idleMs: number;
  readonly limits?: WireLimits;
}

export interface Connection {
  /** A library model that sends through the given `fetch`; made anew for each call. */
  connect(fetch: typeof globalThis.fetch): LanguageModelV4;
  /** Reads the provider's usage. */
  readonly usage: UsageReader;
  readonly providerOptions?: SharedV3ProviderOptions;
}

const defaultLimits: WireLimits = { maxLineBytes: 8 * 1024 * 1024, maxBytes: 64 * 1024 * 1024 };

/**
 * A model of the provider library behind our port. Errors as the port says; every error of a call that was sent
 * carries `details.received` (bytes of text, reasoning and tool arguments) and `details.partialText`.
 */
export function createAiSdkModel(options: RemoteOptions, connection: Connection): Model {
  return {
    id: options.id,
    provider: options.provider,
    model: options.model,
    maxOutputTokens: options.maxOutputTokens,
    free: false,
    ...(options.serviceTier === undefined ? {} : { serviceTier: options.serviceTier }),
    inputBound,
    stream: (request, signal) => stream(options, connection, request, signal),
  };
}

async function* stream(
  options: RemoteOptions,
  connection: Connection,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  const callee: Callee = {
    modelId: options.id,
    address: addressOf(options.baseUrl),
    secrets: options.apiKey === undefined ? [] : [options.apiKey],
  };
  const limits = options.limits ?? defaultLimits;
  const answer = createAnswer(limits.maxLineBytes, connection.usage);
  const abort = new AbortController();
  const idle = createIdleWatch(options.idleMs, () => abort.abort('stalled'));
  const onAbort = (): void => abort.abort('cancelled');
  signal.addEventListener('abort', onAbort, { once: true });
  const wire = createWire(limits, idle.touch, connection.usage.combine);
  let reader: ReadableStreamDefaultReader<LanguageModelV4StreamPart> | null = null;
  try {
    if (signal.aborted) onAbort();
    const result = await idle.during(() =>
      orAborted(abort.signal, () =>
        connection.connect(wire.fetch).doStream({
          prompt: toPrompt(request),
          tools: toTools(request),
          maxOutputTokens: Math.min(request.maxOutputTokens, options.maxOutputTokens),
          abortSignal: abort.signal,
          ...(connection.providerOptions === undefined ? {} : { providerOptions: connection.providerOptions }),
        }),
      ),
    );
    const parts = result.stream.getReader();
    reader = parts;
    for (;;) {
      const { done, value: part } = await idle.during(() => orAborted(abort.signal, () => parts.read()));
      if (done) throw new HaiosError('PROVIDER_PROTOCOL', 'ended its answer without saying that it had finished');
      const event = answer.take(part, wire);
      if (event === null) continue;
      yield event;
      if (event.type === 'finish') return;
    }
  } catch (thrown) {
    const failure = abort.signal.aborted
      ? stopped(abort.signal.reason, callee, options.idleMs)
      : classify(thrown, callee, wire.answered(), Date.now());
    const details = { ...failure.details, received: answer.received(), partialText: answer.text() };
    throw new HaiosError(failure.code, failure.message, { details });
  } finally {
    signal.removeEventListener('abort', onAbort);
    idle.stop();
    abort.abort('ended');
    // The stream may already be broken; what it then says is known.
    reader?.cancel().catch(() => undefined);
  }
}

function stopped(reason: unknown, callee: Callee, idleMs: number): HaiosError {
  return reason === 'stalled'
    ? fail(callee, 'PROVIDER_STALLED', `sent nothing for ${idleMs / 1000} s`, { retryable: true })
    : new HaiosError('CANCELLED', 'The model call was cancelled.', { details: { retryable: false } });
}

interface Answer {
  /** The port's event for a part, or null; throws what an error part reports. */
  take(part: LanguageModelV4StreamPart, wire: Wire): ModelEvent | null;
  received(): Received;
  text(): string;
}

function createAnswer(maxBytes: number, usage: UsageReader): Answer {
  const received = { textBytes: 0, reasoningBytes: 0, toolBytes: 0 };
  let text = '';
  let responseModel: string | null = null;
  const count = (kind: keyof typeof received, piece: string): void => {
    received[kind] += Buffer.byteLength(piece);
    if (received.textBytes + received.reasoningBytes + received.toolBytes > maxBytes) {
      throw new HaiosError('PROVIDER_PROTOCOL', `sent an answer larger than ${maxBytes} bytes`);
    }
  };
  return {
    received: () => ({ ...received }),
    text: () => text,
    take(part, wire) {
      switch (part.type) {
        case 'text-delta':
          count('textBytes', part.delta);
          text += part.delta;
          return part.delta === '' ? null : { type: 'text', text: part.delta };
        case 'reasoning-delta':
          count('reasoningBytes', part.delta);
          return part.delta === '' ? null : { type: 'reasoning', text: part.delta };
        case 'tool-input-delta':
          count('toolBytes', part.delta);
          return null;
        case 'tool-call':
          return { type: 'tool_call', call: toToolCall(part.toolCallId, part.toolName, part.input) };
        case 'response-metadata':
          responseModel = part.modelId ?? responseModel;
          return null;
        case 'error':
          throw part.error;
        case 'finish': {
          // What the library reports when the stream just ended.
          if (
            part.finishReason.raw === undefined &&
            ['other', 'error', 'interrupted'].includes(part.finishReason.unified)
          ) {
            throw new HaiosError('PROVIDER_PROTOCOL', 'ended its answer without saying that it had finished');
          }
          const { tokens, error, reportedNusd, costError, serviceTier } = usage.read(wire.usage());
          const tier = serviceTier ?? tierOf(wire.serviceTier());
          return {
            type: 'finish',
            reason: finishReason(part.finishReason.unified),
            usage: tokens,
            ...(error === undefined ? {} : { usageError: error }),
            ...(reportedNusd === undefined ? {} : { reportedNusd }),
            ...(costError === undefined ? {} : { costError }),
            ...(tier === undefined ? {} : { serviceTier: tier }),
            responseModel,
          };
        }
        default:
          return null;
      }
    },
  };
}

function toToolCall(id: string, name: string, input: string): ToolCall {
  if (input.trim() === '') return { id, name, arguments: {} };
  try {
    return { id, name, arguments: JSON.parse(input) as unknown };
  } catch {
    return { id, name, arguments: input, invalid: 'The arguments are not valid JSON.' };
  }
}

function finishReason(unified: string): FinishReason {
  switch (unified) {
    case 'stop':
    case 'length':
      return unified;
    case 'tool-calls':
      return 'tool_calls';
    case 'content-filter':
      return 'content_filter';
    default:
      return 'other';
  }
}

/** Settles as `start()` does, or rejects as soon as the signal aborts even if the library never notices. */
function orAborted<T>(signal: AbortSignal, start: () => PromiseLike<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new HaiosError('CANCELLED', 'The model call was cancelled.'));
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    Promise.resolve(start())
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function addressOf(baseUrl: string): string {
  const url = new URL(baseUrl);
  return `${url.origin}${url.pathname.replace(/\/$/, '')}`;
}
