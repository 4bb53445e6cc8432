import type { ViewState } from '../view.ts';

let openKey: string | null | undefined;

/**
 * Call before drawing; the function it returns, after it. Focus follows into an opened row and back to the row
 * it came from, so that a keyboard or a reader is never left on something that is gone.
 */
export function keepFocus(root: Element, view: ViewState): () => void {
  const before = openKey;
  const after = view.tab === 'cost' ? (view.open?.key ?? null) : undefined;
  openKey = after;
  if (before === undefined || after === undefined || before === after) return () => undefined;
  return () => {
    const target =
      after === null
        ? [...root.querySelectorAll<HTMLElement>('[data-row]')].find((button) => button.dataset['row'] === before)
        : root.querySelector<HTMLElement>('#open-row');
    target?.focus();
  };
}
