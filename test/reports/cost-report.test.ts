import assert from 'node:assert/strict';
import type { BackTest } from '../../src/core/forecast/back-test.ts';
import { addTokens, noTokens } from '../../src/protocol/rows.ts';
import type { BudgetUse, Tokens } from '../../src/protocol/rows.ts';
import { runsNamed } from '../../src/reports/cost-facts.ts';
import { costReport } from '../../src/reports/cost-report.ts';
import { inTimeZone } from '../support/time-zone.ts';
import { backTest, calls, reportOf } from './sample-report.ts';
import { issueRow, ledgerRow } from './samples.ts';

describe('reports/cost-summary', () => {
  inTimeZone('Europe/Berlin');

  it('counts what settled and nothing else, once in every grouping', () => {
    const { summary } = reportOf(calls);
    assert.equal(summary.total.calls, 3);
    assert.equal(summary.total.nusd, 1_650_001);
    assert.deepEqual(summary.total.tokens, {
      input: 2001,
      cache_read: 20,
      cache_write: 300,
      cache_write_1h: 7,
      output: 4400,
      reasoning: 50_000,
    });
    for (const groups of [
      summary.byDay,
      summary.byModel,
      summary.byAgent,
      summary.byTier,
      summary.byRun.groups,
      summary.byTask.groups,
    ]) {
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
    const { summary } = reportOf(calls);
    assert.deepEqual(
      summary.byDay.map((g) => [g.key, g.nusd]),
      [
        ['2026-11-20', 650_000],
        ['2026-11-21', 1_000_001],
      ],
    );
    assert.deepEqual(
      summary.byTask.groups.map((g) => [g.key, g.runId]),
      [
        ['task-2', 'run-1'],
        ['task-1', 'run-1'],
        ['task-3', 'run-2'],
      ],
    );
    assert.deepEqual(runsNamed(summary), ['run-1', 'run-2']);
  });

  it('goes on counting what it no longer lists', () => {
    const { calls: listed, callsOmitted, total, byTask, byRun } = reportOf(calls, {}, 1).summary;
    assert.deepEqual([listed.map(({ callId }) => callId), callsOmitted, total.calls], [['call-2'], 2, 3]);
    assert.deepEqual(
      [byTask.groups.map(({ key }) => key), byTask.restKeys, byTask.rest.calls, byTask.rest.nusd],
      [['task-2'], 2, 2, 650_000],
    );
    assert.deepEqual([byRun.restKeys, byRun.rest.calls, byRun.rest.unpricedCalls], [1, 1, 1]);
    assert.deepEqual(addTokens(byTask.rest.tokens, byTask.groups[0]?.tokens ?? noTokens), total.tokens);
  });

  it('tells apart what was estimated, reported, reckoned and unpriced, and at which tier', () => {
    const { total, byTier } = reportOf([
      ...calls,
      ledgerRow({ callId: 'reported', pricing: 'reported', nusd: 7, serviceTier: 'batch' }),
      ledgerRow({ callId: 'as', pricing: 'as', nusd: 9, estimated: true, serviceTier: 'standard' }),
    ]).summary;
    assert.deepEqual(
      [total.estimatedCalls, total.estimatedTokens, total.estimatedNusd],
      [2, 54_328 + 1200, 1_000_001 + 9],
    );
    assert.deepEqual([total.reportedCalls, total.reportedNusd], [1, 7]);
    assert.deepEqual([total.reckonedCalls, total.reckonedNusd], [1, 9]);
    assert.deepEqual([total.unpricedCalls, total.unpricedTokens], [1, 1200]);
    assert.deepEqual(
      byTier.map(({ key, calls: count, nusd }) => [key, count, nusd]),
      [
        ['not told', 3, 1_650_001],
        ['standard', 1, 9],
        ['batch', 1, 7],
      ],
    );
  });
});

describe('reports/cost-report', () => {
  inTimeZone('Europe/Berlin');

  it('writes Markdown with exact sums, estimates and unknown prices apart', () => {
    const text = costReport(reportOf(calls), 'md');
    const [head = '', ...sections] = text.split('\n\n## ');
    assert.equal(
      head,
      '# Cost report g007\n\n$0.00165 and 56,728 tokens in 3 calls, 2026-11-15T23:00:00.000Z to 2026-11-22T12:00:00.000Z (7 days, Europe/Berlin).\n\nWritten 2026-11-22T12:00:00.000Z by HAiOS 0.1.0.',
    );
    const columns =
      'calls | input | cache read | cache write | cache write 1 h | output | reasoning | tokens | USD | estimated USD | unpriced calls |';
    const rule = '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |';
    assert.deepEqual(sections.slice(0, 12), [
      'Total by resource\n\n| resource | amount | unit |\n| --- | ---: | --- |\n| usd | 0.001650001 | USD |\n| tokens | 56,728 | tokens |\n| cpu_seconds | 1.250 | s |\n| mem_bytes | 52,428,800 | bytes, the highest peak of a task |\n| disk_bytes | -10 | bytes written less removed |',
      `By day\n\n| day | ${columns}\n${rule}\n| 2026-11-20 | 2 | 2,000 | 0 | 0 | 0 | 400 | 0 | 2,400 | 0.00065 | 0.00 | 1 |\n| 2026-11-21 | 1 | 1 | 20 | 300 | 7 | 4,000 | 50,000 | 54,328 | 0.001000001 | 0.001000001 | 0 |`,
      `By model\n\n| model | ${columns}\n${rule}\n| gpt-5-mini | 2 | 1,001 | 20 | 300 | 7 | 4,200 | 50,000 | 55,528 | 0.001650001 | 0.001000001 | 0 |\n| local\\|\\\`m\\\` | 1 | 1,000 | 0 | 0 | 0 | 200 | 0 | 1,200 | unpriced | 0.00 | 1 |`,
      `By agent\n\n| agent | ${columns}\n${rule}\n| haios | 2 | 1,001 | 20 | 300 | 7 | 4,200 | 50,000 | 55,528 | 0.001650001 | 0.001000001 | 0 |\n| \\=cmd\\|x | 1 | 1,000 | 0 | 0 | 0 | 200 | 0 | 1,200 | unpriced | 0.00 | 1 |`,
      `By service tier\n\n| tier | ${columns}\n${rule}\n| not told | 3 | 2,001 | 20 | 300 | 7 | 4,400 | 50,000 | 56,728 | 0.001650001 | 0.001000001 | 1 |`,
      `Most expensive runs\n\n| run | ${columns}\n${rule}\n| g003 fix \\| it =HYPERLINK("x") (succeeded) | 2 | 1,001 | 20 | 300 | 7 | 4,200 | 50,000 | 55,528 | 0.001650001 | 0.001000001 | 0 |\n| run-2 | 1 | 1,000 | 0 | 0 | 0 | 200 | 0 | 1,200 | unpriced | 0.00 | 1 |`,
      `Most expensive tasks\n\n| task | ${columns}\n${rule}\n| task-2 | 1 | 1 | 20 | 300 | 7 | 4,000 | 50,000 | 54,328 | 0.001000001 | 0.001000001 | 0 |\n| Look \\\`around\\\` | 1 | 1,000 | 0 | 0 | 0 | 200 | 0 | 1,200 | 0.00065 | 0.00 | 0 |\n| task-3 | 1 | 1,000 | 0 | 0 | 0 | 200 | 0 | 1,200 | unpriced | 0.00 | 1 |`,
      'Estimated, unpriced and other marks\n\n- Estimated: 1 call with 54,328 tokens, 0.001000001 USD of the total (the provider sent no usable usage, or the call was cut off).\n- Unpriced: 1 call with 1,200 tokens (no known price: what they cost is unknown and not in the total).',
      'Defects of the bound\n\nNone: no call cost more than was reserved for it.',
      'Budgets\n\nNo budget was in force when this was written. In this time a budget stopped a run once: see Issues.',
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

  it('shows what was reported and reckoned in every table, and says in the first lines what was not paid', () => {
    const text = costReport(
      reportOf([
        ...calls,
        ledgerRow({ callId: 'reported', pricing: 'reported', nusd: 7 }),
        ledgerRow({ callId: 'as', pricing: 'as', nusd: 9 }),
      ]),
      'md',
    );
    assert.match(
      text.slice(0, 500),
      /\*\*0\.000000009 USD of it is reckoned at another model’s prices \(`price_as`\) and was not paid; 0\.001650008 USD was\.\*\*/,
    );
    for (const name of ['day', 'model', 'agent', 'tier', 'run', 'task'])
      assert.match(text, new RegExp(`\\| ${name} \\|.*\\| estimated USD \\| reported USD \\| reckoned USD \\|`));
    assert.match(text, /^\| gpt-5-mini \| 4 .* \| 0\.001000001 \| 0\.000000007 \| 0\.000000009 \| 0 \|$/m);
    assert.match(text, /^- Reported: 1 call, 0\.000000007 USD of the total as the provider itself said\.$/m);
  });

  it('lists the defects of the bound with their sizes', () => {
    const report = reportOf([
      ...calls,
      ledgerRow({ callId: 'over', nusd: 2_000_005 }),
      ledgerRow({ callId: 'long', tokens: { ...noTokens, output: 5001 } }),
    ]);
    assert.deepEqual(report.summary.total.overruns, { calls: 2, nusd: 5, tokens: 1 });
    const section = /## Defects of the bound\n\n([^]*?)\n\n## /.exec(costReport(report, 'md'))?.[1] ?? '';
    assert.match(section, /^2 calls passed what was reserved, by 0\.000000005 USD and 1 tokens together\./);
    assert.match(section, /\| over \| .* \| gpt-5-mini \| 0\.002 \| 0\.002000005 \| 0\.000000005 \| 0 \|/);
    assert.match(section, /\| long \| .* \| 0\.002 \| 0\.00065 \| 0\.00 \| 1 \|/);
    const json = JSON.parse(costReport(report, 'json')) as { defects_of_the_bound: { list: { call: string }[] } };
    assert.deepEqual(
      json.defects_of_the_bound.list.map(({ call }) => call),
      ['over', 'long'],
    );
  });

  it('says how full each budget is, who set it, and how often one stopped a run', () => {
    const budget: BudgetUse = {
      name: 'day',
      resource: 'usd',
      scope: 'user',
      key: 'user',
      window: 'day',
      limit: 2_000_000_000,
      overridden: { limit: 1_000_000_000, until: null },
      used: 1_500_000_000,
      reserved: 0,
      ratio: 0.75,
      resetsAt: null,
      endsAt: null,
    };
    const issues = [issueRow(), issueRow({ issueId: 'issue-2' })];
    const text = costReport(reportOf(calls, { budgets: [budget], issues }), 'md');
    assert.match(
      text,
      /\| day \| user \| day \| usd \| 2\.00 USD \(set by a person; 1\.00 USD before\) \| 1\.50 USD \| 0\.00 USD \| 75\.0 % \|/,
    );
    assert.match(text, /a budget stopped a run 2 times: see Issues/);
  });

  it('says that there is no forecast yet, and leaves out what no forecast spoke of', () => {
    const none = { of: 0, within: 0 };
    const bare = (runs: number): BackTest => ({ runs, durationMs: none, tokens: none, nusd: none, memBytes: none });
    const section = (given: BackTest): string =>
      /## Forecasts\n\n([^]*?)\n\n## /.exec(costReport(reportOf(calls, { backTest: given }), 'md'))?.[1] ?? '';
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
      `forecast,tokens${','.repeat(35)}9,,of 12 runs in the range of their forecast,`,
    );
  });

  it('is whole without a single call', () => {
    const text = costReport(reportOf([], { artefacts: [], issues: [] }), 'md');
    assert.match(text, /^No call was settled, /m);
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
      assert.equal(sumOf(section, 'total_tokens'), 56_728, section);
    }
    assert.equal(lines.find((line) => line.startsWith('agent,') && line.includes('cmd'))?.split(',')[1], "'=cmd|x");
    assert.equal(
      lines.find((line) => line.startsWith('run,run-1')),
      'run,run-1,"fix | it\n=HYPERLINK(""x"")",,run-1,,,,,2,1001,20,300,7,4200,50000,55528,0.001650001,1650001,1,54328,1000001,0,0,0,0,0,0,0,0,0,,,,,,,,,',
    );
    assert.equal(
      lines.find((line) => line.startsWith('call,call-3')),
      "call,call-3,,2026-11-20T10:00:02.000Z,run-2,task-3,'=cmd|x,executor,local|`m`,1,1000,0,0,0,200,0,1200,,,0,0,0,,,,,1,1200,,0,0,,,,unpriced,,,,,0af7651916cd43dd8448eb211c80319c",
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
        cache_write_1h: 7,
        output: 4400,
        reasoning: 50_000,
        total: 56_728,
      },
      usd: '0.001650001',
      usd_nano: 1_650_001,
      estimated: { calls: 1, tokens: 54_328, usd_nano: 1_000_001 },
      reported: { calls: 0, usd_nano: 0 },
      reckoned_as_another_model: { calls: 0, usd_nano: 0 },
      unpriced: { calls: 1, tokens: 1200 },
      overrun: { calls: 0, usd_nano: 0, tokens: 0 },
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
        ['call-2', '0.001000001', 'priced'],
        ['call-1', '0.00065', 'priced'],
        ['call-3', null, 'unpriced'],
      ],
    );
    assert.equal(document.calls_omitted, 0);
  });
});
