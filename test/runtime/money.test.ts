import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SpanRow } from '../../src/protocol/rows.ts';
import { rows, startRuntime, withFolder } from '../support/runtime.ts';
import { writeSampleTree } from '../support/sample-tree.ts';

const prompt = 'inventory, todo and links';

describe('a run’s money, from call to counter', () => {
  it('is the same in cost records, run, ledger and /metrics, to the last nano-dollar and token', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder);
      const runtime = await startRuntime({ folder, workspace, settings: { price_as: 'gpt-5-mini' } });
      const summary = await runtime.run({ prompt });
      const scraped = await (await fetch(runtime.welcome.metricsUrl ?? '')).text();
      await runtime.stop(5000);

      assert.equal(summary.status, 'succeeded');
      assert.ok(summary.tasks >= 3, `${summary.tasks} tasks`);
      assert.ok(summary.usd_nano > 0);
      const sums =
        'sum(usd_nusd) AS usd, sum(input_tokens + cache_read_tokens + cache_write_tokens + output_tokens + reasoning_tokens) AS tokens';
      const expected = [{ usd: summary.usd_nano, tokens: summary.tokens.total }];
      assert.deepEqual(
        rows(join(folder, 'haios.db'), `SELECT ${sums} FROM cost_records WHERE run_id = ?`, summary.run),
        expected,
      );
      assert.deepEqual(
        rows(join(folder, 'ledger.db'), `SELECT ${sums} FROM ledger WHERE run_id = ?`, summary.run),
        expected,
      );
      assert.deepEqual(
        {
          usd: Math.round(counter(scraped, 'haios_usd_spend_total') * 1e9),
          tokens: counter(scraped, 'haios_tokens_total'),
        },
        expected[0],
      );
      assert.deepEqual(rows(join(folder, 'ledger.db'), 'SELECT * FROM reservations'), []);
    }));

  it('leaves one tree of spans, each under a parent that is there', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder);
      const runtime = await startRuntime({ folder, workspace });
      const { run, traceId } = await runtime.run({ prompt });
      const spans: readonly SpanRow[] = await runtime.client.request('trace', { run });
      await runtime.stop(5000);

      const ids = new Set(spans.map(({ spanId }) => spanId));
      assert.equal(ids.size, spans.length);
      assert.deepEqual(
        spans.filter(({ parentSpanId }) => parentSpanId === null).map(({ name }) => name),
        ['plan'],
      );
      assert.deepEqual(
        spans.filter(({ parentSpanId }) => parentSpanId !== null && !ids.has(parentSpanId)),
        [],
      );
      assert.deepEqual([...new Set(spans.map((span) => span.traceId))], [traceId]);
      assert.deepEqual(
        spans.filter(({ status }) => status === 'running'),
        [],
      );
      const stored = rows(join(folder, 'haios.db'), 'SELECT count(*) AS spans FROM spans WHERE run_id = ?', run);
      assert.deepEqual(stored, [{ spans: spans.length }]);
    }));
});

