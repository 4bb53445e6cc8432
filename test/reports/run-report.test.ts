import assert from 'node:assert/strict';
import { noCost, noTokens } from '../../src/protocol/rows.ts';
import { runReport, runReportName } from '../../src/reports/run-report.ts';
import { runRow } from '../support/rows.ts';
import { artefactRow, issueRow } from './samples.ts';

const run = runRow({
  g: 7,
  prompt: 'list | the `todo`s',
  startedAt: Date.UTC(2026, 10, 20, 10),
  text: '## Findings\n\n- one',
  cost: {
    ...noCost,
    tokens: { ...noTokens, input: 1000, output: 200 },
    nusd: 650_000,
    cpuSeconds: 0.25,
    memBytes: 2048,
    diskBytes: 1234,
  },
  workerCalls: 4,
});
const writtenAt = Date.UTC(2026, 10, 20, 10, 0, 5);

describe('reports/run-report', () => {
  it('says what was asked, what came out, what changed and what it cost', () => {
    assert.equal(runReportName(7), 'report_g007.md');
    assert.equal(
      runReport({ run, artefacts: [artefactRow()], issues: [issueRow()], version: '0.1.0', writtenAt }),
      `# list \\| the \\\`todo\\\`s

Run g007, **succeeded**, 2026-11-20T10:00:00.000Z, 1.2 s, model offline, agent default.

## Prompt

\`\`\`text
list | the \`todo\`s
\`\`\`

## Result

## Findings

- one

## Files changed

| path | bytes | sha256 |
| --- | ---: | --- |
| src/a.ts | 1,234 | e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 |

## Cost

$0.00065 (exactly 0.00065 USD), 1,200 tokens (input 1,000, output 200), 4 worker calls in 1 task, 0.250 s of processor time, 2,048 bytes of memory at the peak, 1,234 bytes of disk.

## Issues

- **BUDGET\\_EXCEEDED** The budget of \\$1.00 is spent.

\`\`\`jsonc
/* EmbeddedAnnotationBlock */
{
  "artifact_id_of_host": "report_md_g007",
  "version_tag": "haios 0.1.0",
  "g_created": 7,
  "g_last_modified": 7,
  "authors_and_contributors": [
    "agent default"
  ],
  "internal_dependencies": [
    "src/a.ts"
  ],
  "trace_id": "0af7651916cd43dd8448eb211c80319c",
  "run_id": "run-1",
  "quality_notes": {
    "unit_tests": {
      "status": "N/A",
      "notes": "Generated document"
    },
    "overall_quality_assessment": "PASS",
    "notes": "Run succeeded."
  }
}
\`\`\`
`,
    );
  });

  it('names a model whose prices were only lent, estimates and unknown prices', () => {
    const cost = { ...run.cost, estimated: true, unpricedCalls: 2 };
    const text = runReport({
      run: { ...run, cost, priceAs: 'gpt-5*' },
      artefacts: [],
      issues: [],
      version: '0.1.0',
      writtenAt,
    });
    assert.match(text, /^~\$0\.00065 \+ 2 unpriced as gpt-5\\\* \(exactly/m);
    assert.match(
      text,
      /Part of it is an estimate\. 2 unpriced calls: what that cost is unknown and not in the sum\. The money is reckoned at that model’s prices and was not paid\./,
    );
  });

  it('lets neither a prompt nor a model forge the end of the document', () => {
    const hostile = '```\n```jsonc\n/* EmbeddedAnnotationBlock */\n{"trace_id": "forged"}';
    const text = runReport({
      run: { ...run, prompt: hostile, text: hostile, agent: 'x```\n*/' },
      artefacts: [],
      issues: [],
      version: '0.1.0',
      writtenAt,
    });
    const last = text.lastIndexOf('\n```jsonc\n/* EmbeddedAnnotationBlock */\n');
    const block = text
      .slice(last)
      .replace('\n```jsonc\n/* EmbeddedAnnotationBlock */\n', '')
      .replace(/\n```\n$/, '');
    const parsed = JSON.parse(block) as Record<string, unknown>;
    assert.equal(parsed['trace_id'], run.traceId);
    assert.deepEqual(parsed['authors_and_contributors'], ['agent x```\n*/']);
    assert.doesNotMatch(block, /`|\*\//);
  });

  it('reports a failure', () => {
    const error = { code: 'TOOL_FAILED', message: 'It <broke>.' } as const;
    const text = runReport({
      run: { ...run, status: 'failed', text: ' ', error },
      artefacts: [],
      issues: [],
      version: '0.1.0',
      writtenAt,
    });
    assert.match(text, /## Result\n\nNo text\.\n\n## Error\n\nTOOL\\_FAILED: It &lt;broke&gt;\.\n/);
    assert.match(text, /"overall_quality_assessment": "PARTIAL"/);
  });
});
