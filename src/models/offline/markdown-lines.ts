export interface MarkdownLine {
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
}

/** The lines of a Markdown text outside of fenced code and HTML comments. */
export function markdownLines(lines: readonly string[]): readonly MarkdownLine[] {
  const kept: MarkdownLine[] = [];
  let fence: string | null = null;
  let comment = false;
  lines.forEach((raw, i) => {
    const marker = /^\s{0,3}(?:(?:>|[-*+]|\d+[.)])\s+)*\s*(`{3,}|~{3,})(.*)$/.exec(raw);
    if (fence !== null) {
      const closes = marker?.[1]?.startsWith(fence) === true && (marker[2] ?? '').trim() === '';
      if (closes) fence = null;
      return;
    }
    if (!comment && marker !== null && !(marker[1]?.startsWith('`') === true && marker[2]?.includes('`') === true)) {
      fence = marker[1] ?? null;
      return;
    }
    let text = raw;
    if (comment) {
      const end = text.indexOf('-->');
      if (end < 0) return;
      comment = false;
      text = text.slice(end + 3);
    }
    text = text.replace(/<!--.*?-->/g, '');
    const start = text.indexOf('<!--');
    if (start >= 0) {
      comment = true;
      text = text.slice(0, start);
    }
    kept.push({ line: i + 1, text });
  });
  return kept;
}

/** Blanks out code spans, keeping every other character in its place. */
export function withoutCodeSpans(text: string): string {
  return text.replace(/(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)/g, (span) => ' '.repeat(span.length));
}
