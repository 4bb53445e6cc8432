import * as vscode from 'vscode';
import { resumable } from '../../catalogue/states.ts';
import type { RunRow } from '../../protocol/rows.ts';
import type { RunView } from '../../protocol/snapshot.ts';
import type { RuntimeHost } from './runtime-host.ts';
import { isActive } from './status-bar-state.ts';
import { oneLine } from './text.ts';

/** The run that a command was called on: a run id, or a node of the trace tree. */
export function runIdOf(argument: unknown): string | null {
  if (typeof argument === 'string') return argument;
  if (typeof argument !== 'object' || argument === null || !('runId' in argument)) return null;
  return typeof argument.runId === 'string' ? argument.runId : null;
}

/** A run under way, of those that `may` be picked: the only one, or the one that the person picks. */
export async function pickActive(
  host: RuntimeHost,
  question: string,
  may: (run: RunView) => boolean = isActive,
): Promise<RunView | null> {
  const active = (host.snapshot?.runs ?? []).filter(may);
  if (active.length === 0) await vscode.window.showInformationMessage('No agent run is under way in this window.');
  return active.length > 1 ? pick(active, question) : (active[0] ?? null);
}

/** One of the newest runs that can be resumed. */
export async function pickResumable(host: RuntimeHost): Promise<RunRow | null> {
  const { rows } = await host.request('runs', { limit: 100, cursor: null });
  const live = new Set((host.snapshot?.runs ?? []).filter(isActive).map((run) => run.runId));
  const open = rows.filter((row) => resumable.includes(row.status) && !live.has(row.runId));
  if (open.length === 0) {
    await vscode.window.showInformationMessage(
      'No run can be resumed: none failed, was interrupted or was stopped by a budget.',
    );
    return null;
  }
  return pick(open, 'Resume which run?');
}

async function pick<T extends { readonly g: number; readonly prompt: string; readonly status: string }>(
  runs: readonly T[],
  placeHolder: string,
): Promise<T | null> {
  const items = runs.map((run) => ({
    label: oneLine(run.prompt),
    description: `g${run.g} · ${run.status.replace('_', ' ')}`,
    run,
  }));
  // Called from the panel, the question must outlast the focus that the palette gives back to it.
  const options = { placeHolder, matchOnDescription: true, ignoreFocusOut: true };
  return (await vscode.window.showQuickPick(items, options))?.run ?? null;
}
