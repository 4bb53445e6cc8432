/** A command line as argv: words apart by blanks, quotes keep a word together; no shell. */
export function commandWords(command: string): readonly string[] {
  const words = command.match(/"[^"]*"|'[^']*'|[^\s"']+/g) ?? [];
  return words.map((word) => word.replace(/^(["'])(.*)\1$/s, '$2'));
}
