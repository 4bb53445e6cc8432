import { svg } from 'lit';
import type { SVGTemplateResult, TemplateResult } from 'lit';
import { meter } from './bars.ts';

export interface Slots {
  readonly active: number;
  /** Slots in force. */
  readonly limit: number;
  /** Of them borrowed; negative: lent, and not in force here. */
  readonly borrowed: number;
  /** Taken away by load, and not in force. */
  readonly taken: number;
}

type Kind = 'own' | 'borrowed' | 'taken' | 'lent';

/** Up to this many slots are drawn one by one. */
const mostSlots = 24;

/**
 * The slots of a lane, the occupied ones filled: its own, then those it borrowed (lower), those that load took (struck through)
 * and those it lent (a line on the ground). The kinds differ in shape, so that no colour is needed to tell them apart.
 */
export function slotBar(slots: Slots, name: string): TemplateResult {
  const regions = regionsOf(slots);
  const total = Math.max(
    1,
    regions.reduce((sum, { count }) => sum + count, 0),
  );
  const single = total <= mostSlots;
  const gap = single ? 1.2 : 0;
  const step = (100 + gap) / total;
  const shapes: SVGTemplateResult[] = [];
  let at = 0;
  for (const { kind, count } of regions) {
    const used = Math.min(count, Math.max(0, slots.active - at));
    const pieces = single
      ? Array.from({ length: count }, (_, n) => ({ from: at + n, size: 1, filled: n < used }))
      : [
          { from: at, size: used, filled: true },
          { from: at + used, size: count - used, filled: false },
        ];
    for (const { from, size, filled } of pieces) {
      if (size > 0) shapes.push(slot(kind, filled, from * step, size * step - gap));
    }
    at += count;
  }
  return meter('bar slots', name, slots.active, Math.max(slots.limit, slots.active), svg`${shapes}`, inWords(slots));
}

/** What the bar shows, for those who do not see it. */
export function inWords({ active, limit, borrowed, taken }: Slots): string {
  return [
    `${active} of ${limit} slots in use`,
    ...(borrowed > 0 ? [`${borrowed} of them borrowed`] : []),
    ...(borrowed < 0 ? [`${-borrowed} lent`] : []),
    ...(taken > 0 ? [`${taken} taken away by load`] : []),
  ].join(', ');
}

function regionsOf({ limit, borrowed, taken }: Slots): readonly { readonly kind: Kind; readonly count: number }[] {
  const own = Math.max(0, Math.floor(limit) - Math.max(0, borrowed));
  return [
    { kind: 'own', count: own },
    { kind: 'borrowed', count: Math.max(0, Math.floor(limit) - own) },
    { kind: 'taken', count: taken },
    { kind: 'lent', count: Math.max(0, -borrowed) },
  ];
}

const heights: Readonly<Record<Kind, number>> = { own: 8, borrowed: 4.5, taken: 8, lent: 1.5 };

function slot(kind: Kind, filled: boolean, x: number, width: number): SVGTemplateResult {
  const height = heights[kind];
  const body = svg`<rect class=${`${kind} ${filled ? 'used' : 'free'}`} x=${x} y=${8 - height} width=${width} height=${height} />`;
  return kind === 'taken' ? svg`${body}<rect class="strike" x=${x} y="3" width=${width} height="2" />` : body;
}
