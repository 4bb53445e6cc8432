/** What to look for. Without `regex` the pattern is plain text. */
export interface PatternOptions {
  readonly pattern: string;
  readonly regex?: boolean | undefined;
  readonly case_sensitive?: boolean | undefined;
  readonly whole_word?: boolean | undefined;
}

/**
 * A regular expression for the pattern with the given further flags, or null when it is no valid one. `u` is on if the
 * pattern allows it, so that a character is a code point; `whole_word` is as in grep: no letter, digit or `_` on either side.
 */
export function compilePattern(options: PatternOptions, flags = ''): RegExp | null {
  const source = options.regex === true ? options.pattern : escapePattern(options.pattern);
  // Checked alone first: `a)(b` would become valid inside a group.
  const strict = compile(source, `u${flags}`);
  const whole = options.whole_word === true ? `(?<![\\p{L}\\p{N}_])(?:${source})(?![\\p{L}\\p{N}_])` : source;
  const withCase = options.case_sensitive === false ? `i${flags}` : flags;
  if (strict !== null) return compile(whole, `u${withCase}`);
  if (compile(source, flags) === null) return null;
  // Without `u` there are no \p classes.
  const loose = options.whole_word === true ? `(?<!\\w)(?:${source})(?!\\w)` : source;
  return compile(loose, withCase);
}

function compile(source: string, flags: string): RegExp | null {
  try {
    return new RegExp(source, flags);
  } catch {
    return null;
  }
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
