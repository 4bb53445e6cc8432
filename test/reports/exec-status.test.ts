import assert from 'node:assert/strict';
import { noCost, noTokens } from '../../src/protocol/rows.ts';
import { execStatus, execStatusName } from '../../src/reports/exec-status.ts';
import { runRow } from '../support/rows.ts';
import { taskRow } from './samples.ts';

const tokens = { ...noTokens, input: 1000, cache_read: 10, output: 200, reasoning: 5 };
const run = runRow({
  g: 7,
  prompt: 'do "it"\ntotal: 0',
  startedAt: Date.UTC(2026, 10, 20, 10),
  endedAt: Date.UTC(2026, 10, 20, 10, 0, 4),
});
const tasks = [
  taskRow({ cost: { ...noCost, tokens, nusd: 650_001, cpuSeconds: 0.25, memBytes: 300, diskBytes: 1234, calls: 1 } }),
  taskRow({
    taskId: 'task-2',
    parentTaskId: 'task-1',
    title: 'Write\n    cost_record: {}',
    status: 'failed',
    error: 'No: "reason"',
    endedAt: null,
    cost: {
      ...noCost,
      tokens,
      nusd: 2,
      cpuSeconds: 0.5,
      memBytes: 200,
      diskBytes: -34,
      calls: 2,
      estimated: true,
      unpricedCalls: 1,
    },
  }),
];
const at = Date.UTC(2026, 10, 20, 10, 0, 5);

describe('reports/exec-status', () => {
  it('has one entry per task with its cost record, and a total that is their sum', () => {
    assert.equal(execStatusName(7), 'exec_status_g007.txt');
    assert.equal(
      execStatus(run, tasks, at),
      `# HAiOS execution status
g: 7
run: "run-1"
trace_id: "0af7651916cd43dd8448eb211c80319c"
status: succeeded
prompt: "do \\"it\\"\\ntotal: 0"
agent: "default"
model: "offline"
price_as: null
started_at: 2026-11-20T10:00:00.000Z
ended_at: 2026-11-20T10:00:04.000Z
duration_ms: 1200
written_at: 2026-11-20T10:00:05.000Z
tasks:
  - task: "task-1"
    parent: null
    title: "Look around"
    type: inspect
    size: S
    status: succeeded
    span_id: "b7ad6b7169203331"
    started_at: 2026-11-20T10:00:00.000Z
    ended_at: 2026-11-20T10:00:03.000Z
    cost_record:
      cpu_seconds: 0.250000
      mem_bytes: 300
      disk_bytes: 1234
      tokens:
        input: 1000
        cache_read: 10
        cache_write: 0
        cache_write_1h: 0
        output: 200
        reasoning: 5
        total: 1215
      usd: 0.000650001
      usd_nano: 650001
      calls: 1
      estimated: false
      unpriced_calls: 0
  - task: "task-2"
    parent: "task-1"
    title: "Write\\n    cost_record: {}"
    type: inspect
    size: S
    status: failed
    error: "No: \\"reason\\""
    span_id: "b7ad6b7169203331"
    started_at: 2026-11-20T10:00:00.000Z
    ended_at: null
    cost_record:
      cpu_seconds: 0.500000
      mem_bytes: 200
      disk_bytes: -34
      tokens:
        input: 1000
        cache_read: 10
        cache_write: 0
        cache_write_1h: 0
        output: 200
        reasoning: 5
        total: 1215
      usd: 0.000000002
      usd_nano: 2
      calls: 2
      estimated: true
      unpriced_calls: 1

# The sum of the 2 entries above; mem_bytes is the highest.
total:
  cpu_seconds: 0.750000
  mem_bytes: 300
  disk_bytes: 1200
  tokens:
    input: 2000
    cache_read: 20
    cache_write: 0
    cache_write_1h: 0
    output: 400
    reasoning: 10
    total: 2430
  usd: 0.000650003
  usd_nano: 650003
  calls: 3
  estimated: true
  unpriced_calls: 1
`,
    );
  });

  it('says why a run stands still, and that there are no tasks yet', () => {
    const text = execStatus(
      runRow({ status: 'waiting', waiting: 'budget', error: { code: 'BUDGET_EXCEEDED', message: 'Full.' } }),
      [],
      at,
    );
    assert.match(text, /^status: waiting\nwaiting_for: budget\nerror: "BUDGET_EXCEEDED: Full\."$/m);
    assert.match(text, /^tasks: \[\]$/m);
    assert.match(text, /^ {2}usd: 0\.00$/m);
  });
});
