import type { spanEvents } from '../../catalogue/spans.ts';
import { resumable, type RunStatus, type SpanStatus, type WaitReason } from '../../catalogue/states.ts';
import { totalTokens, type RunRow, type SpanRow } from '../../protocol/rows.ts';
import type { TaskAction } from '../../protocol/messages.ts';
import type { RunView } from '../../protocol/snapshot.ts';
import { taskActions } from '../../protocol/task-actions.ts';
import { duration, moneyText, oneLine, tokensText, usd } from './text.ts';

/** A line of the trace tree, without the editor's classes. `color` is a theme colour id. */
export interface TraceItem {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  /** Lines of plain text, written by others in part. */
  readonly tooltip: readonly string[];
  readonly icon: { readonly name: string; readonly color: string | null };
  /** Words for `viewItem`. */
  readonly context: string;
  readonly expandable: boolean;
}

/** A run; `view` is its live state, if the snapshot has it. */
export function runItem(row: RunRow, view: RunView | null): TraceItem {
  const status = view?.status ?? row.status;
  const waiting = view?.waiting ?? (view === null ? row.waiting : null);
  const cost = view?.cost ?? row.cost;
  const elapsed = view?.elapsedMs ?? row.durationMs;
  const priceAs = view?.priceAs ?? row.priceAs;
  const error = view === null ? (row.error?.message ?? null) : view.error;
  const shown = status === 'waiting' && waiting !== null ? `waits for ${waiting}` : status.replace('_', ' ');
  return {
    id: `run:${row.runId}`,
    label: oneLine(row.prompt),
    description: [
      `g${row.g}`,
      ...(status === 'succeeded' ? [] : [shown]),
      moneyText(cost, priceAs),
      duration(elapsed),
      tokensText(totalTokens(cost.tokens), cost.estimated),
    ].join(' · '),
    tooltip: [
      `Run g${row.g}: ${shown}`,
      oneLine(row.prompt, 400),
      `Model ${oneLine(row.model, 60)}, agent ${oneLine(row.agent, 60)}`,
      `Started ${new Date(row.startedAt).toLocaleString()}, at work ${duration(elapsed)}`,
      `${tokensText(totalTokens(cost.tokens), cost.estimated)}, ${moneyText(cost, priceAs)}, ${cost.calls} model calls`,
      `Trace ${row.traceId}`,
      ...(row.workspace === null ? [] : [oneLine(row.workspace, 200)]),
      ...(error === null ? [] : [oneLine(error, 400)]),
    ],
    icon: runIcon(status),
    context: `run ${runContext(status, waiting)}`,
    expandable: true,
  };
}

/** `atWork`: its run is at work in this window, so that its tasks can be controlled from here. */
export function spanItem(row: SpanRow, atWork: boolean): TraceItem {
  const held = isHeld(row);
  const parts = [
    row.durationMs !== null ? duration(row.durationMs) : held ? 'paused' : 'running',
    ...(row.tokens > 0 ? [tokensText(row.tokens, row.estimated)] : []),
    ...(row.nusd > 0 ? [`${row.estimated ? '≈ ' : ''}${usd(row.nusd)}`] : []),
    ...(row.status === 'ok' || row.status === 'running' ? [] : [row.status]),
  ];
  return {
    id: `span:${row.runId}:${row.spanId}`,
    label: oneLine(row.name),
    description: parts.join(' · '),
    tooltip: [
      oneLine(row.name, 200),
      parts.join(', '),
      ...(row.error === null ? [] : [oneLine(row.error, 400)]),
      ...Object.entries(row.attributes)
        .slice(0, 20)
        .map(([name, value]) => `${oneLine(name, 60)}: ${oneLine(String(value), 120)}`),
    ],
    icon: held ? { name: 'debug-pause', color: 'list.warningForeground' } : spanIcon(row.status, row.kind),
    context: ['span', row.kind, ...(row.kind === 'task' && atWork ? actionsOf(row) : [])].join(' '),
    expandable: row.children > 0 || (row.status === 'running' && row.kind !== 'chat' && row.kind !== 'file_write'),
  };
}

function actionsOf(row: SpanRow): readonly TaskAction[] {
  if (row.status !== 'running') return [];
  return taskActions({ state: isHeld(row) ? 'paused' : 'running', repeatable: false });
}

const paused: keyof typeof spanEvents = 'paused';
const continued: keyof typeof spanEvents = 'continued';

/** A task that a person paused and did not continue. */
function isHeld({ status, events }: SpanRow): boolean {
  if (status !== 'running') return false;
  return events.findLast(({ name }) => name === paused || name === continued)?.name === paused;
}

function runContext(status: RunStatus, waiting: WaitReason | null): string {
  switch (status) {
    case 'queued':
    case 'running':
      return 'active going';
    case 'waiting':
      return waiting === 'budget' ? 'active stopped' : 'active going';
    case 'succeeded':
    case 'failed':
    case 'cancelled':
    case 'budget_exceeded':
    case 'interrupted':
      return resumable.includes(status) ? 'ended resumable' : 'ended';
  }
}

function runIcon(status: RunStatus): TraceItem['icon'] {
  switch (status) {
    case 'queued':
      return { name: 'clock', color: null };
    case 'running':
      return { name: 'loading~spin', color: null };
    case 'waiting':
      return { name: 'question', color: 'list.warningForeground' };
    case 'succeeded':
      return { name: 'pass', color: 'testing.iconPassed' };
    case 'failed':
    case 'budget_exceeded':
      return { name: 'error', color: 'list.errorForeground' };
    case 'cancelled':
      return { name: 'circle-slash', color: null };
    case 'interrupted':
      return { name: 'debug-disconnect', color: 'list.warningForeground' };
  }
}

function spanIcon(status: SpanStatus, kind: SpanRow['kind']): TraceItem['icon'] {
  switch (status) {
    case 'running':
      return { name: 'loading~spin', color: null };
    case 'error':
      return { name: 'error', color: 'list.errorForeground' };
    case 'cancelled':
      return { name: 'circle-slash', color: null };
    case 'interrupted':
      return { name: 'debug-disconnect', color: 'list.warningForeground' };
    case 'ok':
      return { name: kindIcons[kind], color: null };
  }
}

const kindIcons: Record<SpanRow['kind'], string> = {
  plan: 'play-circle',
  task: 'checklist',
  stage: 'milestone',
  worker_call: 'server-process',
  chat: 'comment-discussion',
  tool: 'tools',
  file_write: 'new-file',
};
