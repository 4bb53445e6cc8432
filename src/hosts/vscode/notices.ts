import * as vscode from 'vscode';
import type { CommandId } from '../../catalogue/commands.ts';
import { backupText } from '../../protocol/backup-text.ts';
import type { Notice, RunSummary } from '../../protocol/messages.ts';
import { showError } from './log.ts';
import type { RuntimeHost } from './runtime-host.ts';
import { duration, moneyText, oneLine, tokensText } from './text.ts';

/** A large ledger is read and copied as a whole. */
const backupMs = 300_000;

interface Action {
  readonly label: string;
  readonly command: CommandId;
  readonly argument?: unknown;
}

/** What the runtime wants a person to know: each once, with what can be done about it. */
export function createNotices(host: RuntimeHost, log: vscode.LogOutputChannel): vscode.Disposable {
  const guard = (work: Promise<void>): void => void work.catch((error: unknown) => showError(log, error));
  return vscode.Disposable.from(
    host.onNotice.on((notice) => guard(tell(host, notice))),
    host.onRunEnded.on((summary) => guard(tellEnd(summary))),
    host.onLost.on((message) =>
      guard(
        show('error', `${message} It is started again.`, [
          { label: 'Show Logs', command: 'haios.showLogs' },
          { label: 'Resume Run…', command: 'haios.resume' },
        ]),
      ),
    ),
  );
}

async function tell(host: RuntimeHost, notice: Notice): Promise<void> {
  if (notice.code === 'LEDGER_DAMAGED' && notice.level === 'error') return tellLedger(host, notice);
  await show(notice.level, oneLine(notice.message, 500), actions(notice));
}

/** A new ledger resets every budget, so that is never done without a clear yes. What was done is told by a notice. */
async function tellLedger(host: RuntimeHost, notice: Notice): Promise<void> {
  // Without an answer there is still the other choice.
  const backup = await host.request('ledgerBackup', {}, backupMs).catch(() => null);
  // Longer labels are cut off: what they are about is in the message.
  const restore = backup === null ? [] : ['Restore Backup'];
  const begin = 'New Ledger…';
  const newest = backup === null ? '' : ` Its newest backup is of ${backupText(backup, Date.now())}.`;
  const message = `${oneLine(notice.message, 500)}${newest}`;
  const choice = await vscode.window.showErrorMessage(message, ...restore, begin, 'Not Now');
  if (choice !== undefined && restore.includes(choice)) await host.request('restoreLedger', {}, backupMs);
  if (choice !== begin) return;
  const yes = 'Begin New Ledger';
  const detail = 'All budgets then start at zero. The damaged file is kept beside the new one.';
  const answer = await vscode.window.showWarningMessage('Begin a new ledger?', { modal: true, detail }, yes);
  if (answer === yes) await host.request('newLedger', {});
}

async function tellEnd(summary: RunSummary): Promise<void> {
  const run = `HAiOS run g${summary.g}`;
  const money = moneyText({ ...summary, nusd: summary.usd_nano }, summary.priceAs);
  const used = `${tokensText(summary.tokens.total, summary.estimated)}, ${money}, ${duration(summary.durationMs)}`;
  const trace: Action = { label: 'Open Trace', command: 'haios.openTrace', argument: summary.run };
  const resume: Action = { label: 'Resume…', command: 'haios.resume', argument: summary.run };
  const reason = summary.error === null ? '' : ` ${oneLine(summary.error.message, 300)}`;
  switch (summary.status) {
    case 'succeeded':
      return show('info', `${run} succeeded: ${used}.`, [
        { label: 'Open Report', command: 'haios.openRunReport', argument: summary.run },
        trace,
      ]);
    case 'budget_exceeded':
      return show('warning', `${run} was stopped by a budget (${used}).${reason}`, [resume, trace]);
    case 'failed':
    case 'interrupted':
      return show('error', `${run} ${summary.status}.${reason}`, [resume, trace]);
    case 'cancelled':
    case 'queued':
    case 'running':
    case 'waiting':
  }
}

function actions(notice: Notice): readonly Action[] {
  switch (notice.code) {
    case 'API_KEY_MISSING':
    case 'PROVIDER_AUTH':
      return [{ label: 'Set Model API Key…', command: 'haios.setKey' }];
    case 'CONFIG_INVALID':
      return [{ label: 'Open Settings', command: 'haios.openSettings' }];
    case 'BUDGET_WARNING':
      return budgetActions(notice);
    case 'BUDGET_EXCEEDED':
    case 'MODEL_UNPRICED':
    case 'ALERT':
      return [{ label: 'Open Panel', command: 'haios.openPanel' }];
    default:
      return notice.level === 'info' ? [] : [{ label: 'Show Logs', command: 'haios.showLogs' }];
  }
}

function budgetActions({ budget, runId }: Notice): readonly Action[] {
  return [
    ...(budget === undefined ? [] : [{ label: 'Raise…', command: 'haios.raiseBudget', argument: budget } as const]),
    ...(runId === null
      ? []
      : [{ label: 'Stop After This Call', command: 'haios.stopAfterCall', argument: runId } as const]),
    { label: 'Details', command: 'haios.openPanel', argument: 'budgets' },
  ];
}

async function show(level: Notice['level'], message: string, offered: readonly Action[]): Promise<void> {
  const labels = offered.map((action) => action.label);
  const answer = await messageFunctions[level](message, ...labels);
  const action = offered.find(({ label }) => label === answer);
  if (action !== undefined) await vscode.commands.executeCommand(action.command, action.argument);
}

const messageFunctions = {
  info: (message: string, ...items: string[]) => vscode.window.showInformationMessage(message, ...items),
  warning: (message: string, ...items: string[]) => vscode.window.showWarningMessage(message, ...items),
  error: (message: string, ...items: string[]) => vscode.window.showErrorMessage(message, ...items),
};
