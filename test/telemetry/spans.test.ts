import assert from 'node:assert/strict';
import { isHaiosError } from '../../src/core/errors.ts';
import type { SpanPayload } from '../../src/core/events.ts';
import type { SpanRow } from '../../src/protocol/rows.ts';
import { createRedactor } from '../../src/telemetry/redact.ts';
import type { ExportResult } from '../../src/telemetry/signals.ts';
import { createTracing, type Tracing, type TracingOptions } from '../../src/telemetry/spans.ts';
import { memoryLog, run, span, traceId } from './fixtures.ts';
import { startReceiver, type OtlpAttribute, type Receiver } from './receiver.ts';

const plan = span({
  spanId: '00000000000000a0',
  parentSpanId: null,
  taskId: null,
  name: 'plan',
  kind: 'plan',
  lane: null,
});
const task = span({ spanId: '00000000000000a1', parentSpanId: plan.spanId, name: 'task', kind: 'task', lane: null });
const call = span();
const chat = span({
  spanId: '00000000000000c3',
  parentSpanId: call.spanId,
  name: 'chat gpt',
  kind: 'chat',
  status: 'error',
  error: 'It broke.',
});

function setUp(over: Partial<TracingOptions> = {}) {
  const rows: { row: SpanRow; payload: SpanPayload | null }[] = [];
  const exports: Record<ExportResult, number> = { success: 0, failure: 0, dropped: 0 };
  const log = memoryLog();
  const tracing = createTracing({
    version: '1.2.3',
    environment: 'dev_fast',
    runtimeId: 'runtime-1',
    sampleRate: 1,
    otlpEndpoint: null,
    redactor: createRedactor({ secrets: () => ['top-secret-value'] }),
    sink: (entry) => void rows.push(entry),
    onExport: (spans, result) => void (exports[result] += spans),
    log,
    ...over,
  });
  return { tracing, rows, exports, log };
}

function tell(tracing: Tracing): void {
  tracing.observe({ type: 'run_changed', run: run(), from: 'queued' });
  for (const row of [plan, task, call])
    tracing.observe({ type: 'span_started', span: { ...row, status: 'running', durationMs: null } });
  for (const row of [chat, call, task, plan]) tracing.observe({ type: 'span_ended', span: row, payload: null });
}

function value(attributes: readonly OtlpAttribute[], key: string): unknown {
  return Object.values(attributes.find((attribute) => attribute.key === key)?.value ?? {})[0];
}

