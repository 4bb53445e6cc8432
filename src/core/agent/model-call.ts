import pRetry, { AbortError } from 'p-retry';
import { inputTokens, noTokens, outputTokens, totalTokens, type Tokens } from '../../protocol/rows.ts';
import { checkCall } from '../budget/call-limit.ts';
import { hold, type Hold } from '../budget/holds.ts';
import { bound, price, type Priced } from '../budget/pricing.ts';
import { HaiosError, isAbort, isHaiosError, messageOf } from '../errors.ts';
import { workerCall } from '../lanes/worker-call.ts';
import type { FinishReason, ModelEvent, ModelRequest, Settlement, ToolCall } from '../ports.ts';
import type { Span } from '../trace.ts';
import type { Task } from './task.ts';

export interface ModelAnswer {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly reason: FinishReason;
}

/** What has arrived of an answer so far. */
interface Received {
  text: string;
  reasoning: string;
  toolCalls: ToolCall[];
  firstAt: number | null;
  finish: Extract<ModelEvent, { type: 'finish' }> | null;
}

/**
 * Asks the task's model, and again after a budget's stop. Each try is a worker call and a ledger row of its own; overloads are tried again with jittered
 * back-off or as long as the provider asks, with no slot and no money held meanwhile. Throws PROVIDER_*, BUDGET_EXCEEDED,
 * QUOTA_EXCEEDED, LEDGER_*, TIMEOUT or CANCELLED.
 */
export async function callModel(task: Task, parent: Span, request: ModelRequest): Promise<ModelAnswer> {
  return task.context.stop.through(task, request, () => tries(task, parent, request));
}

async function tries(task: Task, parent: Span, asked: ModelRequest): Promise<ModelAnswer> {
  const { retry } = task.context;
  return pRetry(
    async () => {
      try {
        const done = await task.mayCall('model_call');
        // The model may be another one since it was asked for.
        const request = { ...asked, maxOutputTokens: task.context.model.maxOutputTokens };
        return await attempt(task, parent, request).finally(done);
      } catch (error) {
        if (isHaiosError(error) && error.details['retryable'] === true) throw error;
        throw new AbortError(error instanceof Error ? error : new Error(messageOf(error)));
      }
    },
    {
      retries: retry.retries,
      minTimeout: retry.minTimeoutMs,
      maxTimeout: retry.maxTimeoutMs,
      randomize: true,
      signal: task.signal,
      async onFailedAttempt({ error, retriesLeft }) {
        const retryAfterMs = isHaiosError(error) ? error.details['retryAfterMs'] : undefined;
        if (retriesLeft > 0 && typeof retryAfterMs === 'number') {
          await sleep(task, Math.min(retryAfterMs, retry.maxTimeoutMs));
        }
      },
    },
  );
}

async function attempt(task: Task, parent: Span, request: ModelRequest): Promise<ModelAnswer> {
  const { context } = task;
  const { services, run } = context;
  run.countCall();
  return workerCall(
    {
      lane: 'model_call',
      what: context.model.id,
      priority: run.row().priority,
      scope: task.scope,
      tracer: context.tracer,
      parent,
      signal: task.signal,
      timeouts: context.timeouts,
      run: async (work) => {
        const { signal, span } = work;
        task.mayBegin();
        const chat = context.tracer.start({
          name: `chat ${context.model.model}`,
          kind: 'chat',
          parent: span,
          attributes: {
            'gen_ai.operation.name': 'chat',
            'gen_ai.provider.name': context.model.provider,
            'gen_ai.request.model': context.model.model,
            'gen_ai.request.max_tokens': request.maxOutputTokens,
            'haios.role': request.role,
          },
        });
        const received: Received = { text: '', reasoning: '', toolCalls: [], firstAt: null, finish: null };
        let held: Hold | undefined;
        let sent = false;
        let failure: Error | undefined;
        const callId = services.ids.unique();
        try {
          held = await reserve(task, request, callId, chat, signal);
          await held.sent();
          sent = true;
          await receive(task, request, signal, chat, received);
        } catch (error) {
          failure = error instanceof Error ? error : new HaiosError('INTERNAL', messageOf(error), { cause: error });
        }
        work.end();
        if (failure !== undefined && !sent) {
          if (isHaiosError(failure, 'BUDGET_EXCEEDED')) task.notCalled();
          await held?.release();
          endChat(chat, failure, noTokens, null, request, received, context.captureContent);
          throw failure;
        }
        const settlement = await settlementOf(task, request, received, failure, held);
        await held?.settle(settlement);
        account(task, callId, request, settlement, held, chat);
        endChat(chat, failure, settlement.tokens, settlement, request, received, context.captureContent);
        services.observe({
          type: 'model_called',
          model: context.model.id,
          latencyMs: chat.row().durationMs ?? 0,
          ttftMs: received.firstAt,
          error: failure === undefined ? null : isHaiosError(failure) ? failure.code : 'INTERNAL',
        });
        await task.tellBudgets();
        if (failure !== undefined) throw failure;
        return { text: received.text, toolCalls: received.toolCalls, reason: received.finish?.reason ?? 'other' };
      },
    },
    services,
  );
}

