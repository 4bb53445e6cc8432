import * as vscode from 'vscode';
import type { CommandId } from '../../catalogue/commands.ts';
import type { RuntimeHost } from './runtime-host.ts';
import { isActive, statusBarState } from './status-bar-state.ts';

/** The status bar item, and the context key `haios.runActive` that menus go by. */
export function createStatusBar(host: RuntimeHost): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('haios.status', vscode.StatusBarAlignment.Left, 10);
  item.name = 'HAiOS';
  item.command = 'haios.showActions' satisfies CommandId;
  let active: boolean | undefined;

  const draw = (): void => {
    const state = statusBarState(host.state, vscode.workspace.isTrusted, Date.now());
    item.text = state.text;
    item.tooltip = plainMarkdown(state.tooltip);
    item.accessibilityInformation = { label: state.label };
    item.backgroundColor =
      state.level === 'normal' ? undefined : new vscode.ThemeColor(`statusBarItem.${state.level}Background`);
    const now = host.snapshot?.runs.some(isActive) ?? false;
    if (now !== active) void vscode.commands.executeCommand('setContext', 'haios.runActive', now);
    active = now;
  };
  draw();
  item.show();
  return vscode.Disposable.from(
    item,
    host.onState.on(draw),
    host.onDelta.on(draw),
    vscode.workspace.onDidGrantWorkspaceTrust(draw),
  );
}

/** Lines of text that others may have written: nothing in them becomes markup, a link or an icon. */
export function plainMarkdown(lines: readonly string[]): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString();
  for (const line of lines) {
    // `appendText` makes spaces that do not break. Between the first two words one stays, so that no “1. ” begins a list.
    const [first = '', second, ...words] = line.split(' ');
    markdown.appendText(second === undefined ? first : `${first} ${second}`);
    for (const word of words) markdown.appendMarkdown(' ').appendText(word);
    markdown.appendMarkdown('  \n');
  }
  return markdown;
}
