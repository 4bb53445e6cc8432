import { overrideText, paceText, resetText, sameBudget, stopFigures, waitText } from '../../protocol/budget-words.ts';
import type { BudgetUse } from '../../protocol/rows.ts';
import type { BudgetStopView, RunView, Snapshot } from '../../protocol/snapshot.ts';
import { laneLines, stoppedText } from './lane-lines.ts';
import type { RuntimeState } from './runtime-host.ts';
import { stopTitle } from './stop-choices.ts';
import { amount, bytes, count, moneyText, oneLine, percent } from './text.ts';

export type StatusLevel = 'normal' | 'warning' | 'error';

export interface StatusBarState {
  /** With `$(icon)`; holds no text that others wrote. */
  readonly text: string;
  readonly level: StatusLevel;
  /** Lines of plain text; some hold text that others wrote. */
  readonly tooltip: readonly string[];
  /** For screen readers. */
  readonly label: string;
}

const warnAt = 0.9;

const mostBudgets = 8;

/** What the status bar shows for a state of the runtime; `now` in ms since the epoch. */
export function statusBarState(state: RuntimeState, trusted: boolean, now: number): StatusBarState {
  switch (state.kind) {
    case 'idle':
      return plain('$(pulse) HAiOS', 'HAiOS: nothing runs. Click for what can be done.', trusted);
    case 'starting':
      return plain('$(sync~spin) HAiOS', 'HAiOS: the runtime starts.', trusted);
    case 'lost':
      return { text: '$(debug-disconnect) HAiOS', level: 'error', tooltip: [state.message], label: state.message };
    case 'running':
      return ofSnapshot(state.snapshot, trusted, now);
  }
}

/** The budget that the bar shows: of usd if money was spent, else any; the fullest of them. */
export function shownBudget(budgets: readonly BudgetUse[]): BudgetUse | null {
  const usdBudgets = budgets.filter((budget) => budget.resource === 'usd');
  const spent = usdBudgets.some((budget) => budget.used > 0);
  return fullest(spent ? usdBudgets : budgets);
}

export function budgetText(budget: BudgetUse): string {
  return `${amount(budget.resource, budget.used)} / ${amount(budget.resource, budget.limit)} · ${percent(budget.ratio)}`;
}

export function isActive(run: RunView): boolean {
  return run.status === 'queued' || run.status === 'running' || run.status === 'waiting';
}

/** At work, and nothing has stopped it for good. */
export function isGoing(run: RunView): boolean {
  return isActive(run) && run.waiting !== 'budget';
}

function ofSnapshot(snapshot: Snapshot, trusted: boolean, now: number): StatusBarState {
  const budget = stoppedBudget(snapshot) ?? shownBudget(snapshot.budgets);
  const active = snapshot.runs.filter(isActive);
  const stopped = stoppedText(snapshot.lanes);
  const level = levelOf(snapshot, budget, stopped !== null);
  const used = budget !== null && (budget.used > 0 || active.length > 0);
  const asked = snapshot.stops.map((stop) => `, run g${stop.g} waits for a budget`).join('');
  const figure = used ? budgetText(budget) : 'HAiOS';
  const icon = iconOf(active, level, stopped !== null);
  return {
    text: `$(${icon}) ${figure}`,
    level,
    tooltip: tooltip(snapshot, active, trusted, now),
    label: `HAiOS: ${active.length === 0 ? 'nothing runs' : `${active.length} running`}, ${used ? figure : 'nothing spent'}${asked}${stopped === null ? '' : `, ${stopped}`}`,
  };
}

/** The budget that the newest stopped run waits for, as it is now. */
function stoppedBudget({ stops, budgets }: Snapshot): BudgetUse | null {
  const stopped = stops.findLast((stop) => stop.budget !== null)?.budget ?? null;
  return stopped === null ? null : (budgets.find((budget) => sameBudget(budget, stopped)) ?? stopped);
}

