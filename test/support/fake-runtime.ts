/**
 * A runtime for tests of the command line: it speaks the real protocol and plays the scenario that `HAIOS_FAKE` names.
 * What it was asked is written, one JSON line each, to the file in `HAIOS_FAKE_LOG`.
 */
import { appendFileSync } from 'node:fs';
import { IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { HaiosError } from '../../src/core/errors.ts';
import { connectServer } from '../../src/protocol/channel.ts';
import type { Handlers } from '../../src/protocol/channel.ts';
import type { RunSummary, StartRun } from '../../src/protocol/messages.ts';
import type { RunStatus } from '../../src/catalogue/states.ts';
import { approvalView, budgetStop, forecastOf, playedRun, snapshotWith, summaryOf } from './views.ts';

type Scenario = 'ok' | 'hang' | 'crash' | 'budget' | 'window' | 'failed' | 'refuse' | 'damaged' | 'approval' | 'mute';
const scenario = (process.env['HAIOS_FAKE'] ?? 'ok') as Scenario;
const record = (entry: unknown): void => {
  const file = process.env['HAIOS_FAKE_LOG'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(entry)}\n`);
};
record({ argv: process.argv.slice(2) });
// Ctrl-C reaches both processes: only the host acts.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit(0));
if (scenario === 'refuse') {
  process.stderr.write('haios: The database was written by a newer version; update HAiOS.\n');
  process.exit(2);
}

let seq = 1;
let prompt = 'todo';

function end(status: RunStatus, more: Partial<RunSummary> = {}): void {
  void server.notify('runEnded', summaryOf({ status, ...more }));
}

function play(): void {
  const show = (changed: Parameters<typeof playedRun>[0]): void => {
    seq += 1;
    void server.notify('delta', { seq, changed: { runs: [playedRun({ prompt, ...changed })] } });
  };
  show({ stage: 'planner' });
  switch (scenario) {
    case 'hang':
      return show({ stage: 'execute' });
    case 'crash':
      show({ stage: 'execute' });
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), 50);
      return;
    case 'approval':
      void server.notify('approval', approvalView());
      return;
    case 'budget':
      return end('budget_exceeded', {
        error: { code: 'BUDGET_EXCEEDED', message: 'The budget of 1.00 USD does not allow the next call.' },
      });
    case 'window':
      void server.notify('budgetStop', budgetStop({ waits: true, freesAt: Date.UTC(2026, 0, 2) }));
      return end('succeeded');
    case 'failed':
      return end('failed', {
        error: { code: 'PROVIDER_UNAVAILABLE', message: 'The provider cannot be reached.' },
        text: '',
      });
    default:
      show({ stage: 'execute', tasksDone: 2 });
      return end('succeeded', { text: `Done: ${prompt}\u001b[31m` });
  }
}

const handlers: Partial<Handlers> = {
  forecast: (params) => {
    record({ forecast: params });
    switch (scenario) {
      case 'ok':
        return Promise.resolve(forecastOf({}));
      case 'budget':
        return Promise.resolve({ kind: 'not_enough_history', samples: 3 });
      case 'crash':
        return new Promise(() => undefined);
      default:
        return Promise.reject(new HaiosError('TIMEOUT', 'No forecast was made within 2 s.'));
    }
  },
  hello: (params) => {
    record({ hello: params });
    if (scenario === 'damaged') {
      return Promise.reject(
        new HaiosError('DATABASE_NEWER', 'The database is newer; give another one with --db FILE.'),
      );
    }
    if (scenario === 'mute') return new Promise(() => undefined);
    return Promise.resolve({
      runtimeId: 'r1',
      version: '0.1.0',
      databasePath: 'haios.db',
    });
  },
  subscribe: () => Promise.resolve(snapshotWith({ seq })),
  runtime: () => {
    const { runtime } = snapshotWith({});
    const [panelUrl, metricsUrl] = ['http://127.0.0.1:8000/', 'http://127.0.0.1:8000/metrics'];
    return Promise.resolve({ ...runtime, port: 8000, panelUrl, metricsUrl });
  },
  startRun: (params: StartRun) => {
    record({ startRun: params });
    if (params.model === 'nope') {
      return Promise.reject(new HaiosError('MODEL_UNKNOWN', 'The model “nope” is not configured; use offline.'));
    }
    prompt = params.prompt ?? 'resumed';
    setImmediate(play);
    return Promise.resolve({ runId: 'run-7', g: 7, traceId: '0af7651916cd43dd8448eb211c80319c' });
  },
  controlRun: (params) => {
    record({ controlRun: params });
    // A run that hangs can only be killed.
    if (prompt !== 'stuck') end('cancelled', { text: '' });
    return Promise.resolve(null);
  },
  answerApproval: (params) => {
    record({ answerApproval: params });
    end(params.decision === 'deny' ? 'failed' : 'succeeded');
    return Promise.resolve(null);
  },
  report: (params) => {
    record({ report: params });
    return Promise.resolve({
      text: '# Cost report g008\n',
      path: params.out === '-' ? null : (params.out ?? '.haios/reports/cost_report_g008.md'),
      g: 8,
    });
  },
  explain: ({ callId }) => Promise.resolve(`call ${callId}\n`),
  runs: () => Promise.resolve({ rows: [], next: null }),
  traceText: ({ run, format }) => Promise.resolve(`${run} as ${format}\n`),
  doctor: () =>
    Promise.resolve([
      { name: 'config', status: 'ok', message: 'No file; defaults are in force.', remedy: null },
      { name: 'ledger', status: 'error', message: 'It is damaged.', remedy: 'Run “haios doctor --new-ledger”.' },
    ]),
  shutdown: () => {
    record({ shutdown: true });
    setTimeout(() => process.exit(0), 10);
    return Promise.resolve(null);
  },
};

const server = connectServer(
  new IPCMessageReader(process),
  new IPCMessageWriter(process),
  handlers as Handlers,
  (error) => ({
    code: error instanceof HaiosError ? error.code : 'INTERNAL',
    message: error instanceof Error ? error.message : 'unknown',
  }),
);