async function reserve(
  task: Task,
  request: ModelRequest,
  callId: string,
  chat: Span,
  signal: AbortSignal,
): Promise<Hold> {
  const { context, state } = task;
  const { services, model, run } = context;
  const inputBound = model.inputBound(request);
  const at = services.clock.now();
  const nusd = bound(model, inputBound, request.maxOutputTokens, services.prices, context.priceAs, at);
  const ask = {
    callId,
    runtimeId: services.runtimeId,
    runId: run.id,
    taskId: state.taskId,
    agent: run.row().agent,
    role: request.role,
    model: model.id,
    workspace: context.workspace,
    // Without a price only the token budgets hold the call; a run does not start without one.
    nusd: nusd ?? 0,
    tokens: inputBound + request.maxOutputTokens,
    at,
    traceId: context.tracer.traceId,
    spanId: chat.spanId,
  };
  await checkCall(context.budget, ask, services);
  return hold(ask, () => task.limits(model.id, ask.nusd), signal, { ...services, waitMs: context.budgetWaitMs });
}

async function receive(
  task: Task,
  request: ModelRequest,
  signal: AbortSignal,
  chat: Span,
  received: Received,
): Promise<void> {
  for await (const event of task.context.model.stream(request, signal)) {
    received.firstAt ??= chat.elapsedMs();
    switch (event.type) {
      case 'text':
        received.text += event.text;
        break;
      case 'reasoning':
        received.reasoning += event.text;
        break;
      case 'tool_call':
        received.toolCalls.push(event.call);
        break;
      case 'finish':
        received.finish = event;
        break;
    }
  }
  if (received.finish === null) {
    throw new HaiosError(
      'PROVIDER_PROTOCOL',
      `The answer of model “${task.context.model.id}” ended without its end; the call is settled by what was received.`,
    );
  }
}

/**
 * The provider's usage if it sent one; its whole reservation for one that cannot be true; else an estimate; nothing for a
 * request that the provider refused unread.
 */
async function settlementOf(
  task: Task,
  request: ModelRequest,
  received: Received,
  failure: unknown,
  held: Hold | undefined,
): Promise<Settlement> {
  const { model, services, priceAs } = task.context;
  const at = services.clock.now();
  const { usage = null, usageError, reportedNusd, serviceTier: tier } = received.finish ?? {};
  const refused = failure !== undefined && wasRefusedUnread(failure, received);
  const malformed = usageError !== undefined && held !== undefined;
  const tokens = malformed
    ? { ...noTokens, input: held.tokens - request.maxOutputTokens, output: request.maxOutputTokens }
    : (usage ?? (refused ? noTokens : await estimate(task, request, received)));
  const listed: Priced = refused
    ? { nusd: 0, pricing: 'free', lines: [], source: 'refused by the provider' }
    : malformed
      ? { ...price(model, { tokens }, services.prices, priceAs, at), ...reservation(held, usageError) }
      : price(model, { tokens, reportedNusd, tier }, services.prices, priceAs, at);
  // Money was held for it, so the model has a price and this tier has none: that it was free is the one thing not known.
  const isTierUnknown = listed.pricing === 'unpriced' && held !== undefined && held.nusd > 0;
  const priced: Priced = isTierUnknown
    ? { pricing: 'priced', ...reservation(held, 'a tier without a known price') }
    : listed;
  return {
    tokens,
    nusd: priced.nusd,
    pricing: priced.pricing,
    estimated: (usage === null && !refused) || isTierUnknown,
    rates: priced.lines,
    priceSource: priced.source,
    responseModel: received.finish?.responseModel ?? null,
    serviceTier: tier === undefined || tier === 'other' ? null : tier,
    at,
  };
}