describe('a cost report', () => {
  it('adds up to the ledger, says what was only reckoned, and carries the id of a trace that is there', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder);
      const runtime = await startRuntime({ folder, workspace, settings: { price_as: 'gpt-5-mini' } });
      const summary = await runtime.run({ prompt });
      const query = { days: 7, range: null, priceAs: null, out: null, workspace } as const;
      const { text, path, g } = await runtime.client.request('report', { ...query, format: 'md' });
      await runtime.stop(5000);
      assert.equal(g, summary.g + 1);
      assert.equal(path, join(workspace, `.haios/reports/cost_report_g00${g}.md`));
      const usd = summary.usd.toFixed(9).replace(/0{1,7}$/, '');
      assert.ok(text.includes(`**${usd} USD of it is reckoned at another model’s prices`), text.slice(0, 600));
      assert.ok(path !== null);
      const [, traceId] = /"trace_id": "([0-9a-f]{32})"/.exec(text) ?? [];
      const spans = rows(join(folder, 'haios.db'), 'SELECT name, status FROM spans WHERE trace_id = ?', traceId ?? '');
      assert.deepEqual(spans, [{ name: 'plan', status: 'ok' }]);
      const content = await readFile(path);
      assert.deepEqual(
        rows(join(folder, 'haios.db'), 'SELECT path, sha256, size, trace_id FROM artefacts WHERE g = ?', g),
        [
          {
            path: `.haios/reports/cost_report_g00${g}.md`,
            sha256: createHash('sha256').update(content).digest('hex'),
            size: content.length,
            trace_id: traceId,
          },
        ],
      );
      const [printed = ''] = /-- sqlite3 ledger\.db[^;]*/.exec(text) ?? [];
      const [sums] = rows(join(folder, 'ledger.db'), printed);
      assert.deepEqual(
        [sums?.['nusd'], sums?.['reckoned_nusd'], sums?.['tokens'], sums?.['overrun_calls']],
        [summary.usd_nano, summary.usd_nano, summary.tokens.total, 0],
      );
    }));

  it('is of the days that were asked for, and explains each of its calls', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder);
      const runtime = await startRuntime({ folder, workspace, settings: { price_as: 'gpt-5-mini' } });
      const { g } = await runtime.run({ prompt: 'todo' });
      const now = Date.now();
      const query = { days: 7, format: 'json', out: '-', workspace } as const;
      const ask = async (range: { since: number; until: number | null }, priceAs: string | null = null) =>
        JSON.parse((await runtime.client.request('report', { ...query, range, priceAs })).text) as {
          total: { usd_nano: number };
          calls: { call: string }[];
          what_if: { total: { paid_usd_nano: number; what_if_usd_nano: number } } | null;
        };
      const [before, after] = [
        await ask({ since: now - 1e8, until: now - 1e7 }),
        await ask({ since: now - 1e7, until: null }, 'gpt-5'),
      ];
      assert.equal(before.calls.length, 0);
      assert.ok(after.calls.length > 0);
      assert.equal(after.what_if?.total.paid_usd_nano, 0);
      assert.ok((after.what_if?.total.what_if_usd_nano ?? 0) > after.total.usd_nano);
      const future = runtime.client.request('report', {
        ...query,
        priceAs: null,
        range: { since: now + 1e9, until: null },
      });
      await assert.rejects(future, /which is not past yet; give an earlier day/);
      const text = await runtime.client.request('explain', { callId: after.calls[0]?.call ?? '' });
      await runtime.stop(5000);
      assert.match(text, new RegExp(`^run, task {2}g00${g} `, 'm'));
      assert.match(
        text,
        /^That is the most it could cost: [\d,]+ input tokens .* at 0\.25 and [\d,]+ output tokens at 2 USD per million/m,
      );
    }));
});

describe('a run that a budget stops', () => {
  it('ends before it overspends, says so, and goes on with more', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder);
      const settings = { price_as: 'gpt-5' };
      const first = await startRuntime({ folder, workspace, settings });
      const stopped = await first.run({ prompt, budget: { usd: 0.19 } });
      const notice = first.notices.find(({ code }) => code === 'BUDGET_EXCEEDED');
      await first.stop(5000);
      assert.equal(stopped.status, 'budget_exceeded');
      assert.ok(stopped.usd_nano > 0 && stopped.usd_nano <= 190_000_000, String(stopped.usd_nano));
      assert.deepEqual(
        stopped.issues.map(({ code }) => code),
        ['BUDGET_EXCEEDED'],
      );
      assert.match(notice?.message ?? '', /run budget “run” of \$0\.19 does not allow this call/);

      const second = await startRuntime({ folder, workspace, settings });
      const resumed = await second.run({ resume: stopped.run, budget: { usd: 1 } });
      await second.stop(5000);
      assert.equal(resumed.status, 'succeeded');
      assert.deepEqual([resumed.run, resumed.g, resumed.traceId], [stopped.run, stopped.g, stopped.traceId]);
      assert.ok(resumed.usd_nano > stopped.usd_nano);
      const ledger = rows(
        join(folder, 'ledger.db'),
        'SELECT sum(usd_nusd) AS usd FROM ledger WHERE run_id = ?',
        stopped.run,
      );
      assert.deepEqual(ledger, [{ usd: resumed.usd_nano }]);
    }));
});

function counter(text: string, name: string): number {
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
