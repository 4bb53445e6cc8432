import * as vscode from 'vscode';
import { pickActive, runIdOf } from './run-choice.ts';
import type { RuntimeHost } from './runtime-host.ts';
import { say } from './said.ts';
import { isGoing } from './status-bar-state.ts';

/** Lets a run’s calls under way end, and says so: nothing else shows it until they have. */
export async function stopAfterCall(host: RuntimeHost, argument: unknown): Promise<void> {
  const runId = runIdOf(argument) ?? (await pickActive(host, 'Stop which run after its call?', isGoing))?.runId;
  if (runId === undefined) return;
  const run = host.snapshot?.runs.find((known) => known.runId === runId);
  if (run === undefined || !isGoing(run)) {
    const late = 'That run is not at work in this window any more: it ended, or it has stopped already.';
    await vscode.window.showInformationMessage(late);
    return;
  }
  await host.request('controlRun', { runId, action: 'stop_after_call' });
  say(`$(debug-pause) Run g${run.g} stops after its call.`);
}
