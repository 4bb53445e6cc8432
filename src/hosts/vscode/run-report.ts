import { posix, relative, isAbsolute, resolve } from 'node:path';
import * as vscode from 'vscode';
import type { RunRow } from '../../protocol/rows.ts';
import type { ReadOnlyTexts } from './read-only-texts.ts';
import type { RuntimeHost } from './runtime-host.ts';

/** Opens the report that a run wrote into its workspace or, when there is none, the run's answer. */
export async function openRunReport(host: RuntimeHost, texts: ReadOnlyTexts, runId: string): Promise<void> {
  const row = await host.request('run', { run: runId });
  const named = host.snapshot?.runs.find((run) => run.runId === runId)?.report ?? null;
  const report = await existingReport(row, named);
  if (report !== null) {
    await vscode.window.showTextDocument(report);
    return;
  }
  if (row.text === '') throw new Error(`Run g${row.g} has neither written a report nor given an answer.`);
  await texts.show(`run-g${row.g}.md`, row.text);
}

/** Null when the run had no folder, or the file is not there (any more) or not inside the folder. */
async function existingReport(row: RunRow, named: string | null): Promise<vscode.Uri | null> {
  if (row.workspace === null) return null;
  const path = named ?? posix.join('.haios', 'reports', `report_g${String(row.g).padStart(3, '0')}.md`);
  const full = resolve(row.workspace, path);
  const inside = relative(row.workspace, full);
  if (inside.startsWith('..') || isAbsolute(inside)) return null;
  const uri = vscode.Uri.file(full);
  return vscode.workspace.fs.stat(uri).then(
    () => uri,
    () => null,
  );
}
