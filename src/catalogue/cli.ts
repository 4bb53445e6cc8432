/** The command line: what it accepts, its help texts and the documentation's tables are made from this (CATALOGUE §1). */
export interface CliFlag {
  /** `--workspace <dir>` takes a value, `--json` alone is a switch. */
  readonly flag: `--${string}`;
  readonly description: string;
  readonly default?: string;
  readonly choices?: readonly string[];
  /** May be given more than once. */
  readonly multiple?: true;
}
export interface CliCommand {
  /** `costs explain` is a command `explain` under `costs`. */
  readonly name: string;
  /** `<run>` required, `[prompt]` optional; at most one. */
  readonly arguments: readonly { readonly name: string; readonly description: string }[];
  readonly description: string;
  readonly flags: readonly CliFlag[];
  /** Command lines, each with a remark after `#`. */
  readonly examples: readonly string[];
}

export const commonFlags = [
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
    description: 'print the log from this level on, on stderr',
    choices: ['debug', 'info', 'warn', 'error'],
  },
  { flag: '--quiet', description: 'no progress and no remarks on stderr, errors only' },
  { flag: '--help', description: 'show help and end' },
] as const satisfies readonly CliFlag[];

const workspace = {
  flag: '--workspace <dir>',
  description: 'folder to work in',
  default: 'the current folder',
} as const satisfies CliFlag;

const network = [
  {
    flag: '--listen <address>',
    description: 'serve /metrics, /health, /ready and /sd on this address, too (containers)',
  },
  { flag: '--allow-host <name>', description: 'a host name that requests to --listen may give', multiple: true },
] as const satisfies readonly CliFlag[];

