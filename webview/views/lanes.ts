import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { lanes } from '../../src/catalogue/lanes.ts';
import type { LaneView, Snapshot } from '../../src/protocol/snapshot.ts';
import { slotBar } from '../parts/bars.ts';
import { integer, words } from '../parts/format.ts';

/** Occupied slots of every lane and of all together, and who waits. */
export function lanesView(snapshot: Snapshot): TemplateResult {
  const { active, limit } = snapshot.global;
  const queued = snapshot.lanes.reduce((sum, lane) => sum + waiting(lane), 0);
  return html`<section class="card" aria-labelledby="lanes-title">
    <h2 id="lanes-title">Lanes</h2>
    <ul class="lanes">
      ${snapshot.lanes.map((lane) => row(words(lane.lane), lane.active, lane.limit, waiting(lane), laneTitle(lane)))}
      ${row('all lanes', active, limit, queued, 'Calls at work in all lanes together', 'total')}
    </ul>
  </section>`;
}

function row(
  name: string,
  active: number,
  limit: number,
  queued: number,
  title: string,
  className = '',
): TemplateResult {
  return html`<li class="lane ${className}" title=${title}>
    <span class="ellipsis">${name}</span>
    ${slotBar(active, limit, `${name}: slots in use`)}
    <span class="num">${integer(active)}<span class="muted"> / ${integer(limit)}</span></span>
    <span class="num queue ${queued > 0 ? '' : 'muted'}">${queued > 0 ? `${integer(queued)} queued` : '–'}</span>
  </li>`;
}

function waiting({ queued }: LaneView): number {
  return queued.high + queued.normal + queued.low;
}

function laneTitle({ lane, queued }: LaneView): string {
  return `${lanes[lane].holds}; queued: ${queued.high} high, ${queued.normal} normal, ${queued.low} low`;
}
