/** The command line: what help texts and the documentation's table are made from (CATALOGUE §1). */
export interface CliFlag {
  /** As commander takes it: `--workspace <dir>`; a `[…]` value is optional, none is a switch. */
  readonly flag: string;
  readonly description: string;
  readonly default?: string;
  readonly choices?: readonly string[];
}
export interface CliCommand {
  /** `costs explain` is a command `explain` under `costs`. */
  readonly name: string;
  /** As commander takes them: `<run>` required, `[prompt]` optional. */
  readonly arguments: readonly { readonly name: string; readonly description: string }[];
  readonly description: string;
  readonly flags: readonly CliFlag[];
  readonly examples: readonly string[];
}

export const commonFlags: readonly CliFlag[] = [
  {
    flag: '--db <file>',
    description: 'history database; the ledger lies beside it',
    default: 'haios.db in the user’s data directory',
  },
  {
    flag: '--port <n>',
    description: 'port of panel, metrics and health: 1024 to 65535, or 0 for any',
    default: '8000, or the next free one',
  },
  { flag: '--config <file>', description: 'configuration file', default: 'haios.config.json of the workspace' },
  { flag: '--otlp-endpoint <url>', description: 'send traces there by OTLP/HTTP' },
  {
    flag: '--log-level <level>',
    description: 'least level that is logged',
    choices: ['debug', 'info', 'warn', 'error'],
  },
  { flag: '--quiet', description: 'no progress on stderr' },
];

const workspace: CliFlag = {
  flag: '--workspace <dir>',
  description: 'folder the run works in',
  default: 'the current folder',
};

export const cliCommands: readonly CliCommand[] = [
  {
    name: 'run',
    arguments: [{ name: '[prompt]', description: 'what to do; optional with --resume' }],
    description: 'Run one agent task: progress on stderr, the result on stdout.',
    flags: [
      workspace,
      { flag: '--model <id>', description: 'model to use', default: 'default_model of the configuration' },
      { flag: '--agent <name>', description: 'name the run’s use is recorded under', default: 'haios' },
      {
        flag: '--budget <limits>',
        description: 'limits of this run, e.g. usd=1,tokens=50000; with --resume the new total',
      },
      {
        flag: '--priority <priority>',
        description: 'place in the lanes’ queues',
        default: 'normal',
        choices: ['high', 'normal', 'low'],
      },
      {
        flag: '--approve <mode>',
        description: 'who allows writes and commands',
        default: 'ask on a terminal, else none',
        choices: ['ask', 'all', 'none'],
      },
      { flag: '--resume <run>', description: 'go on with a run, by its id or number' },
      { flag: '--json', description: 'one JSON document on stdout and nothing else' },
      { flag: '--serve', description: 'keep serving panel and metrics after the run, until Ctrl-C' },
    ],
    examples: [
      'haios run "todo"',
      'haios run "find parseConfig" --workspace ../project --json',
      'haios run --resume 12 --budget usd=1',
    ],
  },
  {
    name: 'serve',
    arguments: [],
    description: 'Serve panel, metrics and health without a run, until Ctrl-C.',
    flags: [workspace],
    examples: ['haios serve --port 9000'],
  },
  {
    name: 'report',
    arguments: [],
    description: 'Write a cost report.',
    flags: [
      { flag: '--days <n>', description: 'days back from now', default: '7' },
      { flag: '--format <format>', description: 'form of the report', default: 'md', choices: ['md', 'csv', 'json'] },
      { flag: '--out <file>', description: 'file to write; - for stdout only' },
      { flag: '--price-as <model>', description: 'reckon unpriced and free tokens at this model’s prices' },
      workspace,
    ],
    examples: ['haios report --days 30 --format csv --out costs.csv'],
  },
  {
    name: 'costs explain',
    arguments: [{ name: '<call>', description: 'id of a call in the ledger' }],
    description: 'Show the arithmetic of one call’s cost.',
    flags: [],
    examples: ['haios costs explain 0196f0c2-…'],
  },
  {
    name: 'runs',
    arguments: [],
    description: 'List past runs, the newest first.',
    flags: [{ flag: '--json', description: 'as JSON' }],
    examples: ['haios runs --json'],
  },
  {
    name: 'trace',
    arguments: [{ name: '<run>', description: 'id or number of a run' }],
    description: 'Show the trace of one run.',
    flags: [
      {
        flag: '--format <format>',
        description: 'form of the trace',
        default: 'tree',
        choices: ['tree', 'json', 'otlp'],
      },
    ],
    examples: ['haios trace 12', 'haios trace 12 --format otlp'],
  },
  {
    name: 'doctor',
    arguments: [],
    description: 'Check configuration, database, port, models and exporter, and say what to do.',
    flags: [
      workspace,
      { flag: '--new-ledger', description: 'agree that a damaged ledger is begun anew; budgets then start at zero' },
    ],
    examples: ['haios doctor'],
  },
];

/** What the process's exit code says. */
export const exitCodes = {
  0: 'succeeded',
  1: 'failed',
  2: 'wrong usage or configuration; nothing was run',
  3: 'stopped by a budget',
  4: 'provider unavailable',
  130: 'cancelled',
} as const;
