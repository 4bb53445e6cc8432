/**
 * Characters that change how text looks without being seen: controls other than tab and newline, direction
 * overrides, zero-width characters. In an approval they could make one command look like another.
 */
const hidden = /(?![\t\n]|\r\n)[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Text from outside with every hidden character written out as `\u{202e}`. */
export function visible(text: string): string {
  return text.replace(hidden, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}

/** One line of at most `max` characters: hidden characters written out, white space folded. */
export function line(text: string, max: number): string {
  const cut = text.length > max ? `${text.slice(0, max)}…` : text;
  return visible(cut.replace(/\s+/g, ' ').trim());
}
