import type { ServiceTier } from '../../src/catalogue/states.ts';
import { HaiosError } from '../../src/core/errors.ts';
import type { AnsweredTier, FinishReason, Model, ModelEvent, ModelRequest, ToolCall } from '../../src/core/ports.ts';
import { noTokens, type Tokens } from '../../src/protocol/rows.ts';

/** One call of the script. Reasoning, text and tool calls are sent in this order, then the error or the finish. */
export interface ScriptedTurn {
  readonly reasoning?: string;
  /** A list is sent piece by piece. */
  readonly text?: string | readonly string[];
  /** Ids are made (`call_TURN_PLACE`) where none is given. */
  readonly calls?: readonly (Pick<ToolCall, 'name' | 'arguments'> & Partial<ToolCall>)[];
  /** Default: 10 input and 5 output tokens. Null: the provider sent none. */
  readonly usage?: Partial<Tokens> | null;
  readonly usageError?: string;
  readonly reportedNusd?: number;
  readonly serviceTier?: AnsweredTier;
  readonly finish?: FinishReason;
  readonly responseModel?: string | null;
  /** Thrown after what was sent, with `received` and `partialText` added to its details. */
  readonly error?: HaiosError;
  /** After what was sent, nothing comes until the caller aborts. */
  readonly hang?: boolean;
}

export interface ScriptedOptions {
  readonly id?: string;
  readonly provider?: string;
  readonly model?: string;
  readonly free?: boolean;
  readonly maxOutputTokens?: number;
  readonly serviceTier?: ServiceTier;
  /** Default: the UTF-8 bytes of the request. */
  readonly inputBound?: (request: ModelRequest) => number;
}

export interface ScriptedModel extends Model {
  /** Every request, in order. */
  readonly requests: readonly ModelRequest[];
}

/**
 * A model that says what it is told to: a list of turns, one per call, or a function of the request and the number of
 * calls before it. A call after the last turn throws INTERNAL.
 */
export function scriptedModel(
  script: readonly ScriptedTurn[] | ((request: ModelRequest, call: number) => ScriptedTurn | Promise<ScriptedTurn>),
  options: ScriptedOptions = {},
): ScriptedModel {
  const requests: ModelRequest[] = [];
  const { id = 'scripted', provider = 'scripted', model = id, free = false, maxOutputTokens = 4096 } = options;
  return {
    id,
    provider,
    model,
    free,
    maxOutputTokens,
    ...(options.serviceTier === undefined ? {} : { serviceTier: options.serviceTier }),
    requests,
    inputBound: options.inputBound ?? ((request) => Buffer.byteLength(JSON.stringify(request))),
    async *stream(request, signal) {
      const number = requests.push(request) - 1;
      const turn = typeof script === 'function' ? await script(request, number) : script[number];
      if (turn === undefined) throw new HaiosError('INTERNAL', `The script has no turn ${number + 1}.`);
      yield* play(turn, number, model, signal);
    },
  };
}

async function* play(
  turn: ScriptedTurn,
  number: number,
  model: string,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  let partialText = '';
  const broken = (error: HaiosError): HaiosError => {
    const received = { textBytes: Buffer.byteLength(partialText), reasoningBytes: 0, toolBytes: 0 };
    return new HaiosError(error.code, error.message, { details: { ...error.details, received, partialText } });
  };
  const cancelled = new HaiosError('CANCELLED', 'The model call was cancelled.', { details: { retryable: false } });
  const stopIfAborted = (): void => {
    if (signal.aborted) throw broken(cancelled);
  };
  stopIfAborted();
  if (turn.reasoning !== undefined) yield { type: 'reasoning', text: turn.reasoning };
  for (const text of typeof turn.text === 'string' ? [turn.text] : (turn.text ?? [])) {
    yield { type: 'text', text };
    partialText += text;
    stopIfAborted();
  }
  for (const [i, call] of (turn.calls ?? []).entries()) {
    yield { type: 'tool_call', call: { id: `call_${number + 1}_${i + 1}`, ...call } };
    stopIfAborted();
  }
  if (turn.hang === true) {
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    throw broken(cancelled);
  }
  if (turn.error !== undefined) throw broken(turn.error);
  const { usage = { input: 10, output: 5 } } = turn;
  yield {
    type: 'finish',
    reason: turn.finish ?? ((turn.calls ?? []).length > 0 ? 'tool_calls' : 'stop'),
    usage: usage === null ? null : { ...noTokens, ...usage },
    ...(turn.usageError === undefined ? {} : { usageError: turn.usageError }),
    ...(turn.reportedNusd === undefined ? {} : { reportedNusd: turn.reportedNusd }),
    ...(turn.serviceTier === undefined ? {} : { serviceTier: turn.serviceTier }),
    responseModel: turn.responseModel === undefined ? model : turn.responseModel,
  };
}
