import type { BudgetUse } from '../../protocol/rows.ts';
import type { RunView, Snapshot } from '../../protocol/snapshot.ts';
import { laneLines, stoppedText } from './lane-lines.ts';
import type { RuntimeState } from './runtime-host.ts';
import { amount, bytes, count, oneLine, percent, usd } from './text.ts';

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

/** What the status bar shows for a state of the runtime. */
export function statusBarState(state: RuntimeState, trusted: boolean): StatusBarState {
  switch (state.kind) {
    case 'idle':
      return plain('$(pulse) HAiOS', 'HAiOS: nothing runs. Click for what can be done.', trusted);
    case 'starting':
      return plain('$(sync~spin) HAiOS', 'HAiOS: the runtime starts.', trusted);
    case 'lost':
      return { text: '$(debug-disconnect) HAiOS', level: 'error', tooltip: [state.message], label: state.message };
    case 'running':
      return ofSnapshot(state.snapshot, trusted);
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

function ofSnapshot(snapshot: Snapshot, trusted: boolean): StatusBarState {
  const budget = shownBudget(snapshot.budgets);
  const active = snapshot.runs.filter(isActive);
  const stopped = stoppedText(snapshot.lanes);
  const level = levelOf(snapshot, budget, stopped !== null);
  const used = budget !== null && (budget.used > 0 || active.length > 0);
  const figure = used ? budgetText(budget) : 'HAiOS';
  const icon = iconOf(active, level, stopped !== null);
  return {
    text: `$(${icon}) ${figure}`,
    level,
    tooltip: tooltip(snapshot, active, trusted),
    label: `HAiOS: ${active.length === 0 ? 'nothing runs' : `${active.length} running`}, ${used ? figure : 'nothing spent'}${stopped === null ? '' : `, ${stopped}`}`,
  };
}

function levelOf(snapshot: Snapshot, budget: BudgetUse | null, lanesStopped: boolean): StatusLevel {
  const newest = snapshot.runs.reduce<RunView | null>((a, b) => (a === null || b.g > a.g ? b : a), null);
  const stopped = newest !== null && (newest.status === 'budget_exceeded' || newest.waiting === 'budget');
  if (stopped || (budget !== null && budget.ratio >= 1)) return 'error';
  return lanesStopped || (budget !== null && budget.ratio >= warnAt) ? 'warning' : 'normal';
}

/** What waits for a person comes first; a lane that a person stopped is shown even while runs seem to go on. */
function iconOf(active: readonly RunView[], level: StatusLevel, stopped: boolean): string {
  if (active.some((run) => run.waiting === 'approval')) return 'question';
  if (stopped) return 'debug-pause';
  if (active.length > 0) return 'sync~spin';
  switch (level) {
    case 'error':
      return 'error';
    case 'warning':
      return 'warning';
    case 'normal':
      return 'pulse';
  }
}

function tooltip(snapshot: Snapshot, active: readonly RunView[], trusted: boolean): string[] {
  const lines = active.map(
    (run) =>
      `g${run.g} ${run.waiting === null ? (run.stage ?? run.status) : `waits for ${run.waiting}`} · ${oneLine(run.prompt, 60)}`,
  );
  lines.push(...laneLines(snapshot.lanes));
  for (const budget of snapshot.budgets) {
    const reserved = budget.reserved > 0 ? `, ${amount(budget.resource, budget.reserved)} reserved` : '';
    lines.push(`${budgetName(budget)}: ${budgetText(budget)}${reserved}`);
  }
  const { today, runtime } = snapshot;
  lines.push(`Today: ${today.estimated ? '≈ ' : ''}${usd(today.nusd)}, ${count(today.tokens)} tokens`);
  lines.push(`Runtime memory: ${bytes(runtime.memory.rss)} of ${bytes(runtime.memoryLimit)}`);
  if (runtime.ledger !== 'ok') lines.push(`The ledger is ${runtime.ledger}: paid calls are refused.`);
  if (runtime.configError !== null) lines.push(oneLine(runtime.configError, 300));
  if (!trusted) lines.push(restricted);
  return lines;
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
