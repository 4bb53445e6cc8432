import { amountText, endOfWindow, limitText, stopFigures, stopReason, timeText } from '../../protocol/budget-words.ts';
import type { BudgetDecision } from '../../protocol/messages.ts';
import type { BudgetStopView } from '../../protocol/snapshot.ts';
import { oneLine } from './text.ts';

/** What a person may answer to a run that waits for a budget. */
export type StopAnswer =
  | { readonly kind: 'decide'; readonly decision: BudgetDecision }
  /** To be asked for the amount. */
  | { readonly kind: 'amount' }
  /** All choices. */
  | { readonly kind: 'other' }
  | { readonly kind: 'panel' };

export interface StopChoice {
  readonly label: string;
  readonly detail: string;
  readonly answer: StopAnswer;
}

/** “Run g12 stopped: run budget $1.00 is used up ($0.98 spent, the next call may cost $0.11).” */
export function stopMessage(stop: BudgetStopView): string {
  const figures = stopFigures(stop);
  return `${stopTitle(stop)}${figures === null ? '' : ` (${figures})`}.`;
}

/** “Run g12 stopped: run budget $1.00 is used up” */
export function stopTitle(stop: BudgetStopView): string {
  return `Run g${stop.g} stopped: ${oneLine(stopReason(stop), 200)}`;
}

/** What a notification has room for: the first raise, the wait, everything else, and the end. */
export function stopButtons(stop: BudgetStopView, now: number): readonly StopChoice[] {
  const [raise] = raises(stop, now);
  return [
    ...(raise === undefined ? [] : [raise]),
    ...(stop.budget === null ? [goOn('Continue')] : []),
    ...wait(stop, now),
    { label: 'Other…', detail: '', answer: { kind: 'other' } },
    { label: 'Stop', detail: '', answer: { kind: 'decide', decision: { type: 'stop' } } },
  ];
}

/** Everything that can be decided, the likely first. */
export function stopChoices(stop: BudgetStopView, now: number): readonly StopChoice[] {
  return [
    ...raises(stop, now),
    ...(stop.budget === null
      ? []
      : [
          {
            label: 'Raise to another amount…',
            detail: `At least ${limitText(stop.budget.resource, leastLimit(stop) ?? 0)} for the next call`,
            answer: { kind: 'amount' } as const,
          },
        ]),
    ...stop.cheaper.map((model): StopChoice => ({
      label: `Go on with ${oneLine(model, 60)}`,
      detail: 'A cheaper model, whose next call the budget allows',
      answer: { kind: 'decide', decision: { type: 'switch_model', model } },
    })),
    ...wait(stop, now),
    goOn(stop.budget === null ? 'Continue' : 'Try again'),
    {
      label: 'Stop the run',
      detail: 'It can be resumed later; what was spent stays spent',
      answer: { kind: 'decide', decision: { type: 'stop' } },
    },
    { label: 'Show details in the panel', detail: 'Every budget with its figures', answer: { kind: 'panel' } },
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
  return stop.raises.map((limit) => ({
    label: `Raise to ${limitText(budget.resource, limit)}`,
    detail: `From ${amountText(budget.resource, budget.limit)}${until === null ? '' : `, until ${timeText(until, now)}`}`,
    answer: { kind: 'decide', decision: raiseTo(stop, limit, now) },
  }));
}

function wait({ freesAt, waits }: BudgetStopView, now: number): readonly StopChoice[] {
  if (freesAt === null || waits) return [];
  return [
    {
      label: `Wait until ${timeText(freesAt, now)}`,
      detail: 'It then goes on by itself',
      answer: { kind: 'decide', decision: { type: 'wait' } },
    },
  ];
}

function goOn(label: string): StopChoice {
  return {
    label,
    detail: 'Goes on as it is: the budget may have been raised elsewhere',
    answer: { kind: 'decide', decision: { type: 'continue' } },
  };
}
