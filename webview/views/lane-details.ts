import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { lanes, type LaneName } from '../../src/catalogue/lanes.ts';
import type { LaneAction } from '../../src/protocol/messages.ts';
import type { LaneStats, LaneView } from '../../src/protocol/snapshot.ts';
import { formatDuration } from '../../src/protocol/text.ts';
import { integer, unknown, words } from '../parts/format.ts';
import type { DrawLive } from './draw.ts';

type Counts = Pick<LaneStats, 'success' | 'failure' | 'timeouts' | 'rejections'>;

/** The figures of a lane since the runtime began, and everything that can be done with it. */
export function laneDetails(draw: DrawLive, { lane, configured, maximum, state, stats }: LaneView): TemplateResult {
  const most = maximum > configured ? `, at most ${integer(maximum)} with borrowed ones` : '';
  return html`<p class="muted">
      For ${lanes[lane].holds}. ${integer(configured)} ${configured === 1 ? 'slot' : 'slots'} configured${most}.
    </p>
    <dl class="facts small">
      ${fact('Average', time(stats.avgMs))} ${fact('p95', time(stats.p95Ms))} ${fact('p99', time(stats.p99Ms))}
    </dl>
    ${counts(stats)} ${buttons(draw, lane, actions([state]))}`;
}

export function allLanesDetails(draw: DrawLive): TemplateResult {
  const all = draw.snapshot.lanes;
  const sum = (key: keyof Counts): number => all.reduce((total, { stats }) => total + stats[key], 0);
  const sums = {
    success: sum('success'),
    failure: sum('failure'),
    timeouts: sum('timeouts'),
    rejections: sum('rejections'),
  };
  return html`${counts(sums)} ${buttons(draw, null, actions(all.map(({ state }) => state)))}`;
}

function counts({ success, failure, timeouts, rejections }: Counts): TemplateResult {
  return html`<dl class="facts small">
    ${fact('Done', integer(success))} ${fact('Failed', integer(failure))} ${fact('Timeouts', integer(timeouts))}
    ${fact('Refused', integer(rejections))}
  </dl>`;
}

function fact(name: string, value: string): TemplateResult {
  return html`<div>
    <dt>${name}</dt>
    <dd class="num">${value}</dd>
  </div>`;
}

function time(ms: number | null): string {
  if (ms === null) return unknown;
  return ms > 0 && ms < 1 ? '<1 ms' : formatDuration(ms);
}

/** What would change something in one of the lanes. */
function actions(states: readonly LaneView['state'][]): readonly LaneAction[] {
  return [
    ...(states.some((state) => state !== 'open') ? (['resume'] as const) : []),
    ...(states.some((state) => state !== 'paused') ? (['pause'] as const) : []),
    ...(states.some((state) => state !== 'draining') ? (['drain'] as const) : []),
  ];
}

const actionTexts: Readonly<Record<LaneAction, { readonly text: string; readonly title: string }>> = {
  resume: { text: 'Resume', title: 'Calls start again' },
  pause: { text: 'Pause', title: 'What runs goes on; what waits, waits' },
  drain: { text: 'Drain', title: 'What runs and waits goes on; new calls are refused' },
};

function buttons(
  { acts, post }: DrawLive,
  lane: LaneName | null,
  offered: readonly LaneAction[],
): TemplateResult | typeof nothing {
  if (!acts) return nothing;
  const who = lane === null ? 'all' : words(lane);
  return html`<div class="buttons">
    ${offered.map((action) => {
      const { text, title } = actionTexts[action];
      return html`<vscode-button
        appearance="secondary"
        aria-label=${`${text} ${who}`}
        title=${title}
        @click=${() => post({ type: 'controlLane', lane, action })}
        >${text}${lane === null ? ' all' : ''}</vscode-button
      >`;
    })}
  </div>`;
}
