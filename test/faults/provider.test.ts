import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { RunSummary } from '../../src/protocol/messages.ts';
import {
  eventStream,
  opening,
  startProviderServer,
  wholeAnswer,
  type ProviderServer,
} from '../support/provider-server.ts';
import { rows, startRuntime, withFolder } from '../support/runtime.ts';
import { writeSampleTree } from '../support/sample-tree.ts';

const kind = 'openai-compatible';
const usage = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 };
const answered = (response: ServerResponse): void => {
  eventStream(response, wholeAnswer(kind, { text: 'Green.', usage }));
  response.end();
};

interface Outcome {
  readonly summary: RunSummary;
  readonly ledger: readonly Record<string, unknown>[];
  readonly held: readonly unknown[];
}

describe('a provider that misbehaves, from the wire to the ledger', function () {
  this.timeout(60_000);
  let server: ProviderServer;
  beforeEach(async () => {
    server = await startProviderServer();
  });
  afterEach(() => server.stop());

  it('FAULTS 9: 429 with Retry-After is waited for with no slot held, and other lanes go on', async () => {
    let refused = 0;
    server.answer((response) => {
      if (refused++ >= 2) return answered(response);
      response.writeHead(429, { 'retry-after': '1' });
      response.end('{}');
    });
    await withFolder(async (folder) => {
      const runtime = await open(folder);
      const slow = runtime.run({ prompt: 'Which color?', model: 'faulty' });
      const other = await runtime.run({ prompt: 'todo', model: 'offline' });
      assert.equal(other.status, 'succeeded');
      const summary = await slow;
      await runtime.stop(5000);
      assert.deepEqual([summary.status, summary.usd_nano], ['succeeded', 100 * 1000 + 10 * 2000]);
      const calls = rows(
        join(folder, 'haios.db'),
        "SELECT started_at AS began, started_at + duration_ms AS ended FROM spans WHERE run_id = ? AND kind = 'worker_call' AND lane = 'model_call' ORDER BY began",
        summary.run,
      );
      assert.equal(calls.length, 3);
      const waits = calls.slice(1).map(({ began }, at) => Number(began) - Number(calls[at]?.['ended']));
      assert.ok(
        waits.every((ms) => ms >= 990),
        `a slot was held for part of the second: ${waits.join(', ')} ms between calls`,
      );
    });
  });

  it('FAULTS 10: a reset in mid-stream settles what was received, marked estimated; the retry is a call of its own', async () => {
    let calls = 0;
    server.answer((response) => {
      if (calls++ > 0) return answered(response);
      eventStream(response, opening(kind, 'It is probably '));
      setTimeout(() => response.socket?.resetAndDestroy(), 50);
    });
    const { summary, ledger, held } = await outcome();
    assert.equal(summary.status, 'succeeded');
    assert.deepEqual(
      ledger.map(({ estimated }) => estimated),
      [1, 0],
    );
    assert.ok(ledger.every(({ usd }) => Number(usd) > 0));
    assert.equal(
      summary.usd_nano,
      ledger.reduce((sum, { usd }) => sum + Number(usd), 0),
    );
    assert.equal(summary.estimated, true);
    assert.deepEqual(held, []);
  });

  it('FAULTS 11: a stream that stalls is ended, its slot and reservation come back', async () => {
    server.answer((response) => eventStream(response, opening(kind, 'It is')));
    const { summary, ledger, held } = await outcome({ timeouts: { model_idle_ms: 1000 } }, { tokens: 15_000 });
    assert.ok(['failed', 'budget_exceeded'].includes(summary.status), summary.status);
    assert.ok(ledger.length >= 1 && ledger.every(({ estimated }) => estimated === 1));
    assert.deepEqual(held, []);
  });

  it('FAULTS 11: a stream that drips for ever is ended by the call’s limit, and its slot is free', async () => {
    const drips: NodeJS.Timeout[] = [];
    server.answer((response) => {
      eventStream(response, opening(kind, 'It is'));
      drips.push(setInterval(() => response.write(': still here\n\n'), 50));
    });
    await withFolder(async (folder) => {
      const runtime = await open(folder, {
        timeouts: { default_ms: 1000, escalation_factor: 1.5, kill_grace_ms: 1000, model_idle_ms: 60_000 },
      });
      const began = performance.now();
      const summary = await runtime.run({ prompt: 'Which color?', model: 'faulty' });
      const tookMs = performance.now() - began;
      const { lanes } = await runtime.client.request('subscribe', {});
      await runtime.stop(5000);
      for (const drip of drips) clearInterval(drip);
      assert.deepEqual([summary.status, summary.error?.code], ['failed', 'TIMEOUT']);
      assert.ok(tookMs < 30_000, `it took ${tookMs} ms`);
      const lane = lanes.find(({ lane: name }) => name === 'model_call');
      assert.deepEqual([lane?.active, lane?.late, lane?.stats.timeouts], [0, [], 1]);
      const [span] = rows(
        join(folder, 'haios.db'),
        "SELECT status, events FROM spans WHERE name = 'worker_call:model_call'",
      );
      const events = JSON.parse(String(span?.['events'])) as { name: string; attributes: { phase?: string } }[];
      assert.equal(span?.['status'], 'error');
      assert.deepEqual(
        events.flatMap(({ name, attributes }) => (name === 'timeout' ? [attributes.phase] : [])),
        ['warning', 'abort'],
      );
      assert.deepEqual(rows(join(folder, 'ledger.db'), 'SELECT * FROM reservations'), []);
    });
  });

  it('FAULTS 12: garbage for a stream is a typed failure, settled and not tried again', async () => {
    server.answer((response) => {
      eventStream(response, ['data: {"a":\n\n', 'data: ]]]\n\n']);
      response.end();
    });
    const { summary, ledger, held } = await outcome();
    assert.deepEqual([summary.status, summary.error?.code], ['failed', 'PROVIDER_PROTOCOL']);
    assert.equal(ledger.length, 1);
    assert.deepEqual(held, []);
  });

  it('a wrong key ends the run with what to do, and costs nothing', async () => {
    server.answer((response) => {
      response.writeHead(401);
      response.end('{"error":{"message":"no"}}');
    });
    const { summary } = await outcome();
    assert.deepEqual([summary.status, summary.error?.code, summary.usd_nano], ['failed', 'PROVIDER_AUTH', 0]);
  });

  async function open(folder: string, settings: Readonly<Record<string, unknown>> = {}) {
    const model = {
      id: 'faulty',
      provider: kind,
      model: 'm',
      base_url: server.baseUrl,
      prices: { input: 1, output: 2 },
    };
    const workspace = await writeSampleTree(folder);
    const models = [{ ...model, max_output_tokens: 1000 }];
    return startRuntime({ folder, workspace, settings: { models, ...settings } });
  }

  function outcome(settings: Readonly<Record<string, unknown>> = {}, budget = {}): Promise<Outcome> {
    return withFolder(async (folder) => {
      const runtime = await open(folder, settings);
      const summary = await runtime.run({ prompt: 'Which color?', model: 'faulty', budget });
      await runtime.stop(5000);
      const file = join(folder, 'ledger.db');
      return {
        summary,
        ledger: rows(file, 'SELECT usd_nusd AS usd, estimated FROM ledger WHERE pricing IS NOT NULL ORDER BY entry_id'),
        held: rows(file, 'SELECT * FROM reservations'),
      };
    });
  }
});
