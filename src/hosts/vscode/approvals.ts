import * as vscode from 'vscode';
import type { ApprovalView } from '../../protocol/snapshot.ts';
import { showError } from './log.ts';
import type { ReadOnlyTexts } from './read-only-texts.ts';
import type { RuntimeHost } from './runtime-host.ts';
import { oneLine } from './text.ts';

/** Asks the person for each approval that agents wait for. Those already answered elsewhere are let go without a word. */
export class Approvals implements vscode.Disposable {
  readonly #host: RuntimeHost;
  readonly #log: vscode.LogOutputChannel;
  readonly #texts: ReadOnlyTexts;
  readonly #asked = new Set<string>();
  readonly #subscriptions: vscode.Disposable[];

  constructor(host: RuntimeHost, log: vscode.LogOutputChannel, texts: ReadOnlyTexts) {
    this.#host = host;
    this.#log = log;
    this.#texts = texts;
    this.#subscriptions = [
      host.onDelta.on((delta) => {
        if (delta.changed.approvals !== undefined) this.#askNew();
      }),
      host.onState.on(() => this.#askNew()),
    ];
  }

  /** Asks again for what still waits, after its notification was closed. */
  async answerOldest(): Promise<void> {
    const [oldest] = this.#all();
    if (oldest === undefined) await vscode.window.showInformationMessage('No agent waits for an approval.');
    else await this.#ask(oldest.approvalId);
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #all(): readonly ApprovalView[] {
    return this.#host.snapshot?.approvals ?? [];
  }

  #pending(approvalId: string): ApprovalView | undefined {
    return this.#all().find((approval) => approval.approvalId === approvalId);
  }

  #askNew(): void {
    const waiting = new Set(this.#all().map((approval) => approval.approvalId));
    for (const approvalId of this.#asked) if (!waiting.has(approvalId)) this.#asked.delete(approvalId);
    for (const approvalId of waiting) {
      if (this.#asked.has(approvalId)) continue;
      this.#asked.add(approvalId);
      this.#ask(approvalId).catch((error: unknown) => showError(this.#log, error));
    }
  }

  async #ask(approvalId: string): Promise<void> {
    for (;;) {
      const approval = this.#pending(approvalId);
      if (approval === undefined) return;
      const show = approval.kind === 'write' ? 'Show Diff' : 'Show Details';
      const allowRun = 'Allow All in This Run';
      const buttons = [show, 'Allow', ...(approval.protected ? [] : [allowRun]), 'Deny'];
      const answer = await vscode.window.showWarningMessage(question(approval), ...buttons);
      switch (answer) {
        case show:
          await this.#texts.show(approval.kind === 'write' ? 'change.diff' : 'request.txt', approval.detail);
          continue;
        case 'Allow':
          return this.#answer(approvalId, 'allow');
        case allowRun:
          return this.#answer(approvalId, 'allow_run');
        case 'Deny':
          return this.#answer(approvalId, 'deny');
        default:
          return;
      }
    }
  }

  async #answer(approvalId: string, decision: 'allow' | 'deny' | 'allow_run'): Promise<void> {
    if (this.#pending(approvalId) === undefined) {
      await vscode.window.showInformationMessage('Nothing waits for this any more: it was answered, or its run ended.');
      return;
    }
    await this.#host.request('answerApproval', { approvalId, decision });
  }
}

function question(approval: ApprovalView): string {
  const place = approval.protected ? ' This place is protected, so it is asked each time.' : '';
  return `HAiOS: ${oneLine(approval.title, 200)}.${place}`;
}
