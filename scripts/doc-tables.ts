import { cliCommands, commonFlags, exitCodes, type CliFlag } from '../src/catalogue/cli.ts';
import { commandCategory, commands } from '../src/catalogue/commands.ts';
import { errors } from '../src/catalogue/errors.ts';
import { metrics, type MetricSpec } from '../src/catalogue/metrics.ts';
import { settingKeys, settingOf, vscodeName, type Combine } from '../src/catalogue/settings.ts';

/** The tables of the documentation by the name of their block, in Markdown. */
export const tables: Readonly<Record<string, () => string>> = {
  commands: () =>
    table(
      ['Command', 'Does'],
      Object.values(commands)
        .filter(({ palette }) => palette)
        .map(({ title, does }) => [`${commandCategory}: ${title}`, does]),
    ),
  cli: () =>
    table(
      ['Command', 'Does'],
      cliCommands.map((command) => [
        code(['haios', command.name, ...command.arguments.map(({ name }) => name)].join(' ')),
        command.description,
      ]),
    ),
  'cli-flags': () =>
    table(
      ['Flag', 'Of', 'Means', 'Default'],
      [
        ...commonFlags.map((flag) => flagRow(flag, 'all commands')),
        ...cliCommands.flatMap(({ name, flags }) => flags.map((flag) => flagRow(flag, code(name)))),
      ],
    ),
  'exit-codes': () =>
    table(
      ['Exit code', 'Means'],
      Object.entries(exitCodes).map(([exit, meaning]) => [exit, meaning]),
    ),
  settings: () =>
    table(
      ['Key in `haios.config.json`', 'VS Code setting', 'Default', 'Allowed', 'Means', 'If both are set'],
      settingKeys.map((key) => {
        const row = settingOf(key);
        return [
          code(key),
          row.vscode === null ? '' : code(vscodeName(key)),
          code(JSON.stringify(row.default)),
          range(key),
          row.description,
          combined[row.combine],
        ];
      }),
    ),
  metrics: () =>
    table(
      ['Series (after `haios_`)', 'Type', 'Labels', 'Means', 'On a fresh start'],
      Object.entries<MetricSpec>(metrics).map(([name, metric]) => [
        code(name),
        metric.type,
        Object.keys(metric.labels).map(code).join(', '),
        metric.help,
        metric.required ? 'required' : '',
      ]),
    ),
  errors: () =>
    table(
      ['Code', 'Exit code', 'Means', 'What to do'],
      Object.entries(errors).map(([name, { exit, meaning, remedy }]) => [code(name), String(exit), meaning, remedy]),
    ),
};

const combined: Record<Combine, string> = {
  lower: 'the lower',
  true: '`true`',
  false: '`false`',
  file: 'the file',
  settings: 'the setting',
  join: 'both, by name',
};

function flagRow({ flag, description, default: standard, choices }: CliFlag, of: string): string[] {
  const means = choices === undefined ? description : `${description}: ${choices.map(code).join(', ')}`;
  return [code(flag), of, means, standard ?? ''];
}

function range(key: (typeof settingKeys)[number]): string {
  const { values, min, max, unit, nullable, type } = settingOf(key);
  if (values !== undefined) return values.map(code).join(', ');
  const bounds = min === undefined || max === undefined ? type : `${type} from ${min} to ${max}`;
  return [bounds, unit === null || unit === 'ratio' ? '' : ` (${unit})`, nullable ? ' or `null`' : ''].join('');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function code(text: string): string {
  return `\`${text}\``;
}
