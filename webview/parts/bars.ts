import { html, nothing, svg } from 'lit';
import type { TemplateResult } from 'lit';

export type Fill = 'normal' | 'warning' | 'exceeded';

/** What is used, and beside it what is held for calls under way, as parts of a limit. */
export function budgetBar(
  used: number,
  reserved: number,
  limit: number,
  name: string,
  fill: Fill,
  text: string,
): TemplateResult {
  const total = limit > 0 ? limit : 1;
  return meter(`bar ${fill}`, name, Math.min(used, total), total, plain(used / total, reserved / total), text);
}

/** Done of all, without a border. */
export function progressBar(done: number, total: number, name: string): TemplateResult {
  return html`<svg
    class="progress"
    viewBox="0 0 100 2"
    preserveAspectRatio="none"
    role="progressbar"
    aria-label=${name}
    aria-valuemin="0"
    aria-valuemax=${Math.max(total, 1)}
    aria-valuenow=${Math.min(done, Math.max(total, 1))}
  >
    <rect class="free" width="100" height="2" />
    <rect class="used" width=${total > 0 ? part(done / total) : 0} height="2" />
  </svg>`;
}

function plain(used: number, held: number): TemplateResult {
  const first = part(used);
  return svg`<rect class="free" width="100" height="8" /><rect class="used" width=${first} height="8" />
    <rect class="held" x=${first} width=${Math.min(part(held), 100 - first)} height="8" />`;
}

/** A picture 100 wide and 8 high. Widths are SVG attributes: a style attribute would be refused by the panel's CSP. */
export function meter(
  className: string,
  name: string,
  now: number,
  most: number,
  shape: unknown,
  text?: string,
): TemplateResult {
  return html`<svg
    class=${className}
    viewBox="0 0 100 8"
    preserveAspectRatio="none"
    role="meter"
    aria-label=${name}
    aria-valuemin="0"
    aria-valuemax=${most}
    aria-valuenow=${now}
    aria-valuetext=${text ?? nothing}
  >
    ${shape}
  </svg>`;
}

/** A ratio as a width of 0 to 100; what is not nothing can be seen. */
function part(ratio: number): number {
  if (!Number.isFinite(ratio) || ratio <= 0) return 0;
  return Math.min(100, Math.max(0.8, ratio * 100));
}
