/**
 * A runtime that speaks the protocol and does no work: what hosts are tested against when the real one would be in the way.
 * Its prompts are commands: `crash` ends the process, `heap` needs more memory than there is, `refuse` is answered with an error, `hang` is never answered,
 * `gap` skips a delta, `ask` waits for an approval, `budget` for a budget; anything else runs for about a second.
 * `HAIOS_FAKE=dies` ends it before it answers, `HAIOS_FAKE=newer` refuses `hello`.
 */
import { IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { connectServer } from '../../src/protocol/channel.ts';
import type { Params, StartRun, WireError } from '../../src/protocol/messages.ts';
import { noCost, type RunRow, type SpanRow } from '../../src/protocol/rows.ts';
import type { RunView, Snapshot } from '../../src/protocol/snapshot.ts';
import { budgetUse, runRow, runView, snapshot as empty, spanRow, stopView } from './rows.ts';

class Refusal extends Error {
  readonly wire: WireError;
  constructor(wire: WireError) {
    super(wire.message);
    this.wire = wire;
  }
}

if (process.env['HAIOS_FAKE'] === 'dies') process.exit(7);

let snapshot: Snapshot = { ...empty, budgets: [budgetUse({ used: 0 })] };
const rows: RunRow[] = [];
const spans = new Map<string, SpanRow[]>();
const told: unknown[] = [];

const server = connectServer(
  new IPCMessageReader(process),
  new IPCMessageWriter(process),
  {
    hello: async (params) => {
      told.push(['hello', params]);
      if (process.env['HAIOS_FAKE'] === 'newer') {
        throw new Refusal({ code: 'DATABASE_NEWER', message: 'The database was written by version 9.' });
      }
      return {
        runtimeId: 'fake',
        version: '0.0.0',
        databasePath: ':memory:',
      };
    },
    startRun: async (params) => start(params),
    controlRun: async ({ runId }) => (update(runId, { status: 'cancelled' }), null),
    decideBudget: async (params) => decide(params),
    setBudget: async (params) => (told.push(['setBudget', params]), null),
    ledgerBackup: async () => null,
    restoreLedger: async () => ({ at: 0, calls: 0, nusd: 0 }),
    priceIds: async () => [],
    controlLane: async (params) => (told.push(['controlLane', params]), null),
    controlTask: async (params) => (told.push(['controlTask', params]), null),
    forecast: async () => ({ kind: 'not_enough_history', samples: 0 }),
    answerApproval: async () => (change({ approvals: [] }), null),
    setTrust: async (params) => (told.push(['setTrust', params]), null),
    setSettings: async (params) => (told.push(['setSettings', params]), { error: null }),
    setKey: async (params) => (told.push(['setKey', params]), null),
    setHostModels: async (params) => (told.push(['setHostModels', params]), null),
    hostModelParts: async (params) => (told.push(['hostModelParts', params]), false),
    newLedger: async () => null,
    runtime: async () => snapshot.runtime,
    subscribe: async () => snapshot,
    runs: async () => ({ rows, next: null }),
    run: async ({ run }) => rows.find((row) => row.runId === run) ?? missing(run),
    spans: async ({ runId, parentSpanId }) =>
      (spans.get(runId) ?? []).filter((row) => row.parentSpanId === parentSpanId),
    trace: async ({ run }) => spans.get(run) ?? [],
    traceText: async () => '',
    costs: async () => [],
    calls: async () => ({ rows: [], next: null }),
    /** Tells a test what the host has told it. */
    explain: async () => JSON.stringify(told),
    report: async ({ format }) => ({ text: format === 'json' ? '{}' : '# Cost report\n', path: null, g: 9 }),
    models: async () => [
      { id: 'offline', provider: 'offline', model: 'offline', ready: true, note: null, priced: true },
    ],
    doctor: async () => [],
    shutdown: async () => (setTimeout(() => process.exit(0), 10), null),
  },
  (error) => (error instanceof Refusal ? error.wire : { code: 'INTERNAL', message: String(error) }),
);
server.onClose(() => process.exit(0));

async function start(params: StartRun): Promise<{ runId: string; g: number; traceId: string }> {
  if (params.prompt === 'crash') process.exit(9);
  if (params.prompt === 'heap')
    for (const kept: number[][] = []; ;) kept.push(Array.from({ length: 100_000 }, Math.random));
  if (params.prompt === 'refuse')
    throw new Refusal({ code: 'MODEL_UNKNOWN', message: 'No model “x”; known: offline.' });
  if (params.prompt === 'hang') await new Promise(() => undefined);
  const g = rows.length + 1;
  const runId = `run-${g}`;
  rows.unshift(runRow({ runId, g, prompt: params.prompt ?? '', status: 'running', workspace: params.workspace }));
  spans.set(runId, [spanRow({ runId, spanId: 'a', name: 'plan', kind: 'plan', children: 1 })]);
  change({ runs: [runView({ runId, g, prompt: params.prompt ?? '', status: 'running' }), ...snapshot.runs] });
  if (params.prompt === 'gap') snapshot = { ...snapshot, seq: snapshot.seq + 5 };
  if (params.prompt === 'ask') {
    const approval = { approvalId: 'p1', runId, title: 'Write a.txt', detail: '+x', path: 'a.txt', at: 0 };
    change({ approvals: [{ ...approval, kind: 'write', protected: false }] });
  }
  if (params.prompt === 'budget') {
    const stop = stopView({ runId, g });
    update(runId, { status: 'waiting', waiting: 'budget' });
    change({ stops: [stop], budgets: stop.budget === null ? [] : [stop.budget] });
    void server.notify('budgetStop', stop);
    return { runId, g, traceId: 't' };
  }
  [250, 500, 750].forEach((ms, step) => setTimeout(() => grow(runId, step), ms));
  setTimeout(() => update(runId, { status: 'succeeded' }), 1000);
  return { runId, g, traceId: 't' };
}

function decide(params: Params<'decideBudget'>): null {
  told.push(['decideBudget', params]);
  if (!snapshot.stops.some(({ runId }) => runId === params.runId)) {
    throw new Refusal({ code: 'RUN_NOT_FOUND', message: `Run “${params.runId}” waits for no budget.` });
  }
  change({ stops: [] });
  update(params.runId, { status: params.decision.type === 'stop' ? 'budget_exceeded' : 'succeeded', waiting: null });
  return null;
}

function grow(runId: string, step: number): void {
  const parentSpanId = step === 0 ? 'a' : String(step - 1);
  const name = ['task', 'execute', 'worker_call:file_read'][step] ?? 'more';
  spans
    .get(runId)
    ?.push(spanRow({ runId, spanId: String(step), parentSpanId, name, kind: 'task', children: step < 2 ? 1 : 0 }));
  const nusd = (step + 1) * 400_000_000;
  change({ budgets: [budgetUse({ used: nusd })] });
  update(runId, { cost: { ...noCost, nusd } });
}

function update(runId: string, changes: Partial<RunView>): void {
  const at = rows.findIndex((row) => row.runId === runId);
  const row = rows[at];
  if (row !== undefined) rows[at] = { ...row, status: changes.status ?? row.status, cost: changes.cost ?? row.cost };
  change({
    runs: snapshot.runs.map((run) =>
      run.runId === runId ? { ...run, ...changes, traceVersion: run.traceVersion + 1 } : run,
    ),
  });
}

function change(changed: Partial<Omit<Snapshot, 'seq'>>): void {
  snapshot = { ...snapshot, ...changed, seq: snapshot.seq + 1 };
  void server.notify('delta', { seq: snapshot.seq, changed });
}

function missing(run: string): never {
  throw new Refusal({ code: 'RUN_NOT_FOUND', message: `There is no run “${run}”.` });
}