export const cliCommands = [
  {
    name: 'run',
    arguments: [
      { name: '[prompt]', description: 'what to do, in quotes; - reads it from stdin; optional with --resume' },
    ],
    description: 'Run one agent task: progress on stderr, the result on stdout.',
    flags: [
      workspace,
      { flag: '--model <id>', description: 'model to use', default: 'default_model of the configuration' },
      { flag: '--agent <name>', description: 'name the run’s use is recorded under', default: 'haios' },
      {
        flag: '--budget <limits>',
        description:
          'limits of this run, e.g. usd=1,tokens=50000 (also cpu_seconds, mem_bytes, disk_bytes); with --resume the new totals',
      },
      {
        flag: '--priority <priority>',
        description: 'place in the lanes’ queues',
        default: 'normal',
        choices: ['high', 'normal', 'low'],
      },
      {
        flag: '--approve <mode>',
        description: 'who allows writes and commands: a person (ask), everything is (all), nothing is (none)',
        default: 'ask on a terminal, else none',
        choices: ['ask', 'all', 'none'],
      },
      {
        flag: '--on-limit <what>',
        description: 'at a budget’s limit: end with exit code 3 (stop), or go on when its window allows it (wait)',
        default: 'budgets.on_limit of the configuration: ask, and stop where nobody can be asked',
        choices: ['stop', 'wait'],
      },
      {
        flag: '--label <labels>',
        description: 'labels of the run, separated by commas; see policies.labels',
        multiple: true,
      },
      { flag: '--resume <run>', description: 'go on with a stopped run, by its id or number' },
      { flag: '--json', description: 'one JSON document on stdout and nothing else' },
      { flag: '--serve', description: 'keep serving panel and metrics after the run, until Ctrl-C' },
      ...network,
    ],
    examples: [
      'haios run "todo"   # what is left to do in the files of the current folder',
      'haios run "find parseConfig" --workspace ../project --json   # one JSON document for a script',
      'haios run "fix the failing test" --model gpt-5-mini --budget usd=1,tokens=50000   # stops before it costs more',
      'haios run --resume 12 --budget usd=2   # goes on with run 12 under a new total',
      'haios run "todo" --on-limit wait   # waits for the next hour or day when a budget is used up',
      'haios run - < prompt.txt   # a long prompt from stdin',
    ],
  },
  {
    name: 'serve',
    arguments: [],
    description: 'Serve panel, metrics and health without a run, until Ctrl-C.',
    flags: [workspace, ...network],
    examples: [
      'haios serve --port 9000   # panel at http://127.0.0.1:9000/',
      'haios serve --listen 0.0.0.0 --allow-host haios.internal   # metrics and health in a container',
    ],
  },
  {
    name: 'report',
    arguments: [],
    description: 'Write a cost report.',
    flags: [
      { flag: '--days <n>', description: 'days back from now, today included: 1 to 3650', default: '7' },
      {
        flag: '--from <time>',
        description: 'first day, as 2026-11-01 (local), or a time, as 2026-11-01T08:30; in place of --days',
      },
      { flag: '--to <time>', description: 'last day, which is in it whole, or the time it ends at', default: 'now' },
      { flag: '--format <format>', description: 'form of the report', default: 'md', choices: ['md', 'csv', 'json'] },
      { flag: '--out <file>', description: 'file to write in place of stdout; - for stdout only' },
      { flag: '--price-as <model>', description: 'show beside what was paid what this model would have cost' },
      workspace,
    ],
    examples: [
      'haios report   # the last 7 days, also written into .haios/reports/',
      'haios report --from 2026-11-01 --to 2026-11-15   # these fifteen days, local time',
      'haios report --days 30 --format csv --out costs.csv   # totals and calls as rows, for a spreadsheet',
      'haios report --price-as gpt-5-mini   # what the same tokens would have cost',
    ],
  },
  {
    name: 'costs explain',
    arguments: [{ name: '<call>', description: 'id of a call in the ledger; “haios report --format json” lists them' }],
    description: 'Show the arithmetic of one call’s cost.',
    flags: [],
    examples: ['haios costs explain 019ab0f0-5d1c-7e21-9a54-0d7c3f5b6a10   # tokens × rate, the sum, its rounding'],
  },
  {
    name: 'runs',
    arguments: [],
    description: 'List past runs, the newest first.',
    flags: [
      { flag: '--json', description: 'as JSON' },
      { flag: '--limit <n>', description: 'how many: 1 to 1000', default: '20' },
    ],
    examples: ['haios runs   # the last 20', 'haios runs --json --limit 100   # for a script'],
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
    examples: [
      'haios trace 12   # a tree with durations, tokens and costs',
      'haios trace 12 --format otlp > trace.json   # OTLP/JSON, as collectors read it',
    ],
  },
  {
    name: 'doctor',
    arguments: [],
    description: 'Check configuration, database, port, models and exporter, and say what to do.',
    flags: [
      workspace,
      { flag: '--restore-ledger', description: 'put the newest whole backup in the place of a damaged ledger' },
      { flag: '--new-ledger', description: 'agree that a damaged ledger is begun anew; budgets then start at zero' },
    ],
    examples: [
      'haios doctor   # one line per check; exit code 1 if one failed',
      'haios doctor --restore-ledger   # puts yesterday’s backup in the place of a damaged ledger',
      'haios doctor --new-ledger   # begins a new ledger in place of a damaged one',
    ],
  },
] as const satisfies readonly CliCommand[];

/** What the process's exit code says. */
export const exitCodes = {
  0: 'succeeded',
  1: 'failed',
  2: 'wrong usage or configuration; nothing was run',
  3: 'stopped by a budget',
  4: 'provider unavailable',
  130: 'cancelled',
} as const;

export type CommandName = (typeof cliCommands)[number]['name'];
export type ExitCode = keyof typeof exitCodes;
type NameOf<F> = F extends `--${infer N} <${string}>` ? N : F extends `--${infer N}` ? N : never;
/** A flag's name without its dashes. */
export type FlagName = NameOf<(typeof commonFlags | (typeof cliCommands)[number]['flags'])[number]['flag']>;
