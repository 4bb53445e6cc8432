import { cliCommands, commonFlags, exitCodes } from '../../catalogue/cli.ts';
import type { CliCommand, CliFlag, CommandName } from '../../catalogue/cli.ts';

const commands: readonly CliCommand[] = cliCommands;

/** Help for all commands, or for one, with examples. Made from the catalogue only. */
export function helpText(name: CommandName | null): string {
  const command = commands.find((candidate) => candidate.name === name);
  return `${(command === undefined ? overview() : details(command)).join('\n')}\n`;
}

function overview(): readonly string[] {
  return [
    'haios: run AI agent tasks inside lanes and budgets, and see what they did and what they cost.',
    '',
    'Usage: haios <command> [flags]',
    '',
    'Commands:',
    ...columns(commands.map((command) => [usageOf(command), command.description])),
    '',
    'Flags of every command:',
    ...flagLines(commonFlags),
    '',
    'Examples:',
    ...commands.flatMap(({ examples }) => examples.slice(0, 1)).map((line) => `  ${line}`),
    '',
    '“haios <command> --help” says more about one command; “haios --version” shows the version.',
    `Exit codes: ${Object.entries(exitCodes)
      .map(([code, meaning]) => `${code} ${meaning}`)
      .join(' · ')}.`,
  ];
}

function details(command: CliCommand): readonly string[] {
  return [
    command.description,
    '',
    `Usage: haios ${usageOf(command)} [flags]`,
    '',
    ...columns(command.arguments.map(({ name, description }) => [name, description])),
    ...(command.arguments.length === 0 ? [] : ['']),
    ...(command.flags.length === 0 ? [] : ['Flags:', ...flagLines(command.flags), '']),
    'Flags of every command:',
    ...flagLines(commonFlags),
    '',
    'Examples:',
    ...command.examples.map((line) => `  ${line}`),
  ];
}

function usageOf(command: CliCommand): string {
  return [command.name, ...command.arguments.map(({ name }) => name)].join(' ');
}

function flagLines(flags: readonly CliFlag[]): readonly string[] {
  return columns(
    flags.map((flag) => {
      const choices = flag.choices === undefined ? '' : `: ${flag.choices.join(', ')}`;
      const fallback = flag.default === undefined ? '' : ` (default: ${flag.default})`;
      return [flag.flag, `${flag.description}${choices}${fallback}`];
    }),
  );
}

const indent = 2;
const lineWidth = 100;

/** Two columns; the second is wrapped under itself. */
function columns(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(0, ...rows.map(([left]) => left.length)) + 2;
  return rows.flatMap(([left, right]) =>
    wrap(right, lineWidth - indent - width).map(
      (line, i) => ' '.repeat(indent) + (i === 0 ? left : '').padEnd(width) + line,
    ),
  );
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
