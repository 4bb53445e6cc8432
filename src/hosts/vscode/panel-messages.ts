import * as z from 'zod';
import { laneNames, priorities } from '../../catalogue/lanes.ts';
import { budgetScopes, budgetWindows, resources } from '../../catalogue/states.ts';
import type { PanelMessage, Params, ReadMethod } from '../../protocol/messages.ts';

/** The webview is a stranger: what it sends is checked here, and what does not fit is dropped. */
export function parsePanelMessage(value: unknown): PanelMessage | null {
  const parsed = messages.safeParse(value);
  return parsed.success ? parsed.data : null;
}

/** Parameters of a read, or null when they do not fit the method. */
export function parseReadParams<M extends ReadMethod>(method: M, value: unknown): Params<M> | null {
  const schema: z.ZodType<Params<M>> = reads[method];
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : null;
}

const id = z.string().min(1).max(200);
const limit = z.int().min(1).max(500);
const cursor = z.string().max(1000).nullable();
const days = z.int().min(1).max(3660);

const reads: { readonly [M in ReadMethod]: z.ZodType<Params<M>> } = {
  runs: z.strictObject({ limit, cursor }),
  run: z.strictObject({ run: id }),
  spans: z.strictObject({ runId: id, parentSpanId: id.nullable() }),
  trace: z.strictObject({ run: id }),
  costs: z.strictObject({
    by: z.enum(['run', 'model', 'day', 'agent', 'task', 'resource']),
    days,
    priceAs: id.nullable(),
  }),
  calls: z.strictObject({
    by: z.enum(['run', 'model', 'day', 'agent', 'task', 'all']),
    key: z.string().max(1000),
    days,
    limit,
    cursor,
  }),
  explain: z.strictObject({ callId: id }),
  models: z.strictObject({}),
  priceIds: z.strictObject({}),
};

const amount = z.number().min(0).max(Number.MAX_SAFE_INTEGER);
const moment = z.int().min(0);

const budgetRef = z.strictObject({
  name: id,
  resource: z.enum(resources),
  scope: z.enum(budgetScopes),
  key: z.string().max(4096),
  window: z.enum(budgetWindows),
});

const budgetDecision = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('raise'), limit: amount, until: moment.nullable() }),
  z.strictObject({ type: z.literal('wait') }),
  z.strictObject({ type: z.literal('switch_model'), model: id }),
  z.strictObject({ type: z.literal('continue') }),
  z.strictObject({ type: z.literal('stop') }),
]);

const messages = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({
    type: z.literal('request'),
    id: z.int().min(0),
    method: z.enum(Object.keys(reads) as [ReadMethod, ...ReadMethod[]]),
    params: z.unknown(),
  }),
  z.strictObject({ type: z.literal('cancelRun'), runId: id }),
  z.strictObject({ type: z.literal('resumeRun'), runId: id }),
  z.strictObject({ type: z.literal('decideBudget'), runId: id, decision: budgetDecision }),
  z.strictObject({ type: z.literal('raiseBudget'), budget: budgetRef }),
  z.strictObject({
    type: z.literal('answerApproval'),
    approvalId: id,
    decision: z.enum(['allow', 'deny', 'allow_run']),
  }),
  z.strictObject({
    type: z.literal('controlLane'),
    lane: z.enum(laneNames).nullable(),
    action: z.enum(['pause', 'resume', 'drain']),
  }),
  z.strictObject({
    type: z.literal('controlTask'),
    id: z.int().min(0),
    runId: id,
    taskId: id,
    action: z.enum(['pause', 'continue', 'cancel', 'retry']),
  }),
  z.strictObject({ type: z.literal('showTrace'), runId: id }),
  z.strictObject({ type: z.literal('openReport'), runId: id }),
  z.strictObject({ type: z.literal('command'), command: z.enum(['run', 'exportReport', 'openMetrics']) }),
]);

/** What `haios.run` may be called with, from a key binding or a task; what is given is not asked. */
export const runArguments = z.strictObject({
  prompt: z.string().min(1).max(200_000).optional(),
  model: id.optional(),
  budget: z.partialRecord(z.enum(resources), z.number().positive().max(1e15)).optional(),
  priority: z.enum(priorities).optional(),
  labels: z.array(z.string().max(64)).max(32).optional(),
});
export type RunArguments = z.infer<typeof runArguments>;
