import * as vscode from 'vscode';
import { amountText, budgetName, limitText, sameBudget } from '../../protocol/budget-words.ts';
import { formatLimit, limitQuestion, parseLimit } from '../../protocol/limit-text.ts';
import type { BudgetRef, BudgetUse } from '../../protocol/rows.ts';
import type { BudgetStopView } from '../../protocol/snapshot.ts';
import { budgetItems, isBudgetRef, untilItems } from './budget-items.ts';
import { askChoice, askSteps, askText, type Step } from './quick-input.ts';
import type { RuntimeHost } from './runtime-host.ts';
import { say } from './said.ts';
import { oneLine } from './text.ts';

/** Asks for a budget in force (unless `argument` names one), its new limit and how long that holds, and sets it. */
export async function raiseBudget(host: RuntimeHost, argument: unknown): Promise<void> {
  await host.connect();
  const budgets = host.snapshot?.budgets ?? [];
  const named = isBudgetRef(argument) ? budgets.find((known) => sameBudget(known, argument)) : undefined;
  const [fullest] = budgets;
  if (fullest === undefined || (argument !== undefined && named === undefined)) {
    await vscode.window.showInformationMessage(fullest === undefined ? noBudget : goneBudget);
    return;
  }
  let use: BudgetUse = named ?? fullest;
  let limit: number | null = null;
  let until: number | null = null;

  const warning = (): string | null => (limit === null ? null : tooLow(use, limit, host.snapshot?.stops ?? []));
  const which: Step = async (place) => {
    const items = budgetItems(budgets, host.snapshot?.runs ?? [], Date.now());
    const answer = await askChoice(place, 'Which limit? Those in force, the fullest first', items, use);
    if (answer.kind !== 'value') return answer.kind;
    if (answer.value !== use) limit = null;
    use = answer.value;
    return answer.kind;
  };
  const howMuch: Step = async (place) => {
    const answer = await askText(place, {
      prompt: oneLine(limitQuestion(use, Date.now()), 300),
      value: formatLimit(use.resource, limit ?? use.limit),
      placeholder: '',
      check: (text) => checkLimit(use, text),
    });
    const parsed = answer.kind === 'value' ? parseLimit(use.resource, answer.value) : null;
    if (parsed?.kind === 'limit') limit = parsed.limit;
    return answer.kind;
  };
  const howLong: Step = async (place) => {
    const answer = await askChoice(place, warning() ?? 'How long shall it hold?', untilItems(use, Date.now()));
    if (answer.kind === 'value') until = answer.value;
    return answer.kind;
  };
  const steps = (): readonly Step[] => [
    ...(named === undefined ? [which] : []),
    howMuch,
    // A budget without a window has one answer, which is asked for only to be sure.
    ...(untilItems(use, Date.now()).length > 1 || warning() !== null ? [howLong] : []),
  ];
  if (!(await askSteps('Raise Budget', steps)) || limit === null) return;
  await host.request('setBudget', { budget: refOf(use), limit, until });
  const done = `$(check) The ${oneLine(budgetName(use))} is now ${limitText(use.resource, limit)}.`;
  say(done);
}

const noBudget =
  'No budget is in force in this window. Limits are set in the settings, or under “budgets” in haios.config.json.';
const goneBudget = 'That budget is not in force in this window any more.';

function checkLimit(use: BudgetUse, text: string): string | null {
  const parsed = parseLimit(use.resource, text);
  if (parsed.kind === 'wrong') return parsed.message;
  return parsed.limit === use.limit ? 'That is the limit in force: write another one.' : null;
}

/** A limit that lets nothing go on is allowed, and that is said before it is set. */
function tooLow(use: BudgetUse, limit: number, stops: readonly BudgetStopView[]): string | null {
  const { resource, used } = use;
  if (limit <= used) return `${amountText(resource, used)} are used already: no call is allowed then. Set it?`;
  const needed = stops.flatMap(({ budget, asked }) =>
    budget !== null && sameBudget(budget, use) ? [used + asked] : [],
  );
  if (needed.length === 0 || limit >= Math.min(...needed)) return null;
  return `A run waits for at least ${limitText(resource, Math.min(...needed))}, and goes on waiting then. Set it?`;
}

function refOf({ name, resource, scope, key, window }: BudgetUse): BudgetRef {
  return { name, resource, scope, key, window };
}
