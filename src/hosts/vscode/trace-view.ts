import * as vscode from 'vscode';
import type { RuntimeHost } from './runtime-host.ts';
import { TraceTree, type TraceNode } from './trace-tree.ts';

/** The view `haios.trace` in the side bar. */
export function createTraceView(
  host: RuntimeHost,
  log: vscode.LogOutputChannel,
): { readonly tree: TraceTree; readonly view: vscode.TreeView<TraceNode> } {
  const tree = new TraceTree(host, log);
  const view = vscode.window.createTreeView('haios.trace', { treeDataProvider: tree, showCollapseAll: true });
  return { tree, view };
}
