import { laneNames } from '../../catalogue/lanes.ts';
import { stages } from '../../catalogue/states.ts';
import type { Resource } from '../../catalogue/states.ts';
import { formatCost, formatG, formatInteger, formatUsd } from '../../protocol/money.ts';
import { totalTokens } from '../../protocol/rows.ts';
import type { BudgetUse } from '../../protocol/rows.ts';
import type { LaneView, RunView, Snapshot } from '../../protocol/snapshot.ts';
import { formatDuration, oneLine } from '../../protocol/text.ts';
import { heldUp } from './held-up.ts';

export type Tone = 'title' | 'bar' | 'plain' | 'warning';
export interface ProgressLine {
  readonly tone: Tone;
  readonly text: string;
}

/**
 * The block a terminal shows while a run works, each line at most `width` characters (all of them one column wide:
 * nothing that a model or a file named is in it). `now` is ms since the epoch.
 */
export function progressBlock(
  snapshot: Snapshot,
  runId: string | null,
  elapsedMs: number,
  width: number,
  now: number,
): readonly ProgressLine[] {
  const run = snapshot.runs.find((candidate) => candidate.runId === runId);
  const held = heldUp(snapshot.lanes, now);
  if (run === undefined) return [{ tone: 'title', text: fit(['starting the run …', 'starting …'], width) }];
  return [
    { tone: run.waiting === null ? 'title' : 'warning', text: title(run, elapsedMs, width) },
    { tone: 'bar', text: bar(fractionOf(run), width) },
    ...amounts(run, snapshot.budgets, width),
    { tone: 'plain', text: lanes(snapshot, width) },
    ...(held.length === 0 ? [] : [{ tone: 'warning' as const, text: fit(shorter('', held), width) }]),
  ];
}

/** One line for pipes and logs. */
export function progressText(snapshot: Snapshot, runId: string): string | null {
  const run = snapshot.runs.find((candidate) => candidate.runId === runId);
  if (run === undefined) return null;
  const tokens = `${formatInteger(totalTokens(run.cost.tokens))} tokens`;
  const parts = [
    `g${formatG(run.g)} ${state(run)}`,
    `task ${run.tasksDone}/${run.tasksTotal}`,
    tokens,
    money(run, snapshot.budgets).text,
    ...heldUp(snapshot.lanes, null),
  ];
  return parts.join(' · ');
}

/** Changes when `progressText` is worth a new line: with state, stage, tasks and what holds it up, not with every token. */
export function progressKey(snapshot: Snapshot, runId: string): string | null {
  const run = snapshot.runs.find((candidate) => candidate.runId === runId);
  if (run === undefined) return null;
  const held = heldUp(snapshot.lanes, null);
  return JSON.stringify([run.status, run.waiting, run.stage, run.tasksDone, run.tasksTotal, held]);
}

/** Tasks done, and of the current one the stages behind it; 0 to 1. */
export function fractionOf(run: RunView): number {
  if (run.tasksTotal <= 0) return 0;
  const done = run.tasksDone >= run.tasksTotal || run.stage === null ? 0 : stages.indexOf(run.stage) / stages.length;
  return Math.min(1, Math.max(0, (run.tasksDone + done) / run.tasksTotal));
}

function state(run: RunView): string {
  if (run.waiting !== null) return run.waiting === 'paused' ? 'paused' : `waiting for ${run.waiting}`;
  return run.stage === null || run.status !== 'running'
    ? run.status.replaceAll('_', ' ')
    : run.stage.replaceAll('_', ' ');
}

function title(run: RunView, elapsedMs: number, width: number): string {
  const { tasksDone: done, tasksTotal: total } = run;
  const now = Math.min(done + 1, total);
  const elapsed = elapsedMs < 60_000 ? `${Math.floor(elapsedMs / 1000)} s` : formatDuration(elapsedMs);
  return fit(
    [
      `run g${formatG(run.g)} · ${state(run)} · task ${now} of ${total} · ${elapsed}`,
      `g${formatG(run.g)} · ${state(run)} · task ${now}/${total} · ${elapsed}`,
      `${state(run)} · ${now}/${total} · ${elapsed}`,
      `${state(run)} ${now}/${total}`,
      state(run),
    ],
    width,
  );
}

