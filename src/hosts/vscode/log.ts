import * as vscode from 'vscode';

export function createLog(): vscode.LogOutputChannel {
  return vscode.window.createOutputChannel('HAiOS', { log: true });
}

/** Shows an error as one sentence; the log gets the rest. */
export async function showError(log: vscode.LogOutputChannel, error: unknown): Promise<void> {
  const message = error instanceof Error ? error.message : String(error);
  log.error(error instanceof Error ? error : message);
  const showLogs = 'Show Logs';
  if ((await vscode.window.showErrorMessage(message, showLogs)) === showLogs) log.show();
}
