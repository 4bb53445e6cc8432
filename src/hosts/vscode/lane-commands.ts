import * as vscode from 'vscode';
import type { LaneAction } from '../../protocol/messages.ts';
import { laneChoices } from './lane-choices.ts';
import type { RuntimeHost } from './runtime-host.ts';

/** Asks which lane, and pauses, resumes or drains it. A runtime that does not run yet is started: its lanes are told first. */
export async function controlLanes(host: RuntimeHost, action: LaneAction): Promise<void> {
  await host.connect();
  const items = laneChoices(host.snapshot?.lanes ?? [], action);
  if (items.length === 0) {
    await vscode.window.showInformationMessage(nothing[action]);
    return;
  }
  const { title, placeHolder } = questions[action];
  const picked = await vscode.window.showQuickPick(items, {
    title,
    placeHolder,
    matchOnDescription: true,
    ignoreFocusOut: true,
  });
  if (picked !== undefined) await host.request('controlLane', { lane: picked.lane, action });
}

const questions: Readonly<Record<LaneAction, { readonly title: string; readonly placeHolder: string }>> = {
  pause: { title: 'Pause Lane', placeHolder: 'Nothing more starts in it; what runs goes on' },
  resume: { title: 'Resume Lane', placeHolder: 'Calls start in it again' },
  drain: { title: 'Drain Lane', placeHolder: 'New calls are refused; what waits and runs goes on' },
};

const nothing: Readonly<Record<LaneAction, string>> = {
  pause: 'All lanes are paused already.',
  resume: 'No lane is paused or drained.',
  drain: 'All lanes are drained already.',
};
