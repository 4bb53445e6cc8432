import * as vscode from 'vscode';
import type { CommandId } from '../../catalogue/commands.ts';
import { showActions } from './actions-menu.ts';
import type { Approvals } from './approvals.ts';
import { raiseBudget } from './budget-command.ts';
import type { BudgetStops } from './budget-stops.ts';
import { setKeyCommand, type Keys } from './keys.ts';
import { controlLanes } from './lane-commands.ts';
import type { LanguageModels } from './language-models.ts';
import { showError } from './log.ts';
import { openMetrics } from './metrics.ts';
import { isPanelView, type Panel, type PanelAction } from './panel.ts';
import type { ReadOnlyTexts } from './read-only-texts.ts';
import { exportReport } from './report-command.ts';
import { pickActive, pickResumable, runIdOf } from './run-choice.ts';
import { resumeRun, runTask } from './run-command.ts';
import { openRunReport } from './run-report.ts';
import type { RuntimeHost } from './runtime-host.ts';
import { stopAfterCall } from './stop-command.ts';
import { controlTask } from './task-commands.ts';
import type { TraceNode, TraceTree } from './trace-tree.ts';

export interface Parts {
  readonly host: RuntimeHost;
  readonly log: vscode.LogOutputChannel;
  readonly memory: vscode.Memento;
  readonly extensionId: string;
  readonly keys: Keys;
  readonly models: LanguageModels;
  readonly texts: ReadOnlyTexts;
  readonly approvals: Approvals;
  readonly stops: BudgetStops;
  readonly panel: Panel;
  readonly tree: TraceTree;
  readonly treeView: vscode.TreeView<TraceNode>;
}

type Handler = (argument: unknown) => Promise<void>;

/** Registers each command of the catalogue. A handler that fails tells the person in one sentence. */
export function registerCommands(parts: Parts): vscode.Disposable {
  const table = commandTable(parts);
  const registered = Object.entries(table).map(([id, handler]) =>
    vscode.commands.registerCommand(id, async (argument: unknown) => {
      try {
        await handler(argument);
      } catch (error) {
        void showError(parts.log, error);
      }
    }),
  );
  return vscode.Disposable.from(...registered);
}

/** What the panel asks for, as commands. */
export async function actOnPanel(
  host: RuntimeHost,
  log: vscode.LogOutputChannel,
  stops: BudgetStops,
  action: PanelAction,
): Promise<void> {
  try {
    switch (action.type) {
      case 'cancelRun':
        return await execute('haios.cancel', action.runId);
      case 'resumeRun':
        return await execute('haios.resume', action.runId);
      case 'showTrace':
        return await execute('haios.openTrace', action.runId);
      case 'openReport':
        return await execute('haios.openRunReport', action.runId);
      case 'raiseBudget':
        return await execute('haios.raiseBudget', action.budget);
      case 'decideBudget':
        return await stops.decide(action.runId, action.decision);
      case 'command':
        return await execute(`haios.${action.command}`, undefined);
      case 'answerApproval':
        await host.request('answerApproval', { approvalId: action.approvalId, decision: action.decision });
        return;
      case 'controlLane':
        await host.request('controlLane', { lane: action.lane, action: action.action });
    }
  } catch (error) {
    void showError(log, error);
  }
}

function commandTable(parts: Parts): Record<CommandId, Handler> {
  const { host, log, models, memory, texts, tree, treeView } = parts;
  return {
    'haios.run': async (given) => {
      if ((await runTask({ host, models, memory }, given)) !== null) await revealView();
    },
    'haios.cancel': async (argument) => {
      const runId = runIdOf(argument) ?? (await pickActive(host, 'Cancel which run?'))?.runId;
      if (runId !== undefined) await host.request('controlRun', { runId, action: 'cancel' });
    },
    'haios.stopAfterCall': (argument) => stopAfterCall(host, argument),
    'haios.decideBudget': (argument) => parts.stops.choose(runIdOf(argument)),
    'haios.raiseBudget': (argument) => raiseBudget(host, argument),
    'haios.resume': async (argument) => {
      const runId = runIdOf(argument);
      const row = runId === null ? await pickResumable(host) : await host.request('run', { run: runId });
      if (row !== null && (await resumeRun(host, row)) !== null) await revealView();
    },
    'haios.pauseLane': () => controlLanes(host, 'pause'),
    'haios.resumeLane': () => controlLanes(host, 'resume'),
    'haios.drainLane': () => controlLanes(host, 'drain'),
    'haios.openPanel': async (view) => parts.panel.open(isPanelView(view) ? view : undefined),
    'haios.openTrace': async (argument) => {
      await vscode.commands.executeCommand('haios.trace.focus');
      const runId = runIdOf(argument);
      if (runId !== null) await treeView.reveal(await tree.find(runId), { select: true, focus: true, expand: true });
    },
    'haios.exportReport': () => exportReport(host),
    'haios.openMetrics': () => openMetrics(host, texts),
    'haios.answerApproval': () => parts.approvals.answerOldest(),
    'haios.showLogs': async () => log.show(),
    'haios.setKey': () => setKeyCommand(host, parts.keys),
    'haios.openSettings': async () => {
      await vscode.commands.executeCommand('workbench.action.openSettings', `@ext:${parts.extensionId}`);
    },
    'haios.showActions': () => showActions(host),
    'haios.refreshTrace': async () => tree.refresh(),
    'haios.pauseTask': (argument) => controlTask(host, argument, 'pause'),
    'haios.continueTask': (argument) => controlTask(host, argument, 'continue'),
    'haios.cancelTask': (argument) => controlTask(host, argument, 'cancel'),
    'haios.retryTask': (argument) => controlTask(host, argument, 'retry'),
    'haios.openRunReport': async (argument) => {
      const runId = runIdOf(argument);
      if (runId !== null) await openRunReport(host, texts, runId);
    },
    'haios.loadMoreRuns': () => tree.loadMore(),
  };
}

/** A run that starts is shown where it can be followed, without taking the keyboard away. */
async function revealView(): Promise<void> {
  await vscode.commands.executeCommand('haios.trace.focus', { preserveFocus: true });
}

async function execute(id: CommandId, argument: unknown): Promise<void> {
  await vscode.commands.executeCommand(id, argument);
}
