import type { Readable } from 'node:stream';
import { openLines, type Lines } from './lines.ts';
import type { ProgressView } from './progress-view.ts';
import type { Terminal } from './terminal.ts';

export interface Question {
  /** As in `keep`. */
  readonly id: string;
  /** What is said when it is settled elsewhere before a person has answered. */
  readonly gone: string;
  /** Shows it and takes the answer. False when it was not answered because `signal` aborted. Never rejects. */
  readonly ask: (lines: Lines, signal: AbortSignal) => Promise<boolean>;
}

/** What a person at a terminal is asked, one question after the other; the progress makes way meanwhile. */
export interface Questions {
  put(question: Question): void;
  /** Drops questions that were open in an earlier snapshot and no longer are. */
  keep(open: readonly string[]): void;
  /** Drops all, and asks nothing more. */
  close(): void;
}

interface Options {
  readonly terminal: Terminal;
  readonly view: ProgressView;
  readonly stdin: Readable;
}

export function createQuestions({ terminal, view, stdin }: Options): Questions {
  const queue: Question[] = [];
  // A question comes before the snapshot that holds it: only what was seen there can have gone from there.
  const seen = new Set<string>();
  let asking: { readonly id: string; readonly controller: AbortController } | null = null;
  let closed = false;

  const next = async (): Promise<void> => {
    for (let question = queue.shift(); question !== undefined; question = queue.shift()) {
      const controller = new AbortController();
      asking = { id: question.id, controller };
      view.pause();
      const lines = openLines(terminal, stdin, controller.signal);
      const answered = await question.ask(lines, controller.signal);
      lines.close();
      if (!answered && !closed) terminal.say(question.gone);
      view.resume();
      asking = null;
    }
  };

  return {
    put(question) {
      if (closed) return;
      queue.push(question);
      if (asking === null) void next();
    },
    keep(open) {
      const ids = new Set(open);
      const gone = (id: string): boolean => seen.has(id) && !ids.has(id);
      for (const id of ids) seen.add(id);
      for (let i = queue.length - 1; i >= 0; i -= 1) if (gone(queue[i]?.id ?? '')) queue.splice(i, 1);
      if (asking !== null && gone(asking.id)) asking.controller.abort();
    },
    close() {
      closed = true;
      queue.length = 0;
      asking?.controller.abort();
    },
  };
}
