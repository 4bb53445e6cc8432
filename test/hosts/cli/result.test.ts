import assert from 'node:assert/strict';
import { exitCodeOfRun, lostResult, resultJson, resultRemarks } from '../../../src/hosts/cli/result.ts';
import { runsTable } from '../../../src/hosts/cli/runs-table.ts';
import { checkLines } from '../../../src/hosts/cli/commands/doctor.ts';
import { runRow } from '../../support/rows.ts';
import { playedRun, summaryOf } from '../../support/views.ts';

describe('hosts/cli/result', () => {
  it('turns a run’s end into an exit code', () => {
    const error = (code: 'PROVIDER_UNAVAILABLE' | 'TOOL_FAILED') => ({ code, message: '' });
    const codes = [
      summaryOf(),
      summaryOf({ status: 'failed' }),
      summaryOf({ status: 'failed', error: error('TOOL_FAILED') }),
      summaryOf({ status: 'failed', error: error('PROVIDER_UNAVAILABLE') }),
      summaryOf({ status: 'budget_exceeded', error: error('TOOL_FAILED') }),
      summaryOf({ status: 'waiting' }),
      summaryOf({ status: 'cancelled' }),
      summaryOf({ status: 'interrupted' }),
    ].map(exitCodeOfRun);
    assert.deepEqual(codes, [0, 1, 1, 4, 3, 3, 130, 1]);
  });

  it('writes the contract’s keys first and escapes what a terminal would obey', () => {
    const json = resultJson(summaryOf({ text: 'a\u001b[2J\u009b\u202e' }));
    assert.deepEqual(Object.keys(JSON.parse(json) as object), [
      ...[
        'run',
        'g',
        'status',
        'traceId',
        'tasks',
        'workerCalls',
        'tokens',
        'usd',
        'usd_nano',
        'durationMs',
        'artefacts',
        'issues',
        'text',
      ],
      ...['priceAs', 'estimated', 'unpricedCalls', 'error'],
    ]);
    assert.match(json, /"text": "a\\u001b\[2J\\u009b\\u202e"/);
  });

  it('says how a run ended and how to go on', () => {
    assert.deepEqual(resultRemarks(summaryOf()), [
      'run g007 succeeded · 2 tasks · 9 worker calls · 12,345 tokens · $0.01 · 2.3 s',
      'wrote .haios/reports/report_g007.md',
    ]);
    const stopped = summaryOf({
      status: 'budget_exceeded',
      artefacts: [],
      priceAs: 'gpt-5',
      issues: [{ issueId: 'i', code: 'BUDGET_EXCEEDED', message: 'Spent.', runId: 'run-7', at: 0, closedAt: null }],
    });
    assert.deepEqual(resultRemarks(stopped), [
      'run g007 budget exceeded · 2 tasks · 9 worker calls · 12,345 tokens · $0.01 as gpt-5 · 2.3 s',
      'issue BUDGET_EXCEEDED: Spent.',
      'go on with: haios run --resume 7 (--budget usd=… sets a new total for the run)',
    ]);
  });

  it('tells what is known of a run whose runtime died, and that the rest is not', () => {
    const result = lostResult({ runId: 'run-7', g: 7, traceId: 't' }, playedRun(), 'It is gone');
    assert.deepEqual(
      [result.status, result.workerCalls, result.tokens.total, result.usd_nano, result.estimated, result.error?.code],
      ['interrupted', null, 12_345, 12_345_678, true, 'RUNTIME_LOST'],
    );
    assert.equal(lostResult({ runId: 'run-7', g: 7, traceId: 't' }, null, 'It is gone').tokens.total, 0);
  });
});

describe('hosts/cli tables', () => {
  it('lists runs within the width of the terminal', () => {
    const rows = [
      runRow({
        g: 12,
        prompt: 'find\nall | the things that are very long indeed',
        startedAt: new Date(2026, 10, 22, 9, 5).getTime(),
      }),
      runRow({
        g: 3,
        status: 'waiting',
        waiting: 'budget',
        model: 'evil\u001b[2Jmodel',
        startedAt: new Date(2026, 0, 2).getTime(),
      }),
    ];
    assert.equal(
      runsTable(rows, 100),
      [
        'g    status            started            time  tokens   cost  model               prompt',
        '012  succeeded         2026-11-22 09:05  1.2 s       0  $0.00  offline             find all | the …',
        '003  waiting (budget)  2026-01-02 00:00  1.2 s       0  $0.00  evil\\u{1b}[2Jmodel  inventory',
        '',
      ].join('\n'),
    );
    assert.equal(runsTable([], 80), 'No runs yet.\n');
  });

  it('says of each check what to do', () => {
    assert.deepEqual(
      checkLines([
        { name: 'port', status: 'ok', message: 'Free.', remedy: null },
        { name: 'ledger', status: 'error', message: 'Damaged.', remedy: 'Begin anew.' },
      ]),
      ['ok       port    Free.\n', 'error    ledger  Damaged.\n                 → Begin anew.\n'],
    );
  });
});
