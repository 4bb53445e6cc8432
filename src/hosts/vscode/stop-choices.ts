import type { BudgetStopView } from '../../protocol/snapshot.ts';
import {
  stopChoices as choicesOf,
  stopMessage as messageOf,
  stopTitle as titleOf,
  type StopAnswer,
  type StopChoice,
} from '../../protocol/stop-choices.ts';
import { oneLine } from './text.ts';

/** What a person may answer in the editor. */
export type EditorAnswer =
  | StopAnswer
  /** All choices. */
  | { readonly kind: 'other' }
  | { readonly kind: 'panel' };

type EditorChoice = StopChoice<EditorAnswer>;

/** As the protocol's, on one line without icons. */
export function stopMessage(stop: BudgetStopView): string {
  return messageOf(stop, stopTitle(stop));
}

export function stopTitle(stop: BudgetStopView): string {
  return oneLine(titleOf(stop), 220);
}

/** What a notification has room for: the first raise, the wait, everything else, and the end. */
export function stopButtons(stop: BudgetStopView, now: number): readonly EditorChoice[] {
  const choices = choicesOf(stop, now);
  const first = (type: 'raise' | 'continue' | 'wait'): readonly EditorChoice[] =>
    choices.filter(({ answer }) => answer.kind === 'decide' && answer.decision.type === type).slice(0, 1);
  return [
    ...first('raise'),
    ...(stop.budget === null ? first('continue') : []),
    ...first('wait'),
    { label: 'Other…', detail: '', answer: { kind: 'other' } },
    { label: 'Stop', detail: '', answer: { kind: 'decide', decision: { type: 'stop' } } },
  ];
}

/** Everything that can be decided, the likely first. */
export function stopChoices(stop: BudgetStopView, now: number): readonly EditorChoice[] {
  return [
    ...choicesOf(stop, now).map((choice) => ({ ...choice, label: oneLine(choice.label, 75) })),
    { label: 'Show details in the panel', detail: 'Every budget with its figures', answer: { kind: 'panel' } },
  ];
}
