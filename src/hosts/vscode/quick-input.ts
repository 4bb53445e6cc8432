import * as vscode from 'vscode';

export type Answer<T> =
  { readonly kind: 'value'; readonly value: T } | { readonly kind: 'back' } | { readonly kind: 'cancel' };

export interface StepPlace {
  readonly title: string;
  readonly step: number;
  readonly totalSteps: number;
}

/** One question. It keeps its answer itself and says only which way to go on. */
export type Step = (place: StepPlace) => Promise<Answer<unknown>['kind']>;

/**
 * Asks one question after the other, with a way back. False when the person gave up. Steps that depend on an answer come
 * from a function, which is asked again after each.
 */
export async function askSteps(title: string, steps: readonly Step[] | (() => readonly Step[])): Promise<boolean> {
  for (let at = 0; ;) {
    const all = typeof steps === 'function' ? steps() : steps;
    const step = all[at];
    if (step === undefined) return true;
    const way = await step({ title, step: at + 1, totalSteps: all.length });
    if (way === 'cancel') return false;
    at += way === 'back' ? -1 : 1;
  }
}

export interface TextQuestion {
  readonly prompt: string;
  readonly value: string;
  readonly placeholder: string;
  readonly password?: boolean;
  /** What was wrong with `value`, in one sentence, shown until it is changed. */
  readonly problem?: string;
  /** Checked with each change, not only when it is sent off. */
  readonly live?: boolean;
  /** Told of each change, so that a text is still there after the person went back. */
  readonly keep?: (text: string) => void;
  /** Stands before the prompt once it is known; null: nothing to say. Must not reject. */
  readonly hint?: Promise<string | null>;
  /** A sentence when the text will not do, else null. */
  readonly check: (text: string) => string | null;
}

export function askText(place: StepPlace, question: TextQuestion): Promise<Answer<string>> {
  const input = vscode.window.createInputBox();
  prepare(input, place);
  input.prompt = question.prompt;
  input.value = question.value;
  input.placeholder = question.placeholder;
  input.password = question.password ?? false;
  input.validationMessage = question.problem;
  let open = true;
  input.onDidHide(() => (open = false));
  void question.hint?.then((hint) => {
    if (open && hint !== null) input.prompt = `${hint} ${question.prompt}`;
  });
  return settle(input, (resolve) => {
    input.onDidChangeValue((text) => {
      question.keep?.(text);
      input.validationMessage = question.live === true ? (question.check(text) ?? undefined) : undefined;
    });
    input.onDidAccept(() => {
      const message = question.check(input.value);
      if (message === null) resolve({ kind: 'value', value: input.value });
      else input.validationMessage = message;
    });
  });
}

export interface Choice<T> extends vscode.QuickPickItem {
  readonly value: T;
}

export function askChoice<T>(
  place: StepPlace,
  placeholder: string,
  choices: readonly Choice<T>[],
  chosen?: T,
): Promise<Answer<T>> {
  const pick = vscode.window.createQuickPick<Choice<T>>();
  prepare(pick, place);
  pick.placeholder = placeholder;
  pick.items = choices;
  pick.matchOnDescription = true;
  // With none chosen the first stays active, so that Enter takes it.
  const active = choices.filter((choice) => choice.value === chosen);
  if (active.length > 0) pick.activeItems = active;
  return settle(pick, (resolve) => {
    pick.onDidAccept(() => {
      const [item] = pick.selectedItems;
      if (item !== undefined) resolve({ kind: 'value', value: item.value });
    });
  });
}

type Input = vscode.InputBox | vscode.QuickPick<vscode.QuickPickItem>;

function prepare(input: Input, place: StepPlace): void {
  input.title = place.title;
  if (place.totalSteps > 1) {
    input.step = place.step;
    input.totalSteps = place.totalSteps;
  }
  input.ignoreFocusOut = true;
  if (place.step > 1) input.buttons = [vscode.QuickInputButtons.Back];
}

function settle<T>(input: Input, listen: (resolve: (answer: Answer<T>) => void) => void): Promise<Answer<T>> {
  return new Promise<Answer<T>>((resolve) => {
    listen(resolve);
    input.onDidTriggerButton(() => resolve({ kind: 'back' }));
    input.onDidHide(() => resolve({ kind: 'cancel' }));
    input.show();
  }).finally(() => input.dispose());
}
