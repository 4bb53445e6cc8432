import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Snapshot } from '../../src/protocol/snapshot.ts';
import { clock, dateTime } from '../parts/format.ts';
import { levelIcon } from '../parts/icons.ts';
import { stickToEnd } from '../parts/stick.ts';
import { line } from '../parts/text.ts';

/** The last events, newest below; follows the newest unless the reader scrolled up. */
export function eventsView(snapshot: Snapshot): TemplateResult {
  const { events } = snapshot;
  const numbers = new Map(snapshot.runs.map((run) => [run.runId, run.g]));
  return html`<section class="card" aria-labelledby="events-title">
    <h2 id="events-title">Events</h2>
    <div
      class="events"
      tabindex="0"
      role="log"
      aria-live="off"
      aria-labelledby="events-title"
      ${stickToEnd(events.at(-1)?.id ?? -1)}
    >
      ${events.length === 0 ? html`<p class="muted">Nothing has happened yet.</p>` : nothing}
      ${repeat(
        events,
        (event) => event.id,
        (event) => {
          const g = event.runId === null ? undefined : numbers.get(event.runId);
          return html`<div class="event ${event.level}">
            <time class="num muted" title=${dateTime(event.at)}>${clock(event.at)}</time>
            ${levelIcon(event.level)}${event.level === 'info' ? nothing : html`<span class="sr-only">${event.level}:</span>`}
            <span class="num muted g">${g === undefined ? '' : `g${g}`}</span>
            <span class="ellipsis" title=${line(event.text, 1000)}>${line(event.text, 300)}</span>
          </div>`;
        },
      )}
    </div>
  </section>`;
}

/** What the runtime raised for a person and is not closed. */
export function issuesView(snapshot: Snapshot): TemplateResult | typeof nothing {
  const open = snapshot.issues.filter((issue) => issue.closedAt === null);
  if (open.length === 0) return nothing;
  return html`<section class="card" aria-labelledby="issues-title">
    <h2 id="issues-title">Issues <span class="badge">${open.length}</span></h2>
    <ul class="rows issues">
      ${repeat(
        open,
        (issue) => issue.issueId,
        (issue) =>
          html`<li>
            ${levelIcon(issue.code === 'BUDGET_EXCEEDED' ? 'error' : 'warning')}
            <span class="grow"
              ><span class="issue-text">${line(issue.message, 400)}</span>
              <span class="muted small">${issueNames[issue.code]} · <time>${dateTime(issue.at)}</time></span></span
            >
          </li>`,
      )}
    </ul>
  </section>`;
}

const issueNames = {
  BUDGET_EXCEEDED: 'Budget exceeded',
  COST_REPORT_MISSED: 'Cost report missed',
  ALERT: 'Alert',
} as const;
