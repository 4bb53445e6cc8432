import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { repeat } from 'lit/directives/repeat.js';
import type { ApprovalView } from '../../src/protocol/snapshot.ts';
import { clock } from '../parts/format.ts';
import { shieldIcon } from '../parts/icons.ts';
import { line, visible } from '../parts/text.ts';
import type { DrawLive } from './draw.ts';

type Decision = 'allow' | 'deny' | 'allow_run';

/** What waits for a person: what is asked, the exact change or command as text, and the answers. */
export function approvalsView(draw: DrawLive): TemplateResult | typeof nothing {
  const { approvals } = draw.snapshot;
  if (approvals.length === 0) return nothing;
  return html`<section class="card approvals" aria-labelledby="approvals-title">
    <h2 id="approvals-title">Waiting for your approval <span class="badge">${approvals.length}</span></h2>
    ${repeat(
      approvals,
      (approval) => approval.approvalId,
      (approval) => one(draw, approval),
    )}
  </section>`;
}

function one(draw: DrawLive, approval: ApprovalView): TemplateResult {
  const { approvalId, title, detail, path, kind } = approval;
  const run = draw.snapshot.runs.find((known) => known.runId === approval.runId);
  return html`<article class="approval" aria-label=${line(title, 200)}>
    <div class="approval-head">
      <strong class="approval-title" title=${visible(title)}>${line(title, 300)}</strong>
      ${
        approval.protected
          ? html`<span
              class="protected"
              title="Asked even when everything is allowed, because this place can change what runs later"
              >${shieldIcon()}protected</span
            >`
          : nothing
      }
    </div>
    <div class="muted small">
      ${kindText[kind]}${path === null ? nothing : html` · <code title=${visible(path)}>${line(path, 200)}</code>`}${run ? html` · g${run.g}` : nothing}
      · asked ${clock(approval.at)}
    </div>
    ${detail === '' ? nothing : html`<pre class="detail" tabindex="0" role="group" aria-label="Details">${guard([detail], () => (kind === 'write' ? diffLines(detail) : visible(detail)))}</pre>`}
    ${draw.acts ? answers(draw, approvalId, line(title, 100), approval.protected) : html`<p class="muted small">${draw.state.connection.phase === 'lost' ? 'It can be answered when the runtime is back.' : 'Answer it in VS Code or in the terminal.'}</p>`}
  </article>`;
}

const kindText = {
  write: 'Write a file',
  command: 'Run a command',
  unpriced: 'Call a model without a known price',
} as const;

function answers(
  { state, dispatch, post }: DrawLive,
  approvalId: string,
  title: string,
  isProtected: boolean,
): TemplateResult {
  const done = state.answered.includes(approvalId);
  const answer = (decision: Decision): void => {
    dispatch({ type: 'answer', id: approvalId });
    post({ type: 'answerApproval', approvalId, decision });
  };
  return html`<div class="buttons">
    <vscode-button ?disabled=${done} aria-label=${`Allow: ${title}`} @click=${() => answer('allow')}
      >Allow</vscode-button
    >
    <vscode-button
      appearance="secondary"
      ?disabled=${done}
      aria-label=${`Deny: ${title}`}
      @click=${() => answer('deny')}
      >Deny</vscode-button
    >
    ${
      isProtected
        ? nothing
        : html`<vscode-button
            appearance="secondary"
            ?disabled=${done}
            aria-label=${`Allow all in this run: ${title}`}
            @click=${() => answer('allow_run')}
            >Allow all in this run</vscode-button
          >`
    }
  </div>`;
}

function diffLines(diff: string): readonly TemplateResult[] {
  return diff
    .replace(/\n$/, '')
    .split('\n')
    .map((text) => html`<span class=${lineKind(text)}>${visible(text)} </span>`);
}

function lineKind(text: string): string {
  if (text.startsWith('+++') || text.startsWith('---') || text.startsWith('@@')) return 'diff-head';
  return text.startsWith('+') ? 'diff-in' : text.startsWith('-') ? 'diff-out' : 'diff-same';
}