describe('spans', () => {
  let receiver: Receiver | undefined;
  afterEach(async () => {
    await receiver?.close();
    receiver = undefined;
  });

  it('writes runs and tasks at their start and every span at its end', () => {
    const { tracing, rows } = setUp();
    tell(tracing);
    assert.deepEqual(
      rows.map(({ row }) => [row.spanId, row.status]),
      [
        [plan.spanId, 'running'],
        [task.spanId, 'running'],
        [chat.spanId, 'error'],
        [call.spanId, 'ok'],
        [task.spanId, 'ok'],
        [plan.spanId, 'ok'],
      ],
    );
  });

  it('puts on every row what every span carries', () => {
    const { tracing, rows } = setUp();
    tell(tracing);
    const ended = rows.find(({ row }) => row.spanId === chat.spanId)?.row;
    assert.deepEqual(ended, {
      ...chat,
      attributes: {
        'service.name': 'haios',
        'service.version': '1.2.3',
        'deployment.environment': 'dev_fast',
        'haios.run_id': 'run-1',
        'haios.task_id': 'task-1',
        'haios.g': 7,
        'haios.agent': 'default',
        'haios.lane': 'file_read',
        'haios.status': 'error',
        'haios.error': 'It broke.',
      },
    });
  });

  it('exports the same ids, parents, times, status and events over OTLP', async () => {
    receiver = await startReceiver();
    const { tracing, exports } = setUp({ otlpEndpoint: receiver.url });
    assert.deepEqual(tracing.exporter(), { kind: 'idle' });
    tell(tracing);
    assert.equal(await tracing.forceFlush(5_000), true);
    assert.deepEqual(receiver.paths, ['/v1/traces']);
    const spans = new Map(receiver.spans().map((one) => [one.spanId, one]));
    assert.deepEqual([...spans.keys()].sort(), [plan, task, call, chat].map((row) => row.spanId).sort());
    for (const row of [plan, task, call, chat]) {
      const sent = spans.get(row.spanId);
      assert.equal(sent?.traceId, traceId);
      assert.equal(sent.parentSpanId ?? null, row.parentSpanId);
      assert.equal(sent.name, row.name);
      assert.equal(sent.startTimeUnixNano, '1700000000000250000');
      assert.equal(sent.endTimeUnixNano, '1700000000012750000');
    }
    assert.deepEqual(spans.get(call.spanId)?.status.code, 1);
    assert.deepEqual(spans.get(chat.spanId)?.status, { code: 2, message: 'It broke.' });
    assert.equal(spans.get(chat.spanId)?.kind, 3);
    assert.equal(spans.get(call.spanId)?.events[0]?.name, 'acquired_slot');
    assert.equal(value(spans.get(call.spanId)?.attributes ?? [], 'haios.agent'), 'default');
    assert.equal(value(receiver.resource(), 'service.name'), 'haios');
    assert.equal(value(receiver.resource(), 'service.instance.id'), 'runtime-1');
    assert.deepEqual(exports, { success: 4, failure: 0, dropped: 0 });
    assert.deepEqual(tracing.exporter(), { kind: 'ok' });
    await tracing.shutdown(1_000);
  });

  it('keeps or leaves a trace whole', () => {
    const { tracing, rows } = setUp({ sampleRate: 0.5 });
    for (let index = 0; index < 200; index += 1) {
      const id = (index * 0x147ae14 + 1).toString(16).padStart(8, '0').padStart(32, '0');
      const spans = [plan, task, call].map((row) => ({ ...row, traceId: id }));
      for (const row of spans) tracing.observe({ type: 'span_started', span: { ...row, status: 'running' } });
      for (const row of spans) tracing.observe({ type: 'span_ended', span: row, payload: null });
    }
    const counts = new Map<string, number>();
    for (const { row } of rows) counts.set(row.traceId, (counts.get(row.traceId) ?? 0) + 1);
    assert.deepEqual(new Set(counts.values()), new Set([5]));
    assert.ok(counts.size > 50 && counts.size < 150, `${counts.size} of 200 traces`);
  });

  it('samples nothing at rate 0', () => {
    const { tracing, rows } = setUp({ sampleRate: 0 });
    tell(tracing);
    assert.deepEqual(rows, []);
  });

  it('counts a refusing receiver and logs it once', async () => {
    receiver = await startReceiver(400);
    const { tracing, rows, exports, log } = setUp({ otlpEndpoint: `${receiver.url}/v1/traces` });
    tell(tracing);
    assert.equal(await tracing.forceFlush(5_000), false);
    tell(tracing);
    assert.equal(await tracing.forceFlush(5_000), false);
    assert.equal(rows.length, 12);
    assert.deepEqual(exports, { success: 0, failure: 8, dropped: 0 });
    assert.equal(tracing.exporter().kind, 'failing');
    assert.equal(log.lines.length, 1);
    await tracing.shutdown(1_000);
    assert.deepEqual(
      log.lines.map(({ fields }) => (fields as { failed: number }).failed),
      [4, 4],
    );
  });

  it('drops what does not fit the queue, counted, and keeps the rows', async () => {
    receiver = await startReceiver();
    const { tracing, rows, exports } = setUp({ otlpEndpoint: receiver.url });
    for (let index = 1; index <= 6_000; index += 1) {
      tracing.observe({
        type: 'span_ended',
        span: { ...call, spanId: index.toString(16).padStart(16, '0') },
        payload: null,
      });
    }
    await tracing.shutdown(10_000);
    assert.equal(rows.length, 6_000);
    assert.ok(exports.dropped > 0);
    assert.equal(exports.success + exports.dropped, 6_000);
    assert.equal(receiver.spans().length, exports.success);
  });

  it('shuts down once and in time when the receiver never answers', async () => {
    receiver = await startReceiver(null);
    const { tracing } = setUp({ otlpEndpoint: receiver.url });
    tell(tracing);
    const startedAt = performance.now();
    assert.equal(await tracing.forceFlush(100), false);
    const first = tracing.shutdown(200);
    assert.equal(tracing.shutdown(60_000), first);
    await first;
    assert.ok(performance.now() - startedAt < 5_000);
  });

  it('probes the receiver without a span', async () => {
    receiver = await startReceiver();
    const up = setUp({ otlpEndpoint: receiver.url });
    assert.deepEqual(await up.tracing.probe(), { kind: 'ok' });
    assert.deepEqual(receiver.spans(), []);
    assert.deepEqual(up.exports, { success: 0, failure: 0, dropped: 0 });
    await up.tracing.shutdown(1_000);
    const refusing = await startReceiver(404);
    const down = setUp({ otlpEndpoint: refusing.url });
    assert.equal((await down.tracing.probe()).kind, 'failing');
    await down.tracing.shutdown(1_000);
    await refusing.close();
    assert.deepEqual(await setUp().tracing.probe(), { kind: 'off' });
  });

  it('redacts names, attributes, events, errors and payloads before they leave', async () => {
    receiver = await startReceiver();
    const { tracing, rows } = setUp({ otlpEndpoint: receiver.url });
    const secret = 'top-secret-value';
    tracing.observe({
      type: 'span_ended',
      span: {
        ...call,
        name: `run ${secret}`,
        status: 'error',
        error: `failed with ${secret}`,
        attributes: { [`k-${secret}`]: 1, 'tool.args': JSON.stringify({ key: secret }) },
        events: [{ name: secret, at: 1, attributes: { detail: secret } }],
      },
      payload: { input: secret, output: `x${secret}y` },
    });
    await tracing.forceFlush(5_000);
    assert.equal(receiver.spans().length, 1);
    assert.ok(!receiver.bodies.join('').includes(secret));
    assert.equal(rows.length, 1);
    assert.ok(!JSON.stringify(rows).includes(secret));
    assert.deepEqual(rows[0]?.payload, { input: '[redacted]', output: 'x[redacted]y' });
    await tracing.shutdown(1_000);
  });

  it('does not let a row change after it was handed over', () => {
    const { tracing, rows } = setUp();
    const attributes: Record<string, string> = { a: '1' };
    const events = [...call.events];
    tracing.observe({ type: 'span_started', span: { ...task, attributes, events } });
    attributes['a'] = '2';
    events.push({ name: 'later', at: 2, attributes: {} });
    assert.equal(rows[0]?.row.attributes['a'], '1');
    assert.equal(rows[0]?.row.events.length, 1);
  });

  it('refuses an endpoint that is no http address', () => {
    for (const otlpEndpoint of ['localhost:4318', 'ftp://x', '']) {
      assert.throws(
        () => setUp({ otlpEndpoint }),
        (error) => isHaiosError(error, 'CONFIG_INVALID'),
        otlpEndpoint,
      );
    }
  });
});
