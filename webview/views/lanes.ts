import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { lanes } from '../../src/catalogue/lanes.ts';
import { laneNote, slotsTaken } from '../../src/protocol/lane-note.ts';
import type { LaneView } from '../../src/protocol/snapshot.ts';
import { integer, words } from '../parts/format.ts';
import { chevronIcon, pauseIcon, resumeIcon } from '../parts/icons.ts';
import { inWords, slotBar, type Slots } from '../parts/slots.ts';
import type { LaneChoice } from '../view.ts';
import type { DrawLive } from './draw.ts';
import { allLanesDetails, laneDetails } from './lane-details.ts';
import { lateCalls, noteText } from './lane-notes.ts';

/** Every lane and all of them together: slots, who waits, what is special about it, and what can be done. */
export function lanesView(draw: DrawLive): TemplateResult {
  return html`<section class="card" aria-labelledby="lanes-title">
    <h2 id="lanes-title">Lanes</h2>
    <ul class="lanes">
      ${draw.snapshot.lanes.map((lane) => oneLane(draw, lane))} ${allLanes(draw)}
    </ul>
  </section>`;
}

function oneLane(draw: DrawLive, lane: LaneView): TemplateResult {
  const note = laneNote(lane, draw.wall);
  return row(draw, {
    id: lane.lane,
    name: words(lane.lane),
    title: lanes[lane.lane].holds,
    slots: { ...lane, taken: slotsTaken(lane) },
    stopped: lane.state !== 'open',
    note: note === null ? nothing : noteText(lane.state, note),
    queued: lane.queued,
    late: lateCalls(lane.late, draw),
    details: () => laneDetails(draw, lane),
  });
}

function allLanes(draw: DrawLive): TemplateResult {
  const { lanes: all, global } = draw.snapshot;
  const stopped = all.filter(({ state }) => state !== 'open').length;
  const sum = (priority: keyof LaneView['queued']): number => all.reduce((n, lane) => n + lane.queued[priority], 0);
  return row(draw, {
    id: 'all',
    name: 'all lanes',
    title: 'Calls at work in all lanes together',
    slots: { ...global, borrowed: 0, taken: 0 },
    stopped: stopped > 0,
    note: stopped === 0 ? nothing : html`${stopped} of ${all.length} stopped`,
    queued: { high: sum('high'), normal: sum('normal'), low: sum('low') },
    late: nothing,
    details: () => allLanesDetails(draw),
  });
}

interface Row {
  readonly id: LaneChoice;
  readonly name: string;
  readonly title: string;
  readonly slots: Slots;
  /** Paused or draining; of all lanes: some of them. */
  readonly stopped: boolean;
  readonly note: unknown;
  readonly queued: LaneView['queued'];
  readonly late: unknown;
  readonly details: () => TemplateResult;
}

function row(draw: DrawLive, { id, name, title, slots, stopped, note, queued, late, details }: Row): TemplateResult {
  const open = draw.state.view.lane === id;
  return html`<li class=${`lane${id === 'all' ? ' total' : ''}${draw.acts ? ' acts' : ''}`}>
    <button
      type="button"
      class="lane-name"
      title=${title}
      aria-expanded=${open}
      aria-controls=${open ? `lane-${id}` : nothing}
      @click=${() => draw.dispatch({ type: 'openLane', lane: open ? null : id })}
    >
      ${chevronIcon()}<span class="ellipsis">${name}</span>
    </button>
    ${slotBar(slots, `${name}: slots in use`)}
    <span class="num count" title=${inWords(slots)}
      >${integer(slots.active)}<span class="muted"> / ${integer(slots.limit)}</span></span
    >
    ${draw.acts ? toggle(draw, id, name, stopped) : nothing}
    <div class="lane-line small"><span class="lane-note">${note}</span>${queue(queued)}</div>
    ${late}
    ${open ? html`<div class="lane-details" id=${`lane-${id}`} role="group" aria-label=${`Figures of ${name}`}>${details()}</div>` : nothing}
  </li>`;
}

/** One click pauses, and one click undoes whatever stopped it. */
function toggle({ post }: DrawLive, id: LaneChoice, name: string, stopped: boolean): TemplateResult {
  const action = stopped ? 'resume' : 'pause';
  const text = `${stopped ? 'Resume' : 'Pause'} ${id === 'all' ? name : `lane ${name}`}`;
  return html`<button
    type="button"
    class="icon-button"
    aria-label=${text}
    title=${text}
    @click=${() => post({ type: 'controlLane', lane: id === 'all' ? null : id, action })}
  >
    ${stopped ? resumeIcon() : pauseIcon()}
  </button>`;
}

function queue(queued: LaneView['queued']): TemplateResult {
  const { high, normal, low } = queued;
  const all = high + normal + low;
  const title = `queued: ${high} high, ${normal} normal, ${low} low`;
  return html`<span class="num queue" title=${title}
    >${all > 0 ? `${integer(all)} queued` : nothing}${high > 0 ? part('↑', high, 'high') : nothing}${low > 0 ? part('↓', low, 'low') : nothing}</span
  >`;
}

function part(arrow: string, count: number, priority: string): TemplateResult {
  return html` <span class="muted"
    ><span aria-hidden="true">${arrow}</span>${integer(count)}<span class="sr-only"> ${priority}</span></span
  >`;
}
