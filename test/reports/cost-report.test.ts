import assert from 'node:assert/strict';
import Database from 'better-sqlite3';
import type { BackTest } from '../../src/core/forecast/back-test.ts';
import { addTokens, noCost, noTokens } from '../../src/protocol/rows.ts';
import type { LedgerRow, Tokens } from '../../src/protocol/rows.ts';
import { runsNamed } from '../../src/reports/cost-facts.ts';
import type { CostReport } from '../../src/reports/cost-facts.ts';
import { costReport } from '../../src/reports/cost-report.ts';
import { reproducingSql } from '../../src/reports/cost-sql.ts';
import { createCostTally, localDays } from '../../src/reports/cost-tally.ts';
import { ledger0001 } from '../../src/storage/migrations/0001-ledger.ts';
import { runRow } from '../support/rows.ts';
import { artefactRow, issueRow, ledgerRow, taskRow } from './samples.ts';

const since = Date.UTC(2026, 10, 15, 23);
const until = Date.UTC(2026, 10, 22, 12);
const calls: readonly LedgerRow[] = [
  ledgerRow(),
  ledgerRow({
    callId: 'call-2',
    taskId: 'task-2',
    settledAt: Date.UTC(2026, 10, 20, 23, 30),
    nusd: 1_000_001,
    estimated: true,
    tokens: { input: 1, cache_read: 20, cache_write: 300, cache_write_1h: 0, output: 4000, reasoning: 50_000 },
  }),
  ledgerRow({
    callId: 'call-3',
    runId: 'run-2',
    taskId: 'task-3',
    agent: '=cmd|x',
    model: 'local|`m`',
    pricing: 'unpriced',
    nusd: 0,
  }),
  ledgerRow({ callId: 'call-4', state: 'released', settledAt: null }),
  ledgerRow({ callId: 'call-5', state: 'sent', settledAt: null }),
];

const backTest: BackTest = {
  runs: 14,
  durationMs: { of: 12, within: 10 },
  tokens: { of: 12, within: 9 },
  nusd: { of: 3, within: 3 },
  memBytes: { of: 12, within: 11 },
};

function reportOf(rows: readonly LedgerRow[], maxCalls = 100, changes: Partial<CostReport> = {}): CostReport {
  const tally = createCostTally({ dayOf: localDays('Europe/Berlin'), maxCalls });
  for (const row of rows) tally.add(row);
  return {
    g: 7,
    traceId: '0af7651916cd43dd8448eb211c80319c',
    version: '0.1.0',
    at: until,
    since,
    until,
    days: 7,
    timeZone: 'Europe/Berlin',
    priceAs: null,
    summary: tally.summary(),
    resources: { ...noCost, cpuSeconds: 1.25, memBytes: 52_428_800, diskBytes: -10 },
    backTest,
    runs: [runRow({ g: 3, prompt: 'fix | it\n=HYPERLINK("x")' })],
    tasks: [taskRow({ title: 'Look `around`' })],
    artefacts: [artefactRow()],
    issues: [issueRow()],
    ...changes,
  };
}

describe('reports/cost-tally', () => {
  const { summary } = reportOf(calls);

  it('counts what settled and nothing else, once in every grouping', () => {
    assert.equal(summary.total.calls, 3);
    assert.equal(summary.total.nusd, 1_650_001);
    assert.deepEqual(summary.total.tokens, {
      input: 2001,
      cache_read: 20,
      cache_write: 300,
      output: 4400,
      reasoning: 50_000,
    });
    for (const groups of [summary.byDay, summary.byModel, summary.byAgent, summary.byRun, summary.byTask]) {
      const add = (pick: 'calls' | 'nusd' | 'estimatedNusd' | 'unpricedCalls'): number =>
        groups.reduce((n, g) => n + g[pick], 0);
      assert.equal(add('calls'), 3);
      assert.equal(add('nusd'), 1_650_001);
      assert.equal(add('estimatedNusd'), 1_000_001);
      assert.equal(add('unpricedCalls'), 1);
      assert.deepEqual(
        groups.reduce<Tokens>((sum, g) => addTokens(sum, g.tokens), noTokens),
        summary.total.tokens,
      );
    }
  });

  it('puts a call on the local day of its settlement, and the dearest first', () => {
    assert.deepEqual(
      summary.byDay.map((g) => [g.key, g.nusd]),
      [
        ['2026-11-20', 650_000],
        ['2026-11-21', 1_000_001],
      ],
    );
    assert.deepEqual(
      summary.byTask.map((g) => [g.key, g.runId]),
      [
        ['task-2', 'run-1'],
        ['task-1', 'run-1'],
        ['task-3', 'run-2'],
      ],
    );
    assert.deepEqual(runsNamed(summary), ['run-1', 'run-2']);
  });

  it('goes on counting what it no longer lists', () => {
    const short = reportOf(calls, 1).summary;
    assert.deepEqual(
      [short.calls.length, short.callsOmitted, short.total.calls, short.total.nusd],
      [1, 2, 3, 1_650_001],
    );
  });
});

