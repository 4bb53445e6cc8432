import type { Database } from 'better-sqlite3';
import { number, sql } from '../sql.ts';

/** The last generation number that a database knows of. */
export function lastG(db: Database): number {
  return number(sql(db, `SELECT value FROM counters WHERE name = 'g'`).get() ?? {}, 'value');
}

/** Sets it to `g`, never back. */
export function raiseG(db: Database, g: number): void {
  sql(db, `UPDATE counters SET value = MAX(value, ?) WHERE name = 'g'`).run(g);
}
