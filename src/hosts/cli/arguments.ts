import { parseArgs } from 'node:util';
import { closest, distance } from 'fastest-levenshtein';
import { cliCommands, commonFlags } from '../../catalogue/cli.ts';
import type { CliCommand, CliFlag, CommandName, FlagName } from '../../catalogue/cli.ts';
import { oneLine } from '../../protocol/text.ts';
import { usage } from './cli-error.ts';

/** What the words of a command line ask for. Values are as typed; `checks.ts` and the commands judge them. */
export type Invocation =
  | { readonly kind: 'help'; readonly command: CommandName | null }
  | { readonly kind: 'version' }
  | {
      readonly kind: 'command';
      readonly command: CommandName;
      readonly argument: string | null;
      readonly values: FlagValues;
    };

export interface FlagValues {
  has(flag: FlagName): boolean;
  get(flag: FlagName): string | null;
  all(flag: FlagName): readonly string[];
}

type Token = ReturnType<typeof tokensOf>[number];
type FlagToken = Extract<Token, { kind: 'option' }>;

const commands: readonly (CliCommand & { readonly name: CommandName })[] = cliCommands;
const common: readonly CliFlag[] = commonFlags;

/** Throws USAGE with one sentence that names the word and what to write instead. */
export function parseArguments(argv: readonly string[]): Invocation {
  const tokens = tokensOf(argv);
  const words = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []));
  const options = tokens.filter((token) => token.kind === 'option');
  const asks = (name: string): boolean => options.some((token) => token.name === name);

  if (words[0] === 'help') return { kind: 'help', command: words.length === 1 ? null : commandOf(words.slice(1)).name };
  if (words.length === 0) {
    if (asks('version')) return { kind: 'version' };
    if (asks('help')) return { kind: 'help', command: null };
    throw usage(`A command is missing; write one of ${commandList()}, or “haios --help”.`);
  }
  const command = commandOf(words);
  if (asks('help')) return { kind: 'help', command: command.name };
  // Flags first: an unknown one leaves its value behind as a word too many.
  const values = valuesOf(command, options);
  const argument = argumentOf(command, words.slice(command.name.split(' ').length));
  return { kind: 'command', command: command.name, argument, values };
}

/** `--db <file>` → `db`. */
export function nameOf({ flag }: CliFlag): string {
  return flag.slice(2).split(' ')[0] ?? '';
}

/** `--db <file>` → `<file>`; null for a switch. */
export function valueNameOf({ flag }: CliFlag): string | null {
  return flag.split(' ')[1] ?? null;
}

function tokensOf(argv: readonly string[]) {
  const known = [...common, ...commands.flatMap((command) => command.flags)];
  const typed = known.map(
    (flag) => [nameOf(flag), { type: valueNameOf(flag) === null ? 'boolean' : 'string' }] as const,
  );
  const options = {
    ...Object.fromEntries(typed),
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean', short: 'V' },
  } as const;
  return parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true }).tokens;
}

function commandOf(words: readonly string[]): (typeof commands)[number] {
  const found = commands.find(({ name }) => name.split(' ').every((word, i) => words[i] === word));
  if (found !== undefined) return found;
  if (words[0] === 'costs') throw usage('“haios costs” has one subcommand; write “haios costs explain CALL”.');
  const given = oneLine(words[0] ?? '', 60);
  const near = nearest(
    words[0] ?? '',
    commands.map(({ name }) => name),
  );
  throw usage(
    near === null
      ? `“${given}” is not a command; write one of ${commandList()}.`
      : `“${given}” is not a command: did you mean “haios ${near}”?`,
  );
}

function commandList(): string {
  return commands.map(({ name }) => name).join(', ');
}

function argumentOf({ name, arguments: known }: CliCommand, words: readonly string[]): string | null {
  const [first, second] = words;
  const argument = known[0];
  if (argument === undefined) {
    if (first === undefined) return null;
    throw usage(`“${oneLine(first, 60)}” is one word too many: “haios ${name}” takes flags only.`);
  }
  const called = argument.name.slice(1, -1);
  if (second !== undefined) {
    throw usage(`“${oneLine(second, 60)}” is one word too many: put the ${called} in quotes.`);
  }
  if (first === undefined && argument.name.startsWith('<')) {
    throw usage(`“haios ${name}” needs the ${called}; write “haios ${name} ${argument.name}”.`);
  }
  return first ?? null;
}

function valuesOf(command: CliCommand, tokens: readonly FlagToken[]): FlagValues {
  const allowed: readonly CliFlag[] = [...command.flags, ...common];
  const values = new Map<string, string[]>();
  for (const token of tokens) {
    const flag = allowed.find((candidate) => nameOf(candidate) === token.name);
    if (flag === undefined) throw unknownFlag(command, token, allowed);
    const given = values.get(token.name) ?? [];
    if (given.length > 0 && flag.multiple !== true) throw usage(`${token.rawName} is given twice; keep one.`);
    values.set(token.name, [...given, valueOf(token, flag)]);
  }
  return {
    has: (flag) => values.has(flag),
    get: (flag) => values.get(flag)?.[0] ?? null,
    all: (flag) => values.get(flag) ?? [],
  };
}

function valueOf(token: FlagToken, flag: CliFlag): string {
  const { value, rawName } = token;
  const valueName = valueNameOf(flag);
  if (valueName === null) {
    if (value === undefined) return '';
    throw usage(`${rawName} takes no value, but “${oneLine(value, 60)}” was given; write ${rawName} alone.`);
  }
  if (value === undefined || value === '' || (!token.inlineValue && /^--?[a-z]/i.test(value))) {
    throw usage(`${rawName} needs a value; write ${rawName} ${valueName}.`);
  }
  if (flag.choices === undefined || flag.choices.includes(value)) return value;
  const near = nearest(value, flag.choices);
  const known = `${flag.choices.slice(0, -1).join(', ')} or ${flag.choices.at(-1) ?? ''}`;
  throw usage(
    `${rawName} is “${oneLine(value, 60)}”; it must be ${known}${near === null ? '.' : `: did you mean ${near}?`}`,
  );
}

function unknownFlag({ name }: CliCommand, token: FlagToken, allowed: readonly CliFlag[]): Error {
  const flag = oneLine(token.rawName, 60);
  const elsewhere = commands.filter((other) => other.flags.some((candidate) => nameOf(candidate) === token.name));
  if (elsewhere.length > 0) {
    const whose = elsewhere.map((other) => `“haios ${other.name}”`).join(' and ');
    return usage(`${flag} is no flag of “haios ${name}”, only of ${whose}; leave it out.`);
  }
  const near = nearest(token.name, allowed.map(nameOf));
  const remedy = near === null ? `; “haios ${name} --help” lists its flags.` : `: did you mean --${near}?`;
  return usage(`${flag} is no flag of “haios ${name}”${remedy}`);
}

function nearest(word: string, known: readonly string[]): string | null {
  if (word.length === 0 || word.length > 40) return null;
  const candidate = closest(word, [...known]);
  return distance(word, candidate) <= Math.max(2, Math.floor(candidate.length / 3)) ? candidate : null;
}
