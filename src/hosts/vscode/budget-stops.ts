import * as vscode from 'vscode';
import type { CommandId } from '../../catalogue/commands.ts';
import { budgetName, limitText, stopFigures, waitText } from '../../protocol/budget-words.ts';
import { formatLimit, limitQuestion, parseLimit } from '../../protocol/limit-text.ts';
import type { BudgetDecision } from '../../protocol/messages.ts';
import type { BudgetStopView } from '../../protocol/snapshot.ts';
import { leastLimit, raiseTo } from '../../protocol/stop-choices.ts';
import { showError } from './log.ts';
import { askSteps, askText } from './quick-input.ts';
import type { RuntimeHost } from './runtime-host.ts';
import { say } from './said.ts';
import { stopButtons, stopChoices, stopMessage, stopTitle, type EditorAnswer } from './stop-choices.ts';
import { oneLine } from './text.ts';

/** Asks the person, once for each stop, what a run shall do that waits for a budget. Late answers are let go. */
export class BudgetStops implements vscode.Disposable {
  readonly #host: RuntimeHost;
  readonly #subscription: vscode.Disposable;

  constructor(host: RuntimeHost, log: vscode.LogOutputChannel) {
    this.#host = host;
    this.#subscription = host.onBudgetStop.on((stop) => {
      this.#tell(stop).catch((error: unknown) => showError(log, error));
    });
  }

  /** All choices of one run; without its id, of the only run that waits, or of the one that the person picks. */
  async choose(runId: string | null): Promise<void> {
    const stops = this.#host.snapshot?.stops ?? [];
    const stop = runId === null ? await pickStop(stops) : stops.find((known) => known.runId === runId);
    if (stop !== undefined) await this.#choose(stop);
    else if (runId !== null || stops.length === 0)
      await vscode.window.showInformationMessage('No run of this window waits for a budget.');
  }

  /** Rejects with the runtime’s sentence, unless the run does not wait any more. */
  async decide(runId: string, decision: BudgetDecision): Promise<void> {
    const before = this.#waiting(runId);
    if (before === undefined) return tooLate();
    try {
      await this.#host.request('decideBudget', { runId, decision });
      // A run that waits looks as before in most places.
      const on = decision.type === 'wait' ? waitText({ ...before, waits: true }, Date.now()) : null;
      if (on !== null) say(`$(watch) Run g${before.g} ${on}.`);
    } catch (error) {
      if (this.#waiting(runId)?.at !== before.at) return tooLate();
      throw error;
    }
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  async #tell(stop: BudgetStopView): Promise<void> {
    const buttons = stopButtons(stop, Date.now());
    const labels = buttons.map(({ label }) => label);
    const answer = await vscode.window.showWarningMessage(stopMessage(stop), ...labels);
    const chosen = buttons.find(({ label }) => label === answer);
    if (chosen === undefined) return;
    if (this.#waiting(stop.runId)?.at !== stop.at) return tooLate();
    await this.#answer(stop, chosen.answer);
  }

  async #choose(stop: BudgetStopView): Promise<void> {
    const now = Date.now();
    const items = stopChoices(stop, now);
    const said = [stopFigures(stop), waitText(stop, now)].filter((part) => part !== null);
    const picked = await vscode.window.showQuickPick(items, {
      title: stopTitle(stop),
      placeHolder: said.length === 0 ? 'How shall it go on?' : said.join('; '),
      matchOnDetail: true,
      ignoreFocusOut: true,
    });
    if (picked !== undefined) await this.#answer(stop, picked.answer);
  }

  async #answer(stop: BudgetStopView, answer: EditorAnswer): Promise<void> {
    switch (answer.kind) {
      case 'decide':
        return this.decide(stop.runId, answer.decision);
      case 'amount':
        return this.#askAmount(stop);
      case 'other':
        return this.#choose(stop);
      case 'panel':
        await vscode.commands.executeCommand('haios.openPanel' satisfies CommandId, 'live');
    }
  }

  async #askAmount(stop: BudgetStopView): Promise<void> {
    const { budget } = stop;
    const least = leastLimit(stop);
    if (budget === null || least === null) return;
    let limit = stop.raises[0] ?? least;
    const check = (text: string): string | null => {
      const parsed = parseLimit(budget.resource, text);
      if (parsed.kind === 'wrong') return parsed.message;
      if (parsed.limit >= least) return null;
      return `The next call would not fit: give at least ${limitText(budget.resource, least)}.`;
    };
    const sure = await askSteps(`Raise the ${oneLine(budgetName(budget))} of g${stop.g}`, [
      async (place) => {
        const answer = await askText(place, {
          prompt: oneLine(limitQuestion(budget, Date.now()), 300),
          value: formatLimit(budget.resource, limit),
          placeholder: '',
          check,
        });
        const parsed = answer.kind === 'value' ? parseLimit(budget.resource, answer.value) : null;
        if (parsed?.kind === 'limit') limit = parsed.limit;
        return answer.kind;
      },
    ]);
    if (sure) await this.decide(stop.runId, raiseTo(stop, limit, Date.now()));
  }

  #waiting(runId: string): BudgetStopView | undefined {
    return this.#host.snapshot?.stops.find((stop) => stop.runId === runId);
  }
}

async function tooLate(): Promise<void> {
  await vscode.window.showInformationMessage('That run waits for no budget any more: it was decided, or it ended.');
}

async function pickStop(stops: readonly BudgetStopView[]): Promise<BudgetStopView | undefined> {
  if (stops.length < 2) return stops[0];
  const items = stops.map((stop) => ({ label: `Run g${stop.g}`, detail: oneLine(stop.message, 300), stop }));
  const options = { placeHolder: 'Decide about which run?', ignoreFocusOut: true };
  return (await vscode.window.showQuickPick(items, options))?.stop;
}
