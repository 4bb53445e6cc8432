import { parseArgs } from 'node:util';
import { HaiosError, messageOf } from '../core/errors.ts';
import { defaultDatabasePath } from '../storage/paths.ts';

/** What a host tells the runtime on its command line. */
export interface Flags {
  readonly databasePath: string;
  /** Null: as configured. */
  readonly port: number | null;
  readonly http: boolean;
  readonly configFile: string | null;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | null;
  readonly otlpEndpoint: string | null;
  readonly listen: string | null;
  readonly allowHosts: readonly string[];
  readonly newLedger: boolean;
}

/** Throws USAGE with the flag and what is allowed. */
export function parseFlags(argv: readonly string[], env: NodeJS.ProcessEnv): Flags {
  const { values } = parse(argv);
  return {
    databasePath: values.db ?? defaultDatabasePath(env, process.platform),
    port: values.port === undefined ? null : portOf(values.port),
    http: !values['no-http'],
    configFile: values.config ?? null,
    logLevel: values['log-level'] === undefined ? null : levelOf(values['log-level']),
    otlpEndpoint: values['otlp-endpoint'] ?? null,
    listen: values.listen ?? null,
    allowHosts: values['allow-host'] ?? [],
    newLedger: values['new-ledger'] ?? false,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        db: { type: 'string' },
        port: { type: 'string' },
        'no-http': { type: 'boolean' },
        config: { type: 'string' },
        'log-level': { type: 'string' },
        'otlp-endpoint': { type: 'string' },
        listen: { type: 'string' },
        'allow-host': { type: 'string', multiple: true },
        'new-ledger': { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new HaiosError('USAGE', `The runtime was started with a wrong flag: ${messageOf(error)}`, { cause: error });
  }
}

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && (port === 0 || (port >= 1024 && port <= 65_535))) return port;
  throw new HaiosError('PORT_INVALID', `--port “${text}” is not 0 or a number from 1024 to 65535; give another port.`);
}

function levelOf(text: string): 'debug' | 'info' | 'warn' | 'error' {
  if (text === 'debug' || text === 'info' || text === 'warn' || text === 'error') return text;
  throw new HaiosError('USAGE', `--log-level “${text}” is not one of debug, info, warn, error.`);
}
