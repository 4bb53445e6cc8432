import { html } from 'lit';
import type { TemplateResult } from 'lit';

/** A row of tabs over one panel, whose id is `panel`. Arrow keys, Home and End move and choose. */
export function tabs<T extends string>(
  name: string,
  panel: string,
  items: readonly { readonly id: T; readonly text: string }[],
  chosen: T,
  choose: (id: T) => void,
): TemplateResult {
  const move = (event: KeyboardEvent): void => {
    const at = items.findIndex((item) => item.id === chosen);
    const to = target(event.key, at, items.length);
    const item = to === null ? undefined : items[to];
    if (!item) return;
    event.preventDefault();
    choose(item.id);
    const list = event.currentTarget as Element;
    list.querySelector<HTMLElement>(`[data-tab="${item.id}"]`)?.focus();
  };
  return html`<div class="tabs" role="tablist" aria-label=${name} @keydown=${move}>
    ${items.map(
      ({ id, text }) =>
        html`<button
          type="button"
          role="tab"
          id=${`${panel}-${id}`}
          data-tab=${id}
          aria-selected=${id === chosen}
          aria-controls=${panel}
          tabindex=${id === chosen ? 0 : -1}
          @click=${() => choose(id)}
        >
          ${text}
        </button>`,
    )}
  </div>`;
}

function target(key: string, at: number, count: number): number | null {
  switch (key) {
    case 'ArrowRight':
      return (at + 1) % count;
    case 'ArrowLeft':
      return (at + count - 1) % count;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}
