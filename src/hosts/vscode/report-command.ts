import * as vscode from 'vscode';
import { TextEncoder } from 'node:util';
import { askReport } from './report-questions.ts';
import type { RuntimeHost } from './runtime-host.ts';
import { workspaceFolders } from './workspace.ts';

/** Asks for format, period and file, writes the cost report and opens it. */
export async function exportReport(host: RuntimeHost): Promise<void> {
  const title = 'Export Cost Report';
  const asked = await askReport(title);
  if (asked === null) return;
  const { format } = asked;
  const [folder] = workspaceFolders();
  const target = await vscode.window.showSaveDialog({
    title,
    filters: { [format]: [format] },
    ...(folder === undefined
      ? {}
      : { defaultUri: vscode.Uri.joinPath(vscode.Uri.file(folder), `cost_report.${format}`) }),
  });
  if (target === undefined) return;
  const { text } = await host.request('report', { ...asked, priceAs: null, out: '-', workspace: folder ?? null });
  await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(text));
  await vscode.window.showTextDocument(target);
}
