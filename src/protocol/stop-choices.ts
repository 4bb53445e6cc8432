import { amountText, endOfWindow, limitText, stopFigures, stopReason, timeText } from './budget-words.ts';
import type { BudgetDecision } from './messages.ts';
import type { BudgetStopView } from './snapshot.ts';

/** What a person may answer to a run that waits for a budget. */
export type StopAnswer =
  | { readonly kind: 'decide'; readonly decision: BudgetDecision }
  /** To be asked for the amount of a raise. */
  | { readonly kind: 'amount' };

/** Labels hold names of models, titles and messages those of budgets: text from outside, as it is. */
export interface StopChoice<A = StopAnswer> {
  readonly label: string;
  readonly detail: string;
  readonly answer: A;
}

/** “Run g12 stopped: run budget $1.00 is used up” */
export function stopTitle(stop: BudgetStopView): string {
  return `Run g${stop.g} stopped: ${stopReason(stop)}`;
}

/** “Run g12 stopped: run budget $1.00 is used up ($0.98 spent, the next call may cost $0.11).” */
export function stopMessage(stop: BudgetStopView, title = stopTitle(stop)): string {
  const figures = stopFigures(stop);
  return `${title}${figures === null ? '' : ` (${figures})`}.`;
}

/** Everything that can be decided, the likely first and the end last. */
export function stopChoices(stop: BudgetStopView, now: number): readonly StopChoice[] {
  return [
    ...raises(stop, now),
    ...amount(stop),
    ...stop.cheaper.map((model) =>
      decide(`Go on with ${model}`, 'A cheaper model, whose next call the budget allows', {
        type: 'switch_model',
        model,
      }),
    ),
    ...wait(stop, now),
    decide(
      stop.budget === null ? 'Continue' : 'Try again',
      'Goes on as it is: the budget may have been raised elsewhere',
      { type: 'continue' },
    ),
    decide('Stop the run', 'It can be resumed later; what was spent stays spent', { type: 'stop' }),
  ];
}

/** The least limit that allows the next call; null when no budget stopped it. */
export function leastLimit({ budget, asked }: BudgetStopView): number | null {
  return budget === null ? null : budget.used + asked;
}

/** What is decided by a raise to an amount: until the window ends, where it has one. */
export function raiseTo({ budget }: BudgetStopView, limit: number, now: number): BudgetDecision {
  return { type: 'raise', limit, until: budget === null ? null : endOfWindow(budget, now) };
}

function raises(stop: BudgetStopView, now: number): readonly StopChoice[] {
  const { budget } = stop;
  if (budget === null) return [];
  const until = endOfWindow(budget, now);
  const detail = `From ${amountText(budget.resource, budget.limit)}${until === null ? '' : `, until ${timeText(until, now)}`}`;
  return stop.raises.map((limit) =>
    decide(`Raise to ${limitText(budget.resource, limit)}`, detail, raiseTo(stop, limit, now)),
  );
}

function amount(stop: BudgetStopView): readonly StopChoice[] {
  const least = leastLimit(stop);
  if (stop.budget === null || least === null) return [];
  const detail = `At least ${limitText(stop.budget.resource, least)} for the next call`;
  return [{ label: 'Raise to another amount…', detail, answer: { kind: 'amount' } }];
}

function wait({ freesAt, waits }: BudgetStopView, now: number): readonly StopChoice[] {
  if (freesAt === null || waits) return [];
  return [decide(`Wait until ${timeText(freesAt, now)}`, 'It then goes on by itself', { type: 'wait' })];
}

function decide(label: string, detail: string, decision: BudgetDecision): StopChoice {
  return { label, detail, answer: { kind: 'decide', decision } };
}