function levelOf(snapshot: Snapshot, budget: BudgetUse | null, lanesStopped: boolean): StatusLevel {
  const newest = snapshot.runs.reduce<RunView | null>((a, b) => (a === null || b.g > a.g ? b : a), null);
  const stopped = newest !== null && (newest.status === 'budget_exceeded' || newest.waiting === 'budget');
  if (stopped || snapshot.stops.length > 0 || (budget !== null && budget.ratio >= 1)) return 'error';
  return lanesStopped || (budget !== null && budget.ratio >= warnAt) ? 'warning' : 'normal';
}

/** What waits for a person comes first; a lane that a person stopped is shown even while runs seem to go on. */
function iconOf(active: readonly RunView[], level: StatusLevel, stopped: boolean): string {
  if (active.some((run) => run.waiting === 'approval')) return 'question';
  if (stopped) return 'debug-pause';
  if (active.some(isGoing)) return 'sync~spin';
  switch (level) {
    case 'error':
      return 'error';
    case 'warning':
      return 'warning';
    case 'normal':
      return 'pulse';
  }
}

function tooltip(snapshot: Snapshot, active: readonly RunView[], trusted: boolean, now: number): string[] {
  const lines = snapshot.stops.flatMap((stop) => stopLines(stop, now));
  const others = active.filter((run) => !snapshot.stops.some((stop) => stop.runId === run.runId));
  lines.push(
    ...others.map(
      (run) =>
        `g${run.g} ${run.waiting === null ? (run.stage ?? run.status) : `waits for ${run.waiting}`} · ${oneLine(run.prompt, 60)}`,
    ),
  );
  lines.push(...laneLines(snapshot.lanes));
  lines.push(...snapshot.budgets.slice(0, mostBudgets).map((budget) => budgetLine(budget, now)));
  const more = snapshot.budgets.length - mostBudgets;
  if (more > 0) lines.push(`${more} more ${more === 1 ? 'budget' : 'budgets'} in the panel`);
  const { today, runtime } = snapshot;
  lines.push(`Today: ${moneyText(today, null)}, ${count(today.tokens)} tokens${marks(today)}`);
  lines.push(`Runtime memory: ${bytes(runtime.memory.rss)} of ${bytes(runtime.memoryLimit)}`);
  if (runtime.ledger !== 'ok') lines.push(`The ledger is ${runtime.ledger}: paid calls are refused.`);
  if (runtime.configError !== null) lines.push(oneLine(runtime.configError, 300));
  if (!trusted) lines.push(restricted);
  return lines;
}

function stopLines(stop: BudgetStopView, now: number): readonly string[] {
  const figures = stopFigures(stop);
  const on = waitText(stop, now) ?? 'click to decide';
  return [stopTitle(stop), figures === null ? on : `${figures}; ${on}`];
}

function budgetLine(budget: BudgetUse, now: number): string {
  const { resource, reserved } = budget;
  const parts = [
    `${budgetName(budget)}: ${budgetText(budget)}`,
    reserved > 0 ? `${amount(resource, reserved)} reserved` : null,
    overrideText(budget, now, amount),
    resetText(budget, now),
    paceText(budget, now),
  ];
  return parts.filter((part) => part !== null).join(', ');
}

/** What must be known of today’s money before believing it. */
function marks({ estimated, reckoned }: Snapshot['today']): string {
  return [estimated ? ', partly estimated' : '', reckoned ? ', partly reckoned at another model’s prices' : ''].join(
    '',
  );
}

function budgetName(budget: BudgetUse): string {
  const { name, resource, window } = budget;
  const where = window === 'lifetime' || name.startsWith(window) ? name : `${name}, ${window}`;
  return `${resource}, ${oneLine(where, 60)}`;
}

const restricted = 'Restricted mode: agents may read, but run no command, write no file and start no server.';

function plain(text: string, label: string, trusted: boolean): StatusBarState {
  return { text, level: 'normal', tooltip: trusted ? [label] : [label, restricted], label };
}

function fullest(budgets: readonly BudgetUse[]): BudgetUse | null {
  return budgets.reduce<BudgetUse | null>((a, b) => (a === null || b.ratio > a.ratio ? b : a), null);
}
