import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { HaiosError } from '../../src/core/errors.ts';
import { createLogFile } from '../../src/telemetry/log-file.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { createRedactor } from '../../src/telemetry/redact.ts';
import { createTracing } from '../../src/telemetry/spans.ts';
import { run, settled, sources, span, task } from '../telemetry/fixtures.ts';
import { startReceiver } from '../telemetry/receiver.ts';

const known = 'canary-7f3a/9c+"known"';
const unknown = ['sk', '-ant-api03-', 'canary8d2e'.repeat(6)].join('');
const forms = [
  known,
  JSON.stringify(known).slice(1, -1),
  encodeURIComponent(known),
  Buffer.from(known).toString('base64').slice(0, -4),
  'canary-7f3a',
  'canary8d2e',
];

/** What a canary may come in as. */
const dirty = [
  `prompt with ${known} and ${unknown}`,
  JSON.stringify({ output: { key: known, other: unknown } }),
  `GET /?k=${encodeURIComponent(known)}`,
  `Authorization: Basic ${Buffer.from(`user:${known}`).toString('base64')}`,
  `env: ANTHROPIC_API_KEY=${unknown}`,
];

/** FAULTS 21, the redaction half: planted secrets reach no row, export, log or metric. */
describe('fault 21: canary secrets', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'haios-canary-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('are in no row, payload, OTLP export, log line or metric', async () => {
    const receiver = await startReceiver();
    const redactor = createRedactor({ secrets: () => [known] });
    const file = path.join(folder, 'haios.log');
    const logFile = createLogFile({ path: file, maxBytes: 1_000_000, keep: 1 });
    const log = createLog({ level: 'debug', redactor, destinations: [logFile] });
    const metrics = createMetrics({ prefix: 'haios_', sources: sources() });
    const stored: unknown[] = [];
    const tracing = createTracing({
      version: '1',
      environment: 'dev_fast',
      runtimeId: 'r',
      sampleRate: 1,
      otlpEndpoint: receiver.url,
      redactor,
      sink: (entry) => void stored.push(entry),
      onExport: (spans, result) => metrics.observe({ type: 'spans_exported', spans, result }),
      log,
    });
    try {
      for (const text of dirty) {
        stored.push(
          redactor.value({
            run: run({ prompt: text, text, error: { code: 'TOOL_FAILED', message: text } }),
            task: task({ title: text, error: text }),
          }),
        );
        const row = span({
          name: text,
          error: text,
          status: 'error',
          attributes: { [text]: 1, note: text },
          events: [{ name: text, at: 1, attributes: { a: text } }],
        });
        tracing.observe({ type: 'span_started', span: { ...row, kind: 'stage', status: 'running' } });
        tracing.observe({ type: 'span_ended', span: row, payload: { input: text, output: text } });
        log.error(text, {
          error: new HaiosError('TOOL_FAILED', text, { cause: new Error(text), details: { argv: [text] } }),
          [text]: text,
        });
        metrics.observe({ type: 'failure', category: 'TOOL_FAILED', runId: 'r', message: text });
        metrics.observe(redactor.value(settled(1, { model: text, agent: text })));
      }
      assert.equal(await tracing.forceFlush(5_000), true);
      const outputs = {
        rows: JSON.stringify(stored),
        otlp: receiver.bodies.join('\n'),
        log: readFileSync(file, 'utf8'),
        metrics: (await metrics.text()) + (await metrics.openMetrics()),
      };
      assert.equal(receiver.spans().length, dirty.length);
      assert.equal(outputs.log.trim().split('\n').length, dirty.length);
      for (const [place, text] of Object.entries(outputs)) {
        for (const form of forms) assert.ok(!text.includes(form), `${form} in ${place}`);
        assert.ok(text.includes('[redacted]'), place);
      }
      assert.equal(
        outputs.log
          .trim()
          .split('\n')
          .every((line) => typeof JSON.parse(line) === 'object'),
        true,
      );
    } finally {
      await tracing.shutdown(1_000);
      logFile.close();
      await receiver.close();
    }
  });
});
