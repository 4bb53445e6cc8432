import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { latePhases, type LaneNote } from '../../src/protocol/lane-note.ts';
import type { LaneView, LateCall } from '../../src/protocol/snapshot.ts';
import { formatClock } from '../../src/protocol/text.ts';
import { dateTime } from '../parts/format.ts';
import { levelIcon } from '../parts/icons.ts';
import { line } from '../parts/text.ts';
import type { DrawLive } from './draw.ts';

/** More than these are counted in a line of their own. */
const mostLate = 3;

/** What is special about a lane, on one line where it fits. The countdown has its room, so that it moves nothing. */
export function noteText(state: LaneView['state'], { kind, text, waitSeconds }: LaneNote): TemplateResult {
  return html`${state === 'open' ? nothing : html`<span class="badge state-${state}">${state}</span> `}${kind === 'load' ? levelIcon('warning') : nothing}<span
      >${line(text, 200)}${waitSeconds === null ? nothing : html`; nothing starts for <span class="num wait">${waitSeconds}</span> s`}</span
    >`;
}

/** Calls that passed a phase of their timeout and are not over: what works, how long, and where its limit is from. */
export function lateCalls(late: readonly LateCall[], draw: DrawLive): TemplateResult | typeof nothing {
  if (late.length === 0) return nothing;
  const more = late.length - mostLate;
  return html`<ul class="late">
    ${late.slice(0, mostLate).map((call) => one(call, draw))}
    ${more > 0 ? html`<li class="more muted">and ${more} more over their limit</li>` : nothing}
  </ul>`;
}

function one({ what, runId, phase, startedAt, limitMs, limitReason }: LateCall, draw: DrawLive): TemplateResult {
  const run = draw.snapshot.runs.find((known) => known.runId === runId);
  const title = `${line(what, 200)}${run === undefined ? '' : ` of run g${run.g}`}, since ${dateTime(startedAt)}`;
  return html`<li title=${title}>
    ${levelIcon(phase === 'kill' ? 'error' : 'warning')}
    <span
      ><bdi class="late-what">${line(what, 60)}</bdi> · ${latePhases[phase]}:
      <span class="num">${formatClock(draw.wall - startedAt)}</span> of ${formatClock(limitMs)}
      <span class="muted">(${line(limitReason, 140)})</span></span
    >
  </li>`;
}
