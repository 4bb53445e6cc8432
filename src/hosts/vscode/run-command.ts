import * as vscode from 'vscode';
import type { BudgetAmounts, RunRow } from '../../protocol/rows.ts';
import type { ModelInfo, StartRun } from '../../protocol/messages.ts';
import { formatBudget, parseBudget } from './budget-input.ts';
import { forecastHint } from './forecast-hint.ts';
import type { RunArguments } from './panel-messages.ts';
import type { LanguageModels } from './language-models.ts';
import { askChoice, askSteps, askText, type Choice, type Step } from './quick-input.ts';
import type { RuntimeHost } from './runtime-host.ts';
import { startRun, type StartedRun } from './start-run.ts';
import { oneLine } from './text.ts';
import { askFolder, workspaceFolders } from './workspace.ts';

const runTitle = 'Run Agent Task';
/** Models of the editor may come from an extension that starts only now. */
const editorModelsMs = 3000;
const editorModelNote = 'The editor’s own: no API key; it may ask for your consent. Tokens are estimated.';
const lastKey = 'haios.lastRun';
interface LastRun {
  readonly prompt: string;
  readonly model: string | null;
  readonly budget: string;
  readonly folder: string | null;
}

interface RunParts {
  readonly host: RuntimeHost;
  readonly models: LanguageModels;
  readonly memory: vscode.Memento;
}

/** Asks for what a run needs and starts it; null when the person gave up. What `given` holds is not asked. */
export async function runTask({ host, models: editor, memory }: RunParts, given: unknown): Promise<StartedRun | null> {
  const fixed = await readArguments(given);
  const last = memory.get<LastRun>(lastKey);
  const folders = workspaceFolders();
  let prompt = fixed.prompt ?? last?.prompt ?? '';
  let model = fixed.model ?? last?.model ?? null;
  let budget: BudgetAmounts = fixed.budget ?? {};
  let folder = folders.find((path) => path === last?.folder) ?? folders[0] ?? null;

  const steps: Step[] = [];
  if (folders.length > 1) {
    steps.push(async (place) => {
      const answer = await askFolder(place, folders, folder ?? undefined);
      if (answer.kind === 'value') folder = answer.value;
      return answer.kind;
    });
  }
  if (fixed.prompt === undefined) {
    steps.push(async (place) => {
      const answer = await askText(place, {
        prompt: promptHint(folder),
        value: prompt,
        placeholder: 'inventory',
        check: checkPrompt,
      });
      if (answer.kind === 'value') prompt = answer.value.trim();
      return answer.kind;
    });
  }
  if (fixed.model === undefined) {
    steps.push(async (place) => {
      const models = await listModels(host, editor);
      const answer = await askChoice(
        place,
        'The model that does the work',
        models.map(modelChoice),
        model ?? models[0]?.id,
      );
      if (answer.kind === 'value') model = answer.value;
      return answer.kind;
    });
  }
  if (fixed.budget === undefined) {
    steps.push(async (place) => {
      const answer = await askText(place, {
        prompt:
          'The most that this run may use. Empty: only the budgets of your settings and of haios.config.json hold.',
        value: last?.budget ?? '',
        placeholder: '$1.00, or usd=1,tokens=50000',
        check: checkBudget,
        hint: forecastHint(host, { prompt, workspace: folder, model }),
      });
      if (answer.kind === 'value') budget = budgetOf(answer.value);
      return answer.kind;
    });
  }
  if (!(await askSteps(runTitle, steps))) return null;
  await memory.update(lastKey, { prompt, model, budget: formatBudget(budget), folder } satisfies LastRun);
  const request: StartRun = {
    ...plainRun,
    prompt,
    model,
    budget,
    workspace: folder,
    priority: fixed.priority ?? 'normal',
    labels: fixed.labels ?? [],
  };
  return startRun(host, runTitle, request);
}

/** Goes on with a run; one that a budget stopped is given a new total first. Null when the person gave up. */
export async function resumeRun(host: RuntimeHost, row: RunRow): Promise<StartedRun | null> {
  const title = `Resume Run g${row.g}`;
  let budget: BudgetAmounts = {};
  if (row.status === 'budget_exceeded') {
    const sure = await askSteps(title, [
      async (place) => {
        const answer = await askText(place, {
          prompt: 'The new total for this run, what it spent so far included. Empty: as before.',
          value: formatBudget(row.budget),
          placeholder: '$2.00, or usd=2,tokens=100000',
          check: checkBudget,
        });
        if (answer.kind === 'value') budget = budgetOf(answer.value);
        return answer.kind;
      },
    ]);
    if (!sure) return null;
  }
  return startRun(host, title, { ...plainRun, resume: row.runId, workspace: row.workspace, budget });
}

const plainRun: StartRun = {
  prompt: null,
  workspace: null,
  model: null,
  agent: null,
  budget: {},
  priority: 'normal',
  approve: 'ask',
  labels: [],
  onLimit: null,
  resume: null,
};

/** Of arguments that fit no schema nothing is taken: then everything is asked. */
async function readArguments(given: unknown): Promise<RunArguments> {
  if (given === undefined) return {};
  const { runArguments } = await import('./panel-messages.ts');
  return runArguments.safeParse(given).data ?? {};
}

function promptHint(folder: string | null): string {
  const where = folder === null ? 'No folder is open, so tools that need files will say so.' : `Works in ${folder}.`;
  const trust = vscode.workspace.isTrusted
    ? ''
    : ' Restricted mode: it may read, but run no command and write no file.';
  return `What should the agent do? ${where}${trust}`;
}

function checkPrompt(text: string): string | null {
  const length = text.trim().length;
  if (length === 0) return 'The prompt is empty: say what the agent should do.';
  return length > 200_000 ? `The prompt has ${length} characters; at most 200,000 are allowed.` : null;
}

function checkBudget(text: string): string | null {
  if (text.trim() === '') return null;
  const parsed = parseBudget(text);
  return parsed.kind === 'wrong' ? parsed.message : null;
}

function budgetOf(text: string): BudgetAmounts {
  const parsed = parseBudget(text);
  return parsed.kind === 'budget' ? parsed.budget : {};
}

/** The configured models and those that the editor offers now, unless it takes long to say. */
async function listModels(host: RuntimeHost, editor: LanguageModels): Promise<readonly ModelInfo[]> {
  await host.connect();
  await Promise.race([editor.tell(), new Promise((resolve) => setTimeout(resolve, editorModelsMs))]);
  return host.request('models', {});
}

function modelChoice(model: ModelInfo): Choice<string> {
  const price = model.priced ? '' : ' · unpriced';
  const note = model.note ?? (model.provider === 'vscode' ? editorModelNote : null);
  return {
    label: oneLine(model.id),
    description: `${oneLine(model.provider, 40)} · ${oneLine(model.model, 60)}${price}`,
    ...(note === null ? {} : { detail: `${model.ready ? '' : '$(warning) '}${oneLine(note, 200)}` }),
    value: model.id,
  };
}
