import { posix, relative, isAbsolute, resolve } from 'node:path';
import * as vscode from 'vscode';
import type { RuntimeHost } from './runtime-host.ts';

/** Opens the report that a run wrote into its workspace. */
export async function openRunReport(host: RuntimeHost, runId: string): Promise<void> {
  const row = await host.request('run', { run: runId });
  if (row.workspace === null) {
    throw new Error(`Run g${row.g} had no folder open, so it wrote no report.`);
  }
  const named = host.snapshot?.runs.find((run) => run.runId === runId)?.report;
  const path = named ?? posix.join('.haios', 'reports', `report_g${String(row.g).padStart(3, '0')}.md`);
  const full = resolve(row.workspace, path);
  const inside = relative(row.workspace, full);
  if (inside.startsWith('..') || isAbsolute(inside))
    throw new Error(`The report of run g${row.g} lies outside its folder.`);
  const uri = vscode.Uri.file(full);
  try {
    await vscode.workspace.fs.stat(uri);
  } catch {
    throw new Error(`Run g${row.g} has written no report (${path} does not exist).`);
  }
  await vscode.window.showTextDocument(uri);
}
