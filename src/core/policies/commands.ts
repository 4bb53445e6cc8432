import { matches } from '../budget/pattern.ts';

/** What a program is known by besides its own name, e.g. the name of the file that a link leads to. */
export type NamesOf = (program: string) => readonly string[];

/**
 * The first pattern that forbids a command, or null. A pattern is a program, or a program and its first arguments, each
 * with `*` and `?`: `rm`, `git push*`. Seen through are: paths, case and `.exe` of the program, options before an argument
 * (`git -C . push`), programs that start another one (`env A=1 rm`, `sudo`, `timeout 5`, `xargs` …) and the simple commands
 * of `sh -c`. Not seen are commands inside files, other interpreters (`python -c`, `npm run`), and what a shell computes.
 */
export function deniedCommand(
  patterns: readonly string[],
  argv: readonly string[],
  namesOf: NamesOf = () => [],
): string | null {
  const [first] = patterns;
  if (first === undefined) return null;
  const commands = commandsIn(argv);
  // What is too tangled to be looked at whole is not run.
  if (commands === null) return first;
  for (const [program = '', ...rest] of commands) {
    const names = [program, ...namesOf(program)].map(programName);
    const found = patterns.find((pattern) => {
      const [wanted = '', ...others] = pattern.trim().toLowerCase().split(/\s+/);
      return names.some((name) => matches(programName(wanted), name)) && beginsWith(rest, others);
    });
    if (found !== undefined) return found;
  }
  return null;
}

/** `/usr/bin/Git.EXE` → `git`. */
function programName(program: string): string {
  const file = program.split(/[\\/]/).at(-1) ?? program;
  return file.toLowerCase().replace(/\.(?:exe|cmd|bat|com)$/, '');
}

/** Between the wanted arguments only options, and what may be an option's value, are passed over. */
function beginsWith(given: readonly string[], wanted: readonly string[]): boolean {
  const [next, ...others] = wanted;
  // A last `*` stands for any arguments, none among them.
  if (next === undefined || (next === '*' && others.length === 0)) return true;
  for (const [index, argument] of given.entries()) {
    if (matches(next, argument.toLowerCase()) && beginsWith(given.slice(index + 1), others)) return true;
    const value = index > 0 && isOption(given[index - 1] ?? '');
    if (!isOption(argument) && !value) return false;
  }
  return false;
}

const isOption = (argument: string): boolean => argument.startsWith('-');

const maxCommands = 500;

/** The command itself and those it visibly starts, each once; null when there are too many. */
function commandsIn(argv: readonly string[]): readonly (readonly string[])[] | null {
  const found = [argv];
  const seen = new Set<string>();
  // Grows while it is gone through.
  for (const [program = '', ...rest] of found) {
    const name = programName(program);
    const inner = shells.has(name) ? scriptsOf(rest).flatMap(simpleCommands) : startedBy(name, rest);
    for (const command of inner) {
      const key = command.join('\0');
      if (seen.has(key)) continue;
      if (found.length === maxCommands) return null;
      seen.add(key);
      found.push(command);
    }
  }
  return found;
}

const shells = new Set(['sh', 'bash', 'dash', 'zsh', 'ksh', 'ash', 'fish']);
const starters = new Set([
  ...['env', 'nice', 'ionice', 'nohup', 'time', 'timeout', 'setsid', 'stdbuf', 'sudo', 'doas', 'xargs', 'command'],
  ...['exec', 'busybox', 'toybox', 'chroot', 'unshare', 'flock', 'strace', 'watch', 'npx', 'bunx'],
]);

/**
 * The commands that a program which starts another may start. How many arguments belong to its own options only that
 * program knows, so what may be an option's value or a program is taken for both.
 */
function startedBy(name: string, rest: readonly string[]): string[][] {
  if (name === 'find') return rest.flatMap((word, at) => (/^-(?:exec|ok)/.test(word) ? [rest.slice(at + 1)] : []));
  if (!starters.has(name)) return [];
  const found = name === 'env' ? splitStrings(rest) : [];
  for (const [at, argument] of rest.entries()) {
    const before = rest[at - 1] ?? '';
    if (isOption(argument) || isAssignment(argument)) continue;
    found.push(rest.slice(at));
    const mayBeValue = isOption(before) && before !== '--';
    const mayBeOperand = /^[\d.]+[a-z]?$/.test(argument) || (withOperand.has(name) && at === 0);
    if (!mayBeValue && !mayBeOperand) break;
  }
  return found;
}

/** `timeout 5 …` is told by its number. */
const withOperand = new Set(['chroot', 'flock']);

/** `env -S 'A=1 rm x'` splits a text into arguments itself. */
function splitStrings(rest: readonly string[]): string[][] {
  return rest.flatMap((argument, at) => {
    const text = /^(?:-S|--split-string=?)(.*)$/s.exec(argument)?.[1];
    if (text === undefined) return [];
    return [words(text === '' ? (rest[at + 1] ?? '') : text).filter((word) => !isAssignment(word))];
  });
}

const isAssignment = (argument: string): boolean => /^[A-Za-z_]\w*\+?=/.test(argument);

/** What follows `-c`, also among other letters (`-lc`). */
function scriptsOf(rest: readonly string[]): string[] {
  return rest.filter((_, index) => /^-[a-z]*c[a-z]*$/i.test(rest[index - 1] ?? ''));
}

/** The simple commands of a shell script, as far as its text shows them. */
function simpleCommands(script: string): string[][] {
  return script
    .split(/[;&|\n(){}`]+/)
    .map(words)
    .map((command) => command.slice(command.findIndex((word) => !isAssignment(word) && !keywords.has(word))))
    .filter((command) => command.length > 0);
}

const keywords = new Set(['if', 'then', 'else', 'elif', 'while', 'until', 'do', '!', '$', 'time']);

/** Words apart by blanks; quotes and backslashes are taken away, so that `r\m` and `"r"m` are `rm`. */
function words(text: string): string[] {
  const found = text.match(/(?:"[^"]*"|'[^']*'|\\.|[^\s"'\\])+/g) ?? [];
  return found.map((word) => word.replace(/["'\\]/g, ''));
}