describe('reports/cost-report', () => {
  it('writes Markdown with exact sums, estimates and unknown prices apart', () => {
    const text = costReport(reportOf(calls), 'md');
    const [head = '', ...sections] = text.split('\n\n## ');
    assert.equal(
      head,
      '# Cost report g007\n\n$0.00165 and 56,721 tokens in 3 calls, 2026-11-15T23:00:00.000Z to 2026-11-22T12:00:00.000Z (7 days, Europe/Berlin).\n\nWritten 2026-11-22T12:00:00.000Z by HAiOS 0.1.0.',
    );
    const columns =
      'calls | input | cache read | cache write | output | reasoning | tokens | USD | estimated USD | unpriced calls |';
    const rule = '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |';
    assert.deepEqual(sections.slice(0, 9), [
      'Total by resource\n\n| resource | amount | unit |\n| --- | ---: | --- |\n| usd | 0.001650001 | USD |\n| tokens | 56,721 | tokens |\n| cpu_seconds | 1.250 | s |\n| mem_bytes | 52,428,800 | bytes, the highest peak of a task |\n| disk_bytes | -10 | bytes written less removed |',
      `By day\n\n| day | ${columns}\n${rule}\n| 2026-11-20 | 2 | 2,000 | 0 | 0 | 400 | 0 | 2,400 | 0.00065 | 0.00 | 1 |\n| 2026-11-21 | 1 | 1 | 20 | 300 | 4,000 | 50,000 | 54,321 | 0.001000001 | 0.001000001 | 0 |`,
      `By model\n\n| model | ${columns}\n${rule}\n| gpt-5-mini | 2 | 1,001 | 20 | 300 | 4,200 | 50,000 | 55,521 | 0.001650001 | 0.001000001 | 0 |\n| local\\|\\\`m\\\` | 1 | 1,000 | 0 | 0 | 200 | 0 | 1,200 | unpriced | 0.00 | 1 |`,
      `By agent\n\n| agent | ${columns}\n${rule}\n| haios | 2 | 1,001 | 20 | 300 | 4,200 | 50,000 | 55,521 | 0.001650001 | 0.001000001 | 0 |\n| \\=cmd\\|x | 1 | 1,000 | 0 | 0 | 200 | 0 | 1,200 | unpriced | 0.00 | 1 |`,
      `Most expensive runs\n\n| run | ${columns}\n${rule}\n| g003 fix \\| it =HYPERLINK("x") (succeeded) | 2 | 1,001 | 20 | 300 | 4,200 | 50,000 | 55,521 | 0.001650001 | 0.001000001 | 0 |\n| run-2 | 1 | 1,000 | 0 | 0 | 200 | 0 | 1,200 | unpriced | 0.00 | 1 |`,
      `Most expensive tasks\n\n| task | ${columns}\n${rule}\n| task-2 | 1 | 1 | 20 | 300 | 4,000 | 50,000 | 54,321 | 0.001000001 | 0.001000001 | 0 |\n| Look \\\`around\\\` | 1 | 1,000 | 0 | 0 | 200 | 0 | 1,200 | 0.00065 | 0.00 | 0 |\n| task-3 | 1 | 1,000 | 0 | 0 | 200 | 0 | 1,200 | unpriced | 0.00 | 1 |`,
      'Estimated and unpriced\n\n- Estimated: 1 call, 0.001000001 USD of the total (the provider sent no usable usage, or the call was cut off).\n- Unpriced: 1 call with 1,200 tokens (no known price: what they cost is unknown and not in the total).',
      'Forecasts\n\nOf 14 runs that succeeded, 12 had a forecast before they began. How often the truth lay in its range:\n\n| measure | runs | in the range | share | aimed at |\n| --- | ---: | ---: | ---: | ---: |\n| duration | 12 | 10 | 83.3 % | 80 % |\n| tokens | 12 | 9 | 75.0 % | 80 % |\n| usd | 3 | 3 | 100.0 % | 80 % |\n| memory | 12 | 11 | 91.7 % | 80 % |',
      'Issues\n\n- 2026-11-20T11:00:00.000Z **BUDGET\\_EXCEEDED** The budget of \\$1.00 is spent.',
    ]);
    const block = /\n```jsonc\n\/\* EmbeddedAnnotationBlock \*\/\n([^]*)\n```\n$/.exec(text)?.[1] ?? '';
    const { quality_notes, ...rest } = JSON.parse(block) as Record<string, unknown>;
    assert.deepEqual(rest, {
      artifact_id_of_host: 'cost_report_md_g007',
      version_tag: 'haios 0.1.0',
      g_created: 7,
      g_last_modified: 7,
      authors_and_contributors: ['haios runtime'],
      internal_dependencies: ['ledger.db: ledger', 'haios.db: runs, tasks, cost_records, artefacts, issues, forecasts'],
      trace_id: '0af7651916cd43dd8448eb211c80319c',
    });
    assert.deepEqual(quality_notes, {
      unit_tests: { status: 'N/A', notes: 'Generated document' },
      overall_quality_assessment: 'PARTIAL',
      notes: '3 settled calls, 1 estimated, 1 unpriced',
    });
  });

  it('says “as” in the first lines when the prices are lent', () => {
    assert.match(
      costReport(reportOf(calls, 100, { priceAs: 'gpt-5' }), 'md').slice(0, 400),
      /\*\*All money is reckoned as gpt-5: it is not what was paid\.\*\*/,
    );
    assert.equal(
      (JSON.parse(costReport(reportOf(calls, 100, { priceAs: 'gpt-5' }), 'json')) as { price_as: string }).price_as,
      'gpt-5',
    );
  });

  it('says that there is no forecast yet, and leaves out what no forecast spoke of', () => {
    const none = { of: 0, within: 0 };
    const bare = (runs: number): BackTest => ({ runs, durationMs: none, tokens: none, nusd: none, memBytes: none });
    const section = (given: BackTest): string =>
      /## Forecasts\n\n([^]*?)\n\n## /.exec(costReport(reportOf(calls, 100, { backTest: given }), 'md'))?.[1] ?? '';
    assert.equal(section(bare(0)), 'No forecast yet.');
    assert.equal(section(bare(1)), 'No forecast yet. 1 run succeeded before there was enough history.');
    assert.ok(!section({ ...backTest, nusd: none }).includes('usd'));
    const json = JSON.parse(costReport(reportOf(calls), 'json')) as { forecasts: unknown };
    assert.deepEqual(json.forecasts, {
      runs: 14,
      measures: [
        { measure: 'duration', of: 12, within: 10, nominal: 0.8 },
        { measure: 'tokens', of: 12, within: 9, nominal: 0.8 },
        { measure: 'usd', of: 3, within: 3, nominal: 0.8 },
        { measure: 'memory', of: 12, within: 11, nominal: 0.8 },
      ],
    });
    const csv = costReport(reportOf(calls), 'csv').split('\r\n');
    assert.equal(
      csv.find((line) => line.startsWith('forecast,tokens')),
      `forecast,tokens${','.repeat(21)}9,of 12 runs in the range of their forecast,`,
    );
  });

  it('is whole without a single call', () => {
    const text = costReport(reportOf([], 100, { artefacts: [], issues: [] }), 'md');
    assert.match(text, /^\$0\.00 and 0 tokens in 0 calls/m);
    assert.match(text, /## By model\n\nNone\.\n/);
    assert.match(text, /- No call is estimated\.\n- No call is unpriced\./);
  });

  it('writes CSV whose sections each sum to the total and in which nothing is a formula', () => {
    const lines = costReport(reportOf(calls), 'csv').split('\r\n');
    const head = (lines[0] ?? '').split(',');
    const column = (line: string, name: string): string => line.split(',')[head.indexOf(name)] ?? '';
    const sumOf = (section: string, name: string): number =>
      lines.filter((line) => line.startsWith(`${section},`)).reduce((sum, line) => sum + Number(column(line, name)), 0);
    for (const section of ['total', 'day', 'model', 'agent', 'run', 'task', 'call']) {
      assert.equal(sumOf(section, 'calls'), 3, section);
    }
    for (const section of ['total', 'day', 'model', 'agent', 'task']) {
      assert.equal(sumOf(section, 'usd_nano'), 1_650_001, section);
      assert.equal(sumOf(section, 'total_tokens'), 56_721, section);
    }
    assert.equal(lines.find((line) => line.startsWith('agent,') && line.includes('cmd'))?.split(',')[1], "'=cmd|x");
    assert.equal(
      lines.find((line) => line.startsWith('run,run-1')),
      'run,run-1,"fix | it\n=HYPERLINK(""x"")",,run-1,,,,,2,1001,20,300,4200,50000,55521,0.001650001,1650001,1,1000001,0,,,,',
    );
    assert.equal(
      lines.find((line) => line.startsWith('call,call-3')),
      "call,call-3,,2026-11-20T10:00:02.000Z,run-2,task-3,'=cmd|x,executor,local|`m`,1,1000,0,0,200,0,1200,,,0,0,1,unpriced,,,0af7651916cd43dd8448eb211c80319c",
    );
  });

  it('writes JSON with integers, exact decimals, and null for an unknown price', () => {
    const document = JSON.parse(costReport(reportOf(calls), 'json')) as {
      total: unknown;
      by_run: Record<string, unknown>[];
      calls: Record<string, unknown>[];
      calls_omitted: number;
    };
    assert.deepEqual(document.total, {
      key: 'total',
      calls: 3,
      tokens: {
        input: 2001,
        cache_read: 20,
        cache_write: 300,
        cache_write_1h: 0,
        output: 4400,
        reasoning: 50_000,
        total: 56_721,
      },
      usd: '0.001650001',
      usd_nano: 1_650_001,
      estimated: { calls: 1, usd_nano: 1_000_001 },
      reckoned_as_another_model: { usd_nano: 0 },
      unpriced: { calls: 1, tokens: 1200 },
    });
    assert.deepEqual(
      document.by_run.map((run) => [run['key'], run['g'], run['usd_nano']]),
      [
        ['run-1', 3, 1_650_001],
        ['run-2', null, 0],
      ],
    );
    assert.deepEqual(
      document.calls.map((call) => [call['call'], call['usd'], call['pricing']]),
      [
        ['call-1', '0.00065', 'priced'],
        ['call-2', '0.001000001', 'priced'],
        ['call-3', null, 'unpriced'],
      ],
    );
    assert.equal(document.calls_omitted, 0);
  });
});

describe('reports/cost-sql', () => {
  it('gives the report’s own totals when run on a ledger, corrections included', () => {
    const db = new Database(':memory:');
    try {
      db.exec(ledger0001);
      for (const call of calls) if (call.state === 'settled') settle(db, call);
      // A settlement that was corrected: taken back, then written anew.
      settle(db, ledgerRow({ callId: 'call-1', nusd: 5, tokens: noTokens }), 'settle');
      settle(db, ledgerRow({ callId: 'call-1', nusd: -5, tokens: noTokens }), 'reverse');
      settle(db, ledgerRow({ callId: 'old', settledAt: since - 1, nusd: 99 }));
      const [totals = '', byModel = ''] = reproducingSql(since, until)
        .split(';')
        .map((statement) => statement.trim());
      const { total, byModel: groups } = reportOf(calls).summary;
      assert.deepEqual(db.prepare(totals).get(), {
        calls: total.calls,
        ...total.tokens,
        tokens: 56_721,
        nusd: total.nusd,
        estimated_nusd: total.estimatedNusd,
        unpriced_calls: total.unpricedCalls,
      });
      const rows = db.prepare(byModel).all() as { key: string; nusd: number }[];
      assert.deepEqual(
        rows.map(({ key, nusd }) => [key, nusd]),
        groups.map(({ key, nusd }) => [key, nusd]),
      );
    } finally {
      db.close();
    }
  });
});

function settle(db: Database.Database, call: LedgerRow, entry: 'settle' | 'reverse' = 'settle'): void {
  db.prepare(
    `INSERT INTO ledger (entry, call_id, runtime_id, at, run_id, task_id, agent, role, model, reserved_nusd, reserved_tokens,
       trace_id, span_id, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, usd_nusd, pricing, estimated)
     VALUES (?, ?, 'r', ?, ?, ?, ?, ?, ?, 0, 0, 't', 's', ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    ...[entry, call.callId, call.settledAt, call.runId, call.taskId, call.agent, call.role, call.model],
    ...[call.tokens.input, call.tokens.cache_read, call.tokens.cache_write, call.tokens.output, call.tokens.reasoning],
    ...[call.nusd, call.pricing, call.estimated ? 1 : 0],
  );
}