/** What stands in for a price that cannot be known: a bound, so there are no rates to show. */
function reservation(held: Hold, reason: string): Pick<Priced, 'nusd' | 'lines' | 'source'> {
  return { nusd: held.nusd, lines: [], source: `its reservation, for ${reason}` };
}

function wasRefusedUnread(failure: unknown, received: Received): boolean {
  if (received.firstAt !== null) return false;
  return (
    isHaiosError(failure, 'PROVIDER_AUTH') ||
    isHaiosError(failure, 'PROVIDER_REJECTED') ||
    isHaiosError(failure, 'PROVIDER_UNAVAILABLE')
  );
}

async function estimate(task: Task, request: ModelRequest, received: Received): Promise<Tokens> {
  const { tokenizer } = task.context.services;
  const [input, output, reasoning] = await Promise.all([
    tokenizer.count(JSON.stringify([request.system, request.messages, request.tools])),
    tokenizer.count(received.text + received.toolCalls.map((call) => JSON.stringify(call)).join('')),
    tokenizer.count(received.reasoning),
  ]);
  return { ...noTokens, input, output, reasoning };
}

function account(
  task: Task,
  callId: string,
  request: ModelRequest,
  settlement: Settlement,
  held: Hold | undefined,
  chat: Span,
): void {
  const { tokens, nusd, pricing, estimated } = settlement;
  const { services, model, run } = task.context;
  const overrun = {
    nusd: Math.max(0, nusd - (held?.nusd ?? nusd)),
    tokens: Math.max(0, totalTokens(tokens) - (held?.tokens ?? totalTokens(tokens))),
  };
  chat.set({
    'haios.call_id': callId,
    ...(overrun.nusd > 0 ? { 'haios.overrun_usd': overrun.nusd / 1e9 } : {}),
    ...(overrun.tokens > 0 ? { 'haios.overrun_tokens': overrun.tokens } : {}),
  });
  task.countResent(request.role, tokens);
  task.add({ tokens, nusd, calls: 1, estimated, unpricedCalls: pricing === 'unpriced' ? 1 : 0 });
  services.observe({
    type: 'call_settled',
    callId,
    agent: run.row().agent,
    model: model.id,
    role: request.role,
    tokens,
    nusd,
    pricing,
    estimated,
    overrun,
  });
}

function endChat(
  chat: Span,
  failure: unknown,
  tokens: Tokens,
  settlement: Settlement | null,
  request: ModelRequest,
  received: Received,
  captureContent: boolean,
): void {
  chat.end({
    status: failure === undefined ? 'ok' : isAbort(failure) ? 'cancelled' : 'error',
    ...(failure === undefined ? {} : { error: messageOf(failure) }),
    tokens: totalTokens(tokens),
    nusd: settlement?.nusd ?? 0,
    estimated: settlement?.estimated ?? false,
    attributes: {
      'gen_ai.usage.input_tokens': inputTokens(tokens),
      'gen_ai.usage.output_tokens': outputTokens(tokens),
      'gen_ai.usage.cache_read.input_tokens': tokens.cache_read,
      'gen_ai.usage.cache_creation.input_tokens': tokens.cache_write + tokens.cache_write_1h,
      'gen_ai.usage.reasoning.output_tokens': tokens.reasoning,
      'haios.cost_usd': (settlement?.nusd ?? 0) / 1e9,
      'haios.priced': settlement?.pricing ?? 'unpriced',
      ...(received.finish?.responseModel == null ? {} : { 'gen_ai.response.model': received.finish.responseModel }),
      ...(received.finish?.usageError === undefined ? {} : { 'haios.usage_error': received.finish.usageError }),
      ...(received.finish?.costError === undefined ? {} : { 'haios.cost_error': received.finish.costError }),
    },
    payload: captureContent
      ? {
          input: JSON.stringify({ system: request.system, messages: request.messages }),
          output: JSON.stringify({ text: received.text, toolCalls: received.toolCalls }),
        }
      : null,
  });
}

function sleep(task: Task, ms: number): Promise<void> {
  const { clock } = task.context.services;
  const { signal } = task;
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal.addEventListener('abort', done, { once: true });
  });
}
