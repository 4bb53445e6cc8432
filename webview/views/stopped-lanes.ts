import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { LaneView } from '../../src/protocol/snapshot.ts';
import { words } from '../parts/format.ts';
import { levelIcon } from '../parts/icons.ts';
import type { DrawLive } from './draw.ts';

/** Says at the top that lanes were stopped by a person: work that silently does not go on is the worst surprise. */
export function stoppedLanes({ snapshot, acts, post }: DrawLive): TemplateResult | typeof nothing {
  const stopped = snapshot.lanes.filter(({ state }) => state !== 'open');
  if (stopped.length === 0) return nothing;
  const [only] = stopped;
  const lane = stopped.length === 1 && only !== undefined ? only.lane : null;
  const text = [sentence(stopped, 'paused', 'nothing starts'), sentence(stopped, 'draining', 'new calls are refused')];
  return html`<div class="banner warning" role="status">
    ${levelIcon('warning')}<span class="grow">${text.filter((part) => part !== '').join(' ')}</span>
    ${
      acts
        ? html`<button type="button" class="link" @click=${() => post({ type: 'controlLane', lane, action: 'resume' })}>
            ${lane === null ? 'Resume all' : 'Resume'}
          </button>`
        : nothing
    }
  </div>`;
}

function sentence(lanes: readonly LaneView[], state: LaneView['state'], effect: string): string {
  const names = lanes.filter((lane) => lane.state === state).map(({ lane }) => words(lane));
  if (names.length === 0) return '';
  const who = names.length === 1 ? `Lane ${names.join()} is` : `Lanes ${names.join(', ')} are`;
  return `${who} ${state}: ${effect} until resumed.`;
}
