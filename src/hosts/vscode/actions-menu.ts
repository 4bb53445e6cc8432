import * as vscode from 'vscode';
import { commands, type CommandId } from '../../catalogue/commands.ts';
import type { RuntimeHost } from './runtime-host.ts';
import { isActive, isGoing } from './status-bar-state.ts';

/** What can be done now, the most likely first. */
export async function showActions(host: RuntimeHost): Promise<void> {
  const snapshot = host.snapshot;
  const offered: CommandId[] = [
    ...(snapshot !== null && snapshot.approvals.length > 0 ? (['haios.answerApproval'] as const) : []),
    ...(snapshot !== null && snapshot.stops.length > 0 ? (['haios.decideBudget'] as const) : []),
    ...(snapshot?.runs.some(isActive) ? (['haios.cancel'] as const) : []),
    ...(snapshot?.runs.some(isGoing) ? (['haios.stopAfterCall'] as const) : []),
    ...(snapshot?.lanes.some(({ state }) => state !== 'open') ? (['haios.resumeLane'] as const) : []),
    'haios.run',
    ...(snapshot?.runs.some((run) => run.resumable) ? (['haios.resume'] as const) : []),
    'haios.openPanel',
    'haios.openTrace',
    ...(snapshot !== null && snapshot.budgets.length > 0 ? (['haios.raiseBudget'] as const) : []),
    'haios.exportReport',
    'haios.openMetrics',
    'haios.pauseLane',
    'haios.setKey',
    'haios.openSettings',
    'haios.showLogs',
  ];
  const items = offered.map((id) => {
    const { title, icon, does } = commands[id];
    return { label: icon === null ? title : `$(${icon}) ${title}`, detail: does, id };
  });
  const manage = vscode.workspace.isTrusted
    ? []
    : [
        {
          label: '$(shield) Manage Workspace Trust',
          detail: 'Restricted mode: agents may read, but run no command and write no file.',
          id: null,
        },
      ];
  const picked = await vscode.window.showQuickPick([...manage, ...items], {
    title: 'HAiOS',
    placeHolder: 'What should be done?',
  });
  if (picked === undefined) return;
  await vscode.commands.executeCommand(picked.id ?? 'workbench.trust.manage');
}
