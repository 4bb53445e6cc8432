import * as vscode from 'vscode';
import type { Hello } from '../../protocol/messages.ts';
import type { Keys } from './keys.ts';
import type { RuntimeHost } from './runtime-host.ts';
import { readSettings } from './settings.ts';
import { oneLine } from './text.ts';
import { workspaceFolders } from './workspace.ts';

/** What the runtime is told of this window when it starts. */
export function hello(): Hello {
  return {
    host: 'vscode',
    attended: true,
    workspaces: workspaceFolders(),
    trusted: vscode.workspace.isTrusted,
    settings: readSettings(),
  };
}

/** Sends on what changes in the window: trust, folders, settings, keys. */
export function forwardChanges(host: RuntimeHost, keys: Keys, log: vscode.LogOutputChannel): vscode.Disposable {
  const guard = (work: Promise<unknown>): void => {
    work.catch((error: unknown) => log.warn(`The runtime was not told of a change: ${String(error)}`));
  };
  const trust = (): void =>
    guard(host.tell('setTrust', { trusted: vscode.workspace.isTrusted, workspaces: workspaceFolders() }));
  return vscode.Disposable.from(
    vscode.workspace.onDidGrantWorkspaceTrust(trust),
    vscode.workspace.onDidChangeWorkspaceFolders(trust),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('haios')) guard(sendSettings(host));
    }),
    keys.onDidChange((model) => guard(keys.get(model).then((key) => host.tell('setKey', key)))),
  );
}

async function sendSettings(host: RuntimeHost): Promise<void> {
  const answer = await host.tell('setSettings', { settings: readSettings() });
  const error = answer?.error ?? null;
  if (error !== null) await vscode.window.showErrorMessage(oneLine(error, 500));
}
