// Control characters but tab and newline, and the characters that hide or reorder text (Unicode TR 36).
const invisible = /[^\P{Cc}\t\n]|[\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;
const lineBreaks = /\r\n?|\n|\u2028|\u2029/g;

/** Control and reordering characters as visible `\u{1b}`; tab and newline stay. */
export function visible(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(invisible, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
}

/** One line of visible text, at most `max` characters. */
export function oneLine(text: string, max = 200): string {
  const line = visible(text.replace(lineBreaks, ' ')).replace(/\s+/g, ' ').trim();
  return line.length <= max
    ? line
    : `${Array.from(line)
        .slice(0, max - 1)
        .join('')}…`;
}

/** Milliseconds: `850 ms`, `12.3 s`, `1 m 05 s`, `2 h 03 m`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return '?';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const two = (n: number): string => String(n).padStart(2, '0');
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${two(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor(seconds / 60) % 60)} m`;
}

/** Milliseconds as a clock shows them, whole seconds rounded down: `0:07`, `4:12`, `1:02:09`. */
export function formatClock(ms: number): string {
  if (!Number.isFinite(ms)) return '?';
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number): string => String(n).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes}:${two(seconds % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}
