import type { Snapshot } from '../../protocol/snapshot.ts';
import { progressBlock, progressKey, progressText } from './progress.ts';
import type { ProgressLine, Tone } from './progress.ts';
import type { Terminal } from './terminal.ts';

/** Live progress on stderr: a block that is redrawn, lines that are added, or nothing. */
export interface ProgressView {
  show(snapshot: Snapshot, runId: string | null): void;
  /** A remark that stays, above the block. */
  note(line: string): void;
  /** Takes the block away while something else writes, and brings it back; remarks made meanwhile come with it. */
  pause(): void;
  resume(): void;
  /** Clears the block and gives the cursor back. Idempotent. */
  close(): void;
}

export function createProgressView(terminal: Terminal, quiet: boolean): ProgressView {
  if (quiet)
    return {
      show: () => undefined,
      note: () => undefined,
      pause: () => undefined,
      resume: () => undefined,
      close: () => undefined,
    };
  return terminal.redraws ? blockView(terminal) : lineView(terminal);
}

function lineView(terminal: Terminal): ProgressView {
  let last: string | null = null;
  return {
    show(snapshot, runId) {
      const key = runId === null ? null : progressKey(snapshot, runId);
      if (runId === null || key === null || key === last) return;
      last = key;
      terminal.say(progressText(snapshot, runId) ?? '');
    },
    note: (line) => terminal.say(line),
    pause: () => undefined,
    resume: () => undefined,
    close: () => undefined,
  };
}

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
/** Remarks kept while a person is asked. */
const heldMost = 100;
const colours: Readonly<Record<Tone, string>> = { title: '1', bar: '36', plain: '0', warning: '33' };

function blockView(terminal: Terminal): ProgressView {
  let shown: { snapshot: Snapshot; runId: string | null; at: number } | null = null;
  let drawn: readonly ProgressLine[] = [];
  let paused = false;
  let closed = false;
  const held: string[] = [];
  let left = 0;

  const erase = (): string => {
    if (drawn.length === 0) return '';
    const up = rowsOf(drawn, terminal.columns()) - 1;
    drawn = [];
    return `\r${up > 0 ? `\u001b[${up}A` : ''}\u001b[J`;
  };
  const draw = (): void => {
    if (shown === null || paused || closed) return;
    const { snapshot, runId, at } = shown;
    const run = snapshot.runs.find((candidate) => candidate.runId === runId);
    const ticking = run?.status === 'running' ? performance.now() - at : 0;
    const width = Math.max(1, terminal.columns() - 1);
    const lines = progressBlock(snapshot, runId, (run?.elapsedMs ?? 0) + ticking, width, Date.now());
    const before = drawn.length === 0 ? hideCursor : erase();
    drawn = lines;
    terminal.draw(before + lines.map((line) => paint(line, terminal.colour)).join('\n'));
  };
  const sayHeld = (): void => {
    for (const line of held.splice(0)) terminal.say(line);
    if (left > 0) terminal.say(`${left} more remarks are left out.`);
    left = 0;
  };
  const timer = setInterval(draw, 1000);
  timer.unref();
  const stopListening = terminal.onResize(draw);

  return {
    show(snapshot, runId) {
      shown = { snapshot, runId, at: performance.now() };
      draw();
    },
    note(line) {
      if (paused && !closed) {
        if (held.length < heldMost) held.push(line);
        else left += 1;
        return;
      }
      terminal.draw(erase());
      terminal.say(line);
      draw();
    },
    pause() {
      paused = true;
      terminal.draw(erase() + showCursor);
    },
    resume() {
      paused = false;
      sayHeld();
      draw();
    },
    close() {
      if (closed) return;
      closed = true;
      clearInterval(timer);
      stopListening();
      terminal.draw(erase() + showCursor);
      sayHeld();
    },
  };
}

/** How many rows the lines take on a terminal that may have become narrower since they were drawn. */
export function rowsOf(lines: readonly ProgressLine[], columns: number): number {
  return lines.reduce((rows, { text }) => rows + Math.max(1, Math.ceil(text.length / Math.max(1, columns))), 0);
}

function paint({ tone, text }: ProgressLine, colour: boolean): string {
  return colour && tone !== 'plain' ? `\u001b[${colours[tone]}m${text}\u001b[0m` : text;
}
