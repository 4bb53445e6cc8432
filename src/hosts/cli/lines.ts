import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Terminal } from './terminal.ts';

/** What a person types, line by line. */
export interface Lines {
  /** The next line after a prompt; null when stdin has ended or failed, or the signal aborted. One at a time. */
  next(prompt: string): Promise<string | null>;
  close(): void;
}

/** Reads stdin until it is closed; stdin stays open then. */
export function openLines(terminal: Terminal, stdin: Readable, signal: AbortSignal): Lines {
  const typed: string[] = [];
  let over = signal.aborted || stdin.readableEnded || stdin.destroyed;
  let wake: (() => void) | null = null;
  const end = (): void => {
    over = true;
    wake?.();
  };
  const lines = createInterface({ input: stdin, terminal: false });
  lines.on('line', (line) => {
    typed.push(line);
    // What is typed ahead stays in stdin: no more than one chunk of it is kept here.
    lines.pause();
    wake?.();
  });
  // A terminal that is gone ends with an error, or with nothing but the stream's own end.
  for (const event of ['close', 'error']) lines.on(event, end);
  stdin.on('close', end);
  signal.addEventListener('abort', end, { once: true });

  return {
    async next(prompt) {
      terminal.draw(prompt);
      if (typed.length === 0 && !over) {
        lines.resume();
        await new Promise<void>((resolve) => (wake = resolve));
        wake = null;
      }
      const line = signal.aborted ? undefined : typed.shift();
      // Whatever comes next does not stand behind the prompt.
      if (line === undefined) terminal.say('');
      return line ?? null;
    },
    close() {
      signal.removeEventListener('abort', end);
      stdin.off('close', end);
      lines.close();
    },
  };
}
