import { noCost, noTokens } from '../../src/protocol/rows.ts';
import type { ArtefactRow, IssueRow, LedgerRow, TaskRow } from '../../src/protocol/rows.ts';

const trace = '0af7651916cd43dd8448eb211c80319c';

/** A settled call of gpt-5-mini: 1,000 input and 200 output tokens for 650,000 nano-dollars. */
export function ledgerRow(changes: Partial<LedgerRow> = {}): LedgerRow {
  return {
    callId: 'call-1',
    runId: 'run-1',
    taskId: 'task-1',
    agent: 'haios',
    role: 'executor',
    model: 'gpt-5-mini',
    responseModel: 'gpt-5-mini-2025-08-07',
    workspace: null,
    at: Date.UTC(2026, 10, 20, 10),
    settledAt: Date.UTC(2026, 10, 20, 10, 0, 2),
    state: 'settled',
    reservedNusd: 2_000_000,
    reservedTokens: 5000,
    tokens: { ...noTokens, input: 1000, output: 200 },
    nusd: 650_000,
    pricing: 'priced',
    estimated: false,
    rates: [
      { bucket: 'input', tokens: 1000, usdPerMillion: 0.25, nusd: 250_000 },
      { bucket: 'output', tokens: 200, usdPerMillion: 2, nusd: 400_000 },
    ],
    priceSource: 'genai-prices 0.1.8 (2026-10-01)',
    serviceTier: null,
    traceId: trace,
    spanId: 'b7ad6b7169203331',
    ...changes,
  };
}

export function taskRow(changes: Partial<TaskRow> = {}): TaskRow {
  return {
    taskId: 'task-1',
    runId: 'run-1',
    parentTaskId: null,
    spanId: 'b7ad6b7169203331',
    title: 'Look around',
    type: 'inspect',
    size: 'S',
    depth: 0,
    status: 'succeeded',
    startedAt: Date.UTC(2026, 10, 20, 10),
    endedAt: Date.UTC(2026, 10, 20, 10, 0, 3),
    cost: noCost,
    error: null,
    ...changes,
  };
}

export function artefactRow(changes: Partial<ArtefactRow> = {}): ArtefactRow {
  return {
    path: 'src/a.ts',
    sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    size: 1234,
    g: 1,
    runId: 'run-1',
    taskId: 'task-1',
    traceId: trace,
    workspace: null,
    at: Date.UTC(2026, 10, 20, 10, 0, 3),
    ...changes,
  };
}

export function issueRow(changes: Partial<IssueRow> = {}): IssueRow {
  return {
    issueId: 'issue-1',
    code: 'BUDGET_EXCEEDED',
    message: 'The budget of $1.00 is spent.',
    runId: 'run-1',
    at: Date.UTC(2026, 10, 20, 11),
    closedAt: null,
    ...changes,
  };
}
