export interface MarkdownLine {
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
}

// Bounded repeats: files are hostile, and a line can be very long.
const fenceMarker = /^\s{0,3}(?:(?:>|[-*+]|\d{1,9}[.)])\s{1,9})*(`{3,}|~{3,})(.*)$/;

/** The lines of a Markdown text outside of fenced code and HTML comments. */
export function markdownLines(lines: readonly string[]): readonly MarkdownLine[] {
  const kept: MarkdownLine[] = [];
  let fence: string | null = null;
  let inComment = false;
  lines.forEach((raw, i) => {
    const marker = inComment ? null : fenceMarker.exec(raw);
    const ticks = marker?.[1] ?? '';
    const info = marker?.[2] ?? '';
    if (fence !== null) {
      if (ticks.startsWith(fence) && info.trim() === '') fence = null;
      return;
    }
    if (ticks !== '' && !(ticks.startsWith('`') && info.includes('`'))) {
      fence = ticks;
      return;
    }
    const rest = withoutComments(raw, inComment);
    inComment = rest.inComment;
    if (rest.text !== '') kept.push({ line: i + 1, text: rest.text });
  });
  return kept;
}

/** Blanks out code spans, keeping every other character in its place. */
export function withoutCodeSpans(text: string): string {
  const runs = [...text.matchAll(/`+/g)].map((run) => ({ at: run.index, length: run[0].length }));
  // Of each run the next one of the same length, found from the end.
  const last = new Map<number, number>();
  const closing = runs.map(() => -1);
  runs.toReversed().forEach(({ at, length }, fromEnd) => {
    closing[runs.length - 1 - fromEnd] = last.get(length) ?? -1;
    last.set(length, at);
  });
  let result = '';
  let done = 0;
  for (const [i, run] of runs.entries()) {
    const close = closing[i] ?? -1;
    if (run.at < done || close < 0) continue;
    const end = close + run.length;
    result += text.slice(done, run.at) + ' '.repeat(end - run.at);
    done = end;
  }
  return result + text.slice(done);
}

function withoutComments(line: string, startsInComment: boolean): { text: string; inComment: boolean } {
  let text = '';
  let inComment = startsInComment;
  let at = 0;
  for (;;) {
    const next = line.indexOf(inComment ? '-->' : '<!--', at);
    if (!inComment) text += line.slice(at, next < 0 ? line.length : next);
    if (next < 0) return { text, inComment };
    at = next + (inComment ? 3 : 4);
    inComment = !inComment;
  }
}
