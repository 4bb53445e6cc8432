import * as vscode from 'vscode';

const shownMs = 6000;

/** Says for a while in the status bar what was done for a person, where no more is needed. `text` with `$(icon)`. */
export function say(text: string): void {
  vscode.window.setStatusBarMessage(text, shownMs);
}
