import type { ViewState } from '../view.ts';

/**
 * Focus follows into an opened row and back to the row it came from, so that a keyboard or a screen reader is
 * never left on something that is gone. Call it after drawing `after`, with the view that was drawn before.
 */
export function followFocus(root: Element, before: ViewState, after: ViewState): void {
  if (before.tab !== 'cost' || after.tab !== 'cost' || before.by !== after.by || before.open?.key === after.open?.key)
    return;
  if (after.open) {
    root.querySelector<HTMLElement>('#open-row')?.focus();
    return;
  }
  const buttons = [...root.querySelectorAll<HTMLElement>('[data-row]')];
  buttons.find((button) => button.dataset['row'] === before.open?.key)?.focus();
}

/** Leads the reader to the budgets, if they are drawn. */
export function showBudgets(root: Element): boolean {
  const title = root.querySelector<HTMLElement>('#budgets-title');
  title?.focus();
  title?.scrollIntoView({ block: 'start' });
  return title !== null;
}

/** The task whose button has the keyboard; null: none has. Call it before drawing. */
export function focusedTask(): string | null {
  const focused = document.activeElement;
  return focused instanceof HTMLElement ? (focused.dataset['task'] ?? null) : null;
}

/** A button that is gone hands the keyboard to another of its task, or to the run. Call it after drawing. */
export function keepFocus(root: Element, taskId: string | null): void {
  if (taskId === null || focusedTask() !== null) return;
  const buttons = [...root.querySelectorAll<HTMLElement>('[data-task]')];
  const next = buttons.find((button) => button.dataset['task'] === taskId);
  (next ?? root.querySelector<HTMLElement>('#run-title'))?.focus();
}