function bar(fraction: number, width: number): string {
  const percent = ` ${String(Math.floor(fraction * 100 + 1e-9)).padStart(3)} %`;
  const cells = Math.min(40, width - percent.length);
  if (cells < 3) return fit([percent.trim()], width);
  const full = Math.floor(fraction * cells + 1e-9);
  return `${'█'.repeat(full)}${'░'.repeat(cells - full)}${percent}`;
}

function amounts(run: RunView, budgets: readonly BudgetUse[], width: number): readonly ProgressLine[] {
  const tokens = tokensOf(run, budgets);
  const usd = money(run, budgets);
  const both = `${usd.text} · ${tokens.text}`;
  const tone = (full: boolean): Tone => (full ? 'warning' : 'plain');
  if (both.length <= width) return [{ tone: tone(usd.full || tokens.full), text: both }];
  return [usd, tokens].map(({ text, short, full }) => ({ tone: tone(full), text: fit([text, short], width) }));
}

interface Amount {
  readonly text: string;
  readonly short: string;
  /** Above 90 % of its budget. */
  readonly full: boolean;
}

function money(run: RunView, budgets: readonly BudgetUse[]): Amount {
  const spent = `${formatCost(run.cost)}${run.priceAs === null ? '' : ` as ${oneLine(run.priceAs, 30)}`}`;
  const budget = budgetOf(run, budgets, 'usd');
  if (budget === null) return { text: spent, short: formatCost(run.cost), full: false };
  return against(spent, formatCost(run.cost), formatUsd(budget.limit), budget);
}

function tokensOf(run: RunView, budgets: readonly BudgetUse[]): Amount {
  const used = formatInteger(totalTokens(run.cost.tokens));
  const budget = budgetOf(run, budgets, 'tokens');
  if (budget === null) return { text: `${used} tokens`, short: `${used} tok`, full: false };
  return against(`${used} tokens`, used, formatInteger(budget.limit), budget);
}

function against(long: string, short: string, limit: string, budget: BudgetUse): Amount {
  const where = budget.scope === 'run' ? '' : `, ${budget.scope} ${budget.window}`;
  return {
    text: `${long} of ${limit} (${Math.floor(budget.ratio * 100 + 1e-9)} %${where})`,
    short: `${short}/${limit}`,
    full: budget.ratio > 0.9,
  };
}

/** The run's own budget of a resource, else the fullest one that is in force for everybody. */
function budgetOf(run: RunView, budgets: readonly BudgetUse[], resource: Resource): BudgetUse | null {
  const candidates = budgets.filter((b) => b.resource === resource);
  const own = candidates.find((b) => b.scope === 'run' && b.key === run.runId);
  return (
    own ??
    candidates.filter((b) => b.scope === 'user' || b.scope === 'workspace').sort((a, b) => b.ratio - a.ratio)[0] ??
    null
  );
}

function lanes(snapshot: Snapshot, width: number): string {
  const { active, limit } = snapshot.global;
  const busy = laneNames.flatMap((name) =>
    snapshot.lanes.filter((lane) => lane.lane === name && (lane.active > 0 || queued(lane) > 0)),
  );
  const cells = busy.map(
    (lane) => `${lane.lane} ${lane.active}/${lane.limit}${queued(lane) > 0 ? ` +${queued(lane)}` : ''}`,
  );
  const total = `lanes ${active}/${limit}`;
  return fit([...shorter(`${total}: `, cells), total], width);
}

/** All cells in one line, then ever fewer and how many are left out. */
function shorter(before: string, cells: readonly string[]): readonly string[] {
  return cells.map((_, i) => `${before}${cells.slice(0, cells.length - i).join(' · ')}${i > 0 ? ` · ${i} more` : ''}`);
}

function queued(lane: LaneView): number {
  return lane.queued.high + lane.queued.normal + lane.queued.low;
}

/** The first form that fits, else the last one cut. */
function fit(forms: readonly string[], width: number): string {
  const last = forms.at(-1) ?? '';
  return forms.find((form) => form.length <= width) ?? `${last.slice(0, Math.max(0, width - 1))}…`;
}
