import { hold, type Hold } from '../../src/core/budget/holds.ts';
import { bound, price } from '../../src/core/budget/pricing.ts';
import { Waker } from '../../src/core/budget/waker.ts';
import { isHaiosError, messageOf } from '../../src/core/errors.ts';
import type { LedgerLimit, ModelRequest } from '../../src/core/ports.ts';
import { createModelCatalogue } from '../../src/models/catalogue.ts';
import { createTokenizer } from '../../src/models/tokenizer.ts';
import { noTokens, type Tokens } from '../../src/protocol/rows.ts';
import { Household } from '../../src/runtime/household.ts';
import { hostIdentity, processLives, realClock as clock, realIds as ids } from '../../src/runtime/platform.ts';
import { openStorage } from '../../src/storage/open.ts';
import { readerPath, writerPath } from '../storage/support/open.ts';
import { maxOutputTokens, systemText } from './billing-provider.ts';
import type { Order, Outcome, Report } from './budget-spenders.ts';

/** A process of its own that spends a shared budget at a real provider, as a window's runtime does. */
const [databasePath = '', baseUrl = '', runtimeId = ''] = process.argv.slice(2);
const nothing = (): void => undefined;
const say = (report: Report): void => void process.send?.(report);
const fail = (error: unknown): never => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(1);
};
process.on('unhandledRejection', fail);
process.on('disconnect', () => process.exit(1));

const storage = await openStorage({
  databasePath,
  writerPath,
  readerPath,
  newLedger: false,
  maxBuffered: 100,
  onFlush: nothing,
  onDrop: nothing,
  onHealth: nothing,
});
const buried: string[] = [];
const household = new Household({
  runtimes: storage.runtimes,
  self: { runtimeId, pid: process.pid, host: hostIdentity(), version: 'test', startedAt: clock.now() },
  clock,
  port: () => null,
  processLives,
  onBuried: (dead) => buried.push(dead),
  onLead: nothing,
  onError: fail,
});
await household.start();
const catalogue = createModelCatalogue({
  models: [
    { id: 'mini', provider: 'openai', model: 'gpt-5-mini', base_url: baseUrl, max_output_tokens: maxOutputTokens },
  ],
  keys: () => 'key',
  env: {},
  tokenizer: createTokenizer(),
  host: null,
});
const model = catalogue.get('mini');
const deps = { ledger: storage.ledger, clock, observe: nothing, waker: new Waker(clock), waitMs: 180_000 };
const never = new AbortController().signal;

process.on('message', (order: Order) => {
  switch (order.type) {
    case 'go':
      void spend(order);
      return;
    case 'leave':
      void household
        .stop()
        .then(() => storage.close(5000))
        .then(() => process.exit(0));
  }
});
say({ type: 'ready' });

async function spend({ round, calls, limit }: Extract<Order, { type: 'go' }>): Promise<void> {
  let told = false;
  const onHeld = (): void => {
    if (!told) say({ type: 'reserved', round });
    told = true;
  };
  const outcomes = await Promise.all(
    Array.from({ length: calls }, (_, n) => call(`${runtimeId}.${round}.${n}`, limit, onHeld)),
  );
  say({ type: 'done', round, outcomes, buried: buried.splice(0) });
}

async function call(callId: string, limit: LedgerLimit, onHeld: () => void): Promise<Outcome> {
  const request: ModelRequest = {
    role: 'executor',
    system: systemText,
    messages: [{ role: 'user', text: callId }],
    tools: [],
    maxOutputTokens,
  };
  const at = clock.now();
  const input = model.inputBound(request);
  const nusd = bound(model, input, maxOutputTokens, catalogue.prices, null, at) ?? Number.NaN;
  let held: Hold;
  try {
    held = await hold(
      {
        callId,
        runtimeId,
        runId: runtimeId,
        taskId: `task of ${runtimeId}`,
        agent: 'haios',
        role: 'executor',
        model: model.id,
        workspace: limit.key,
        nusd,
        tokens: input + maxOutputTokens,
        traceId: ids.traceId(),
        spanId: ids.spanId(),
      },
      () => [limit],
      never,
      deps,
    );
  } catch (error) {
    const budget = isHaiosError(error, 'BUDGET_EXCEEDED') ? (error.details['limit'] as LedgerLimit).name : null;
    return { callId, asked: nusd, type: budget === null ? 'failed' : 'refused', budget, message: messageOf(error) };
  }
  onHeld();
  try {
    await held.sent();
    const answered = await ask(request);
    const estimated = answered === null;
    const tokens = answered ?? { ...noTokens, input, output: maxOutputTokens };
    const priced = estimated
      ? ({ nusd, pricing: 'priced', lines: [], source: null } as const)
      : price(model, { tokens }, catalogue.prices, null, at);
    await held.settle({
      tokens,
      nusd: priced.nusd,
      pricing: priced.pricing,
      estimated,
      rates: priced.lines,
      priceSource: priced.source,
      responseModel: null,
      serviceTier: null,
      at: clock.now(),
    });
    return { callId, asked: nusd, type: 'settled', nusd: priced.nusd, estimated };
  } catch (error) {
    return { callId, asked: nusd, type: 'failed', budget: null, message: messageOf(error) };
  }
}

/** Null: the connection broke before the usage came, as a kept connection does that its server closes just then. */
async function ask(request: ModelRequest): Promise<Tokens | null> {
  try {
    for await (const event of model.stream(request, never)) if (event.type === 'finish') return event.usage;
    return null;
  } catch (error) {
    if (isHaiosError(error, 'PROVIDER_UNAVAILABLE')) return null;
    throw error;
  }
}
