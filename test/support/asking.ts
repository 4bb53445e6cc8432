import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import type { ProgressView } from '../../src/hosts/cli/progress-view.ts';
import { createQuestions, type Questions } from '../../src/hosts/cli/questions.ts';
import type { Terminal } from '../../src/hosts/cli/terminal.ts';
import type { Client } from '../../src/protocol/channel.ts';

/** A terminal with a person at it, and a runtime that is asked: what is typed goes to `stdin`, what is asked to `asked`. */
export interface Asking {
  readonly client: Client;
  readonly terminal: Terminal;
  readonly view: ProgressView;
  readonly questions: Questions;
  readonly stdin: PassThrough;
  readonly asked: readonly (readonly [method: string, params: unknown])[];
  /** What the runtime does with the next requests; without one it takes them. */
  readonly replies: (() => Promise<unknown>)[];
  shown(): string;
  /** Resolves once `text` was shown, `times` in all. */
  shows(text: string, times?: number): Promise<void>;
}

export function asking(columns = 80): Asking {
  const stdin = new PassThrough();
  const asked: [string, unknown][] = [];
  const replies: (() => Promise<unknown>)[] = [];
  let shown = '';
  const show = (text: string): void => {
    shown += text;
  };
  const client: Client = {
    request: ((method: string, params: unknown) => {
      asked.push([method, params]);
      return replies.shift()?.() ?? Promise.resolve(null);
    }) as Client['request'],
    on: () => undefined,
    onClose: () => undefined,
    dispose: () => undefined,
  };
  const terminal: Terminal = {
    redraws: true,
    interactive: true,
    colour: false,
    columns: () => columns,
    print: show,
    printRaw: show,
    draw: show,
    say: (line) => show(`${line}\n`),
    onResize: () => () => undefined,
  };
  const view: ProgressView = {
    show: () => undefined,
    note: (line) => show(`${line}\n`),
    pause: () => show('[paused]\n'),
    resume: () => show('[resumed]\n'),
    close: () => undefined,
  };
  return {
    ...{ client, terminal, view, stdin, asked, replies },
    questions: createQuestions({ terminal, view, stdin }),
    shown: () => shown,
    shows: (text, times = 1) =>
      settled(
        () => shown.split(text).length > times,
        () => `“${text}” in ${shown}`,
      ),
  };
}

/** Waits for what follows from what has happened already: turns of the event loop, no time. */
export async function settled(holds: () => boolean, what: () => string): Promise<void> {
  for (let i = 0; i < 1000 && !holds(); i += 1) await turn();
  assert.ok(holds(), what());
}
