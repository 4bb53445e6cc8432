import { svg, html } from 'lit';
import type { SVGTemplateResult, TemplateResult } from 'lit';
import type { RunStatus } from '../../src/catalogue/states.ts';
import type { EventLevel } from '../../src/protocol/snapshot.ts';

/** A status by shape as well as by colour. The text beside it says it too, so it is hidden from readers. */
export function statusIcon(status: RunStatus): TemplateResult {
  return icon(`icon status-${status}`, runShapes[status]);
}

export function levelIcon(level: EventLevel): TemplateResult {
  return icon(`icon level-${level}`, levelShapes[level]);
}

export function shieldIcon(): TemplateResult {
  return icon(
    'icon level-warning',
    svg`<path class="line" d="M8 1.8 13 3.6v4c0 3.2-2.1 5.4-5 6.6-2.9-1.2-5-3.4-5-6.6v-4z" />`,
  );
}

export function backIcon(): TemplateResult {
  return icon('icon', svg`<path class="line" d="M9.5 3.5 5 8l4.5 4.5" />`);
}

export function pauseIcon(): TemplateResult {
  return icon('icon', svg`<path class="line" d="M5.5 3.5v9M10.5 3.5v9" />`);
}

export function resumeIcon(): TemplateResult {
  return icon('icon', svg`<path class="line" d="M5 3.2v9.6L12.5 8z" />`);
}

export function retryIcon(): TemplateResult {
  return icon('icon', svg`<path class="line" d="M12.9 9.2a5 5 0 1 1-1-4.4M12.4 1.9v3.2H9.2" />`);
}

export function cancelIcon(): TemplateResult {
  return icon('icon', svg`<path class="line" d="m4.2 4.2 7.6 7.6m0-7.6-7.6 7.6" />`);
}

/** What was asked for is under way. */
export function busyIcon(): TemplateResult {
  return icon('icon', spinner);
}

export function editIcon(): TemplateResult {
  return icon('icon', svg`<path class="line" d="M10.6 3.2 12.8 5.4 5.6 12.6 3 13l.4-2.6z" />`);
}

export function chevronIcon(): TemplateResult {
  return icon('icon chevron', svg`<path class="line" d="m6 4 4 4-4 4" />`);
}

export function laneArt(): TemplateResult {
  return html`<svg class="art" viewBox="0 0 96 48" aria-hidden="true">
    <path class="rail" d="M4 10h88M4 24h88M4 38h88" />
    <rect x="18" y="6" width="26" height="8" rx="2" />
    <rect class="soft" x="52" y="20" width="18" height="8" rx="2" />
    <rect x="30" y="34" width="40" height="8" rx="2" />
  </svg>`;
}

function icon(className: string, shape: SVGTemplateResult): TemplateResult {
  return html`<svg class=${className} viewBox="0 0 16 16" aria-hidden="true">${shape}</svg>`;
}

const circle = svg`<circle class="line" cx="8" cy="8" r="6" />`;

const spinner = svg`<g class="spin"><circle class="line faint" cx="8" cy="8" r="6" /><path class="line" d="M8 2a6 6 0 0 1 6 6" /></g>`;

const runShapes: Readonly<Record<RunStatus, SVGTemplateResult>> = {
  queued: circle,
  running: spinner,
  waiting: svg`${circle}<path class="line" d="M6.3 5.5v5M9.7 5.5v5" />`,
  succeeded: svg`${circle}<path class="line" d="m5.2 8.2 2 2 3.6-4.2" />`,
  failed: svg`${circle}<path class="line" d="m5.8 5.8 4.4 4.4m0-4.4-4.4 4.4" />`,
  cancelled: svg`${circle}<path class="line" d="M4 12 12 4" />`,
  budget_exceeded: svg`${circle}<path class="line" d="M8 4.8v4" /><circle class="fill" cx="8" cy="11" r="0.9" />`,
  interrupted: svg`<path class="line" d="M9 1.8 4 9h4l-1 5.2L12 7H8z" />`,
};

const levelShapes: Readonly<Record<EventLevel, SVGTemplateResult>> = {
  info: svg`<circle class="fill" cx="8" cy="8" r="2.2" />`,
  warning: svg`<path class="line" d="M8 2.2 14.2 13.4H1.8zM8 6.4v3.2" /><circle class="fill" cx="8" cy="11.6" r="0.8" />`,
  error: svg`${circle}<path class="line" d="m5.8 5.8 4.4 4.4m0-4.4-4.4 4.4" />`,
};
