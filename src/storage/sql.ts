import type { Database, Statement } from 'better-sqlite3';

export type Value = string | number | bigint | null;
/** One row as SQLite holds it: column name → value. */
export type Fields = Readonly<Record<string, Value>>;

const statements = new WeakMap<Database, Map<string, Statement<unknown[], Fields>>>();

/** The prepared statement for a text, prepared once per connection. Texts come from code only, so there are few. */
export function sql(db: Database, text: string): Statement<unknown[], Fields> {
  let known = statements.get(db);
  if (known === undefined) {
    known = new Map();
    statements.set(db, known);
  }
  let statement = known.get(text);
  if (statement === undefined) {
    statement = db.prepare<unknown[], Fields>(text);
    known.set(text, statement);
  }
  return statement;
}

/** Inserts a row, or replaces every other column of the row with the same key. Each table always gives the same columns. */
export function upsert(db: Database, table: string, key: readonly string[], fields: Fields): void {
  sql(db, upsertText(table, key, fields)).run(fields);
}

const texts = new Map<string, string>();

function upsertText(table: string, key: readonly string[], fields: Fields): string {
  const known = texts.get(table);
  if (known !== undefined) return known;
  const columns = Object.keys(fields);
  const changes = columns.filter((column) => !key.includes(column)).map((column) => `${column} = excluded.${column}`);
  const text =
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((column) => `@${column}`).join(', ')}) ` +
    `ON CONFLICT (${key.join(', ')}) DO ${changes.length === 0 ? 'NOTHING' : `UPDATE SET ${changes.join(', ')}`}`;
  texts.set(table, text);
  return text;
}

export function number(fields: Fields, column: string): number {
  return Number(fields[column] ?? 0);
}

export function numberOrNull(fields: Fields, column: string): number | null {
  const value = fields[column] ?? null;
  return value === null ? null : Number(value);
}

export function text(fields: Fields, column: string): string {
  return String(fields[column] ?? '');
}

export function textOrNull(fields: Fields, column: string): string | null {
  const value = fields[column] ?? null;
  return value === null ? null : String(value);
}

/** A column with a CHECK that lists its values, so that its type is what the schema says it is. */
export function oneOf<T extends string>(fields: Fields, column: string): T {
  return text(fields, column) as T;
}

/** A column with a `json_valid` CHECK. */
export function json<T>(fields: Fields, column: string): T {
  return JSON.parse(text(fields, column)) as T;
}
