import * as vscode from 'vscode';
import { TextEncoder } from 'node:util';
import { askChoice, askSteps, type Choice } from './quick-input.ts';
import type { RuntimeHost } from './runtime-host.ts';
import { workspaceFolders } from './workspace.ts';

type Format = 'md' | 'csv' | 'json';

const formats: readonly Choice<Format>[] = [
  { label: 'Markdown', description: 'for people', value: 'md' },
  { label: 'CSV', description: 'for spreadsheets', value: 'csv' },
  { label: 'JSON', description: 'for programs', value: 'json' },
];
const periods: readonly Choice<number>[] = [
  { label: 'Last 7 days', value: 7 },
  { label: 'Last 30 days', value: 30 },
  { label: 'Last 365 days', value: 365 },
];

/** Asks for format, period and file, writes the cost report and opens it. */
export async function exportReport(host: RuntimeHost): Promise<void> {
  let format: Format = 'md';
  let days = 7;
  const sure = await askSteps('Export Cost Report', [
    async (place) => {
      const answer = await askChoice(place, 'Format', formats, format);
      if (answer.kind === 'value') format = answer.value;
      return answer.kind;
    },
    async (place) => {
      const answer = await askChoice(place, 'Period', periods, days);
      if (answer.kind === 'value') days = answer.value;
      return answer.kind;
    },
  ]);
  if (!sure) return;
  const [folder] = workspaceFolders();
  const target = await vscode.window.showSaveDialog({
    title: 'Export Cost Report',
    filters: { [format]: [format] },
    ...(folder === undefined
      ? {}
      : { defaultUri: vscode.Uri.joinPath(vscode.Uri.file(folder), `cost_report.${format}`) }),
  });
  if (target === undefined) return;
  const { text } = await host.request('report', {
    days,
    range: null,
    format,
    priceAs: null,
    out: '-',
    workspace: folder ?? null,
  });
  await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(text));
  await vscode.window.showTextDocument(target);
}
