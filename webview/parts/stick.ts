import { noChange } from 'lit';
import { Directive, directive, PartType } from 'lit/directive.js';
import type { ElementPart, PartInfo } from 'lit/directive.js';

/** Pixels from the end within which the reader counts as being there. */
const slack = 8;

class StickToEnd extends Directive {
  #seen: number | null = null;
  #atEnd = true;

  constructor(part: PartInfo) {
    super(part);
    if (part.type !== PartType.ELEMENT) throw new Error('stickToEnd belongs on an element');
  }

  /** Names the parameter for callers; the work is done in `update`, which has the element. */
  render(_newest: number): typeof noChange {
    return noChange;
  }

  override update(part: ElementPart, [newest]: [number]): typeof noChange {
    const element = part.element;
    if (this.#seen === null) {
      element.addEventListener('scroll', () => {
        this.#atEnd = element.scrollHeight - element.scrollTop - element.clientHeight <= slack;
      });
    }
    if (newest !== this.#seen && this.#atEnd) {
      requestAnimationFrame(() => {
        element.scrollTop = element.scrollHeight;
      });
    }
    this.#seen = newest;
    return noChange;
  }
}

/** Keeps an element scrolled to its end whenever `newest` changes, unless the reader scrolled away from the end. */
export const stickToEnd = directive(StickToEnd);
