import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { endOfWindow, limitText, timeText, waitText } from '../../src/protocol/budget-words.ts';
import type { BudgetDecision } from '../../src/protocol/messages.ts';
import type { BudgetUse } from '../../src/protocol/rows.ts';
import type { BudgetStopView } from '../../src/protocol/snapshot.ts';
import { stopKey } from '../../src/protocol/stop-key.ts';
import { budgetBar } from '../parts/bars.ts';
import { amount, clock, columnDecimals, percent, usd } from '../parts/format.ts';
import { levelIcon } from '../parts/icons.ts';
import { line } from '../parts/text.ts';
import { fillOf, refOf } from './budgets.ts';
import type { DrawLive } from './draw.ts';

/** Runs that wait because a budget allows no further call: why, with which figures, and what can be decided. */
export function stopsView(draw: DrawLive): TemplateResult | typeof nothing {
  const { stops } = draw.snapshot;
  if (stops.length === 0) return nothing;
  return html`<section class="card stops" aria-labelledby="stops-title">
    <h2 id="stops-title">Waiting for a budget <span class="badge">${stops.length}</span></h2>
    ${repeat(stops, stopKey, (stop) => one(draw, stop))}
  </section>`;
}

function one(draw: DrawLive, stop: BudgetStopView): TemplateResult {
  const { g, budget, message } = stop;
  const on = waitText(stop, draw.wall);
  const run = draw.snapshot.runs.find((known) => known.runId === stop.runId);
  return html`<article class="stop" aria-label=${`Run g${g} stopped`}>
    <div class="stop-head">
      ${levelIcon('error')}<strong class="num">Run g${g} stopped</strong>
      <span class="muted ellipsis" title=${line(run?.prompt ?? '', 1000)}>${line(run?.prompt ?? '', 200)}</span>
      <span class="spacer"></span>
      <time class="num muted small">${clock(stop.at)}</time>
    </div>
    <p class="stop-message">${line(message, 600)}</p>
    ${budget === null ? nothing : figures(stop, budget, draw.wall)}
    ${on === null ? nothing : html`<p class="stop-wait">It ${on}.</p>`}
    ${draw.acts ? buttons(draw, stop) : html`<p class="muted small">${draw.state.connection.phase === 'lost' ? 'It can be decided when the runtime is back.' : 'Decide in VS Code or in the terminal.'}</p>`}
  </article>`;
}

function figures({ asked, freesAt }: BudgetStopView, budget: BudgetUse, now: number): TemplateResult {
  const { resource, used, reserved, limit, ratio } = budget;
  const decimals = columnDecimals([used, reserved, limit, asked]);
  const shown = (value: number): string => (resource === 'usd' ? usd(value, decimals) : amount(resource, value));
  const facts = [
    ['Limit', shown(limit)],
    [resource === 'usd' ? 'Spent' : 'Used', shown(used)],
    ['Held', shown(reserved)],
    ['Next call, at most', shown(asked)],
    ['Frees up', freesAt === null ? 'not by itself' : timeText(freesAt, now)],
  ];
  return html`${budgetBar(used, reserved, limit, 'The budget that stopped it', fillOf(ratio), `${percent(ratio)} used`)}
    <dl class="facts small">
      ${facts.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd class="num">${value}</dd>
          </div>`,
      )}
    </dl>`;
}

/** Elements keep their places while figures change, so that the keyboard stays where it was. */
function buttons(draw: DrawLive, stop: BudgetStopView): TemplateResult {
  const { runId, g, budget, raises, freesAt, waits, cheaper } = stop;
  const done = draw.state.answered.includes(stopKey(stop));
  const decide = (decision: BudgetDecision): void => {
    draw.dispatch({ type: 'answer', id: stopKey(stop) });
    draw.post({ type: 'decideBudget', runId, decision });
  };
  const button = (text: string, act: () => void, first = false): TemplateResult =>
    html`<vscode-button
      appearance=${first ? 'primary' : 'secondary'}
      ?disabled=${done}
      aria-label=${`${text}: run g${g}`}
      @click=${act}
      >${text}</vscode-button
    >`;
  return html`<div class="buttons">
    ${
      budget === null
        ? nothing
        : html`${raises.map((limit, n) => button(`Raise to ${limitText(budget.resource, limit)}`, () => decide({ type: 'raise', limit, until: endOfWindow(budget, draw.wall) }), n === 0))}
          ${button('Other amount…', () => draw.post({ type: 'raiseBudget', budget: refOf(budget) }), raises.length === 0)}`
    }
    ${freesAt === null || waits ? nothing : button(`Wait until ${timeText(freesAt, draw.wall)}`, () => decide({ type: 'wait' }))}
    ${cheaperModels(cheaper, g, done, (model) => decide({ type: 'switch_model', model }))}
    ${button(budget === null ? 'Continue' : 'Try again', () => decide({ type: 'continue' }), budget === null)}
    ${button('Stop', () => decide({ type: 'stop' }))}
  </div>`;
}

/** One is a button. Of several one is chosen first: a choice alone changes nothing, as arrow keys make choices. */
function cheaperModels(
  models: readonly string[],
  g: number,
  done: boolean,
  choose: (model: string) => void,
): TemplateResult | typeof nothing {
  const [only] = models;
  if (only === undefined) return nothing;
  const several = models.length > 1;
  const text = several ? 'Switch model' : `Go on with ${line(only, 40)}`;
  const act = (event: Event): void => {
    const select = (event.currentTarget as Element).parentElement?.querySelector('select');
    const model = models.find((known) => known === select?.value) ?? only;
    choose(model);
  };
  return html`<span class="models">
    ${
      several
        ? html`<select aria-label=${`Cheaper models for run g${g}`} ?disabled=${done}>
            ${models.map((model) => html`<option value=${model}>${line(model, 60)}</option>`)}
          </select>`
        : nothing
    }
    <vscode-button appearance="secondary" ?disabled=${done} aria-label=${`${text}: run g${g}`} @click=${act}
      >${text}</vscode-button
    >
  </span>`;
}
