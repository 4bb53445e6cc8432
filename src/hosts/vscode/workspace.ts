import * as vscode from 'vscode';
import { askChoice, type StepPlace, type Answer } from './quick-input.ts';

/** Folders on disk that are open; the runtime can work in no others. */
export function workspaceFolders(): readonly string[] {
  return (vscode.workspace.workspaceFolders ?? [])
    .filter((folder) => folder.uri.scheme === 'file')
    .map((folder) => folder.uri.fsPath);
}

export function askFolder(
  place: StepPlace,
  folders: readonly string[],
  chosen: string | undefined,
): Promise<Answer<string>> {
  const choices = folders.map((folder) => ({
    label: vscode.workspace.getWorkspaceFolder(vscode.Uri.file(folder))?.name ?? folder,
    description: folder,
    value: folder,
  }));
  return askChoice(place, 'The folder that the agent works in', choices, chosen);
}
