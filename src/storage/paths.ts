import { homedir } from 'node:os';
import { basename, dirname, join, posix, win32 } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The folder of the user's databases: `$HAIOS_DATA_DIR`, else the platform's data directory + `haios`.
 * An empty variable counts as unset.
 */
export function defaultDataDir(env: Environment, platform: NodeJS.Platform): string {
  if (env['HAIOS_DATA_DIR']) return env['HAIOS_DATA_DIR'];
  const home = env['HOME'] || homedir();
  switch (platform) {
    case 'darwin':
      return posix.join(home, 'Library', 'Application Support', 'haios');
    case 'win32':
      return win32.join(
        env['LOCALAPPDATA'] || win32.join(env['USERPROFILE'] || homedir(), 'AppData', 'Local'),
        'haios',
      );
    default:
      return posix.join(env['XDG_DATA_HOME'] || posix.join(home, '.local', 'share'), 'haios');
  }
}

/** `…/haios.db`, the database of the user when no `--db FILE` is given. */
export function defaultDatabasePath(env: Environment, platform: NodeJS.Platform): string {
  return (platform === 'win32' ? win32 : posix).join(defaultDataDir(env, platform), 'haios.db');
}

/** Where the ledger of a database lies: `haios.db` → `ledger.db` beside it, `x/h.db` → `x/h.ledger.db`. */
export function ledgerPathOf(databasePath: string): string {
  const name = basename(databasePath);
  if (name === 'haios.db') return join(dirname(databasePath), 'ledger.db');
  return join(dirname(databasePath), `${name.replace(/\.(db|sqlite3?)$/i, '')}.ledger.db`);
}

/** The name a damaged file is kept under: `haios.db` → `haios.damaged-20261122-093005.db`. Local time. */
export function damagedPathOf(databasePath: string, at: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${at.getFullYear()}${two(at.getMonth() + 1)}${two(at.getDate())}`;
  const time = `${two(at.getHours())}${two(at.getMinutes())}${two(at.getSeconds())}`;
  const stem = basename(databasePath).replace(/\.db$/i, '');
  return join(dirname(databasePath), `${stem}.damaged-${day}-${time}.db`);
}
