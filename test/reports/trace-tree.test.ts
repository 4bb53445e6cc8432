import assert from 'node:assert/strict';
import { traceText, traceTree } from '../../src/reports/trace-tree.ts';
import { spanRow } from '../support/rows.ts';

const spans = [
  spanRow({ spanId: '1'.repeat(16), name: 'plan', kind: 'plan', durationMs: 65_000, tokens: 1200, nusd: 650_000 }),
  spanRow({ spanId: '3'.repeat(16), parentSpanId: '2'.repeat(16), name: 'execute', kind: 'stage', startedAt: 3 }),
  spanRow({ spanId: '2'.repeat(16), parentSpanId: '1'.repeat(16), name: 'task', startedAt: 1, durationMs: 1234 }),
  spanRow({
    spanId: '4'.repeat(16),
    parentSpanId: '3'.repeat(16),
    name: 'chat gpt-5-mini',
    kind: 'chat',
    startedAt: 1_763_632_800_000.25,
    durationMs: 850.5,
    status: 'error',
    error: 'reset\nby peer',
    tokens: 1200,
    nusd: 650_000,
    estimated: true,
    attributes: {
      'haios.lane': 'model_call',
      'gen_ai.usage.input_tokens': 1000,
      ratio: 0.5,
      nan: Number.NaN,
      'haios.priced': true,
    },
    events: [{ name: 'acquired_slot', at: 1_763_632_800_001, attributes: { n: 1 } }],
  }),
  spanRow({
    spanId: '5'.repeat(16),
    parentSpanId: '1'.repeat(16),
    name: 'task\u001b[2J',
    status: 'running',
    startedAt: 2,
    durationMs: null,
  }),
];

describe('reports/trace-tree', () => {
  it('draws spans under their parents in the order they began', () => {
    assert.equal(
      traceTree(spans),
      `plan  1 m 05 s  1,200 tokens  $0.00065
├─ task  1.2 s
│  └─ execute  12 ms
│     └─ chat gpt-5-mini  [error]  851 ms  1,200 tokens  ~$0.00065
│            ! reset by peer
└─ task\\u{1b}[2J  [running]
`,
    );
  });

  it('draws every span once, whatever the parent ids say', () => {
    const strange = [
      spanRow({ spanId: 'a', parentSpanId: 'gone', name: 'orphan' }),
      spanRow({ spanId: 'b', parentSpanId: 'c', name: 'b' }),
      spanRow({ spanId: 'c', parentSpanId: 'b', name: 'c' }),
      spanRow({ spanId: 'd', parentSpanId: 'd', name: 'own parent' }),
    ];
    assert.equal(
      traceTree(strange),
      'orphan  12 ms  (its parent is not in the trace)\nb  12 ms\n└─ c  12 ms\nown parent  12 ms\n',
    );
    const deep = Array.from({ length: 2000 }, (_, i) =>
      spanRow({ spanId: `${i}`, parentSpanId: i === 0 ? null : `${i - 1}`, name: 'x' }),
    );
    assert.equal(traceTree(deep).trimEnd().split('\n').length, 2000);
    assert.equal(traceTree([]), 'The trace has no spans.\n');
  });

  it('exports OTLP/JSON: hex ids, 64-bit integers as text, typed attributes', () => {
    const [resource] = (
      JSON.parse(traceText(spans, 'otlp', '0.1.0')) as {
        resourceSpans: { resource: unknown; scopeSpans: { spans: Record<string, unknown>[] }[] }[];
      }
    ).resourceSpans;
    assert.deepEqual(resource?.resource, {
      attributes: [
        { key: 'service.name', value: { stringValue: 'haios' } },
        { key: 'service.version', value: { stringValue: '0.1.0' } },
      ],
    });
    const exported = resource?.scopeSpans[0]?.spans ?? [];
    assert.equal(exported.length, spans.length);
    assert.deepEqual(exported[3], {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: '4444444444444444',
      parentSpanId: '3333333333333333',
      name: 'chat gpt-5-mini',
      kind: 3,
      startTimeUnixNano: '1763632800000250000',
      endTimeUnixNano: '1763632800850750000',
      attributes: [
        { key: 'haios.lane', value: { stringValue: 'model_call' } },
        { key: 'gen_ai.usage.input_tokens', value: { intValue: '1000' } },
        { key: 'ratio', value: { doubleValue: 0.5 } },
        { key: 'nan', value: { doubleValue: 'NaN' } },
        { key: 'haios.priced', value: { boolValue: true } },
        { key: 'haios.status', value: { stringValue: 'error' } },
      ],
      events: [
        {
          timeUnixNano: '1763632800001000000',
          name: 'acquired_slot',
          attributes: [{ key: 'n', value: { intValue: '1' } }],
        },
      ],
      status: { code: 2, message: 'reset\nby peer' },
    });
    assert.equal('parentSpanId' in (exported[0] ?? {}), false);
    assert.deepEqual(exported[4]?.['status'], {});
  });

  it('gives the rows themselves as JSON', () => {
    assert.deepEqual(JSON.parse(traceText(spans.slice(0, 1), 'json', '0.1.0')), spans.slice(0, 1));
  });
});
