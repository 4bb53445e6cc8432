import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { isIP } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { oneLine } from '../../protocol/text.ts';
import { CliError, usage } from './cli-error.ts';

export const longestPrompt = 200_000;

/** Absolute path of an existing folder that can be read. Throws WORKSPACE_INVALID. */
export async function checkWorkspace(folder: string): Promise<string> {
  const path = resolve(folder);
  const wrong = (what: string): CliError =>
    new CliError(
      'WORKSPACE_INVALID',
      `The workspace “${oneLine(path)}” ${what}; give an existing folder with --workspace DIR.`,
    );
  const kind = await kindOf(path);
  if (kind === 'missing') throw wrong('does not exist');
  if (kind === 'file') throw wrong('is a file and not a folder');
  if (kind === 'unreadable' || !(await can(path, constants.R_OK | constants.X_OK))) throw wrong('cannot be read');
  return path;
}

/** Absolute path for the database, which can be created or written. Creates nothing. Throws DATABASE_UNAVAILABLE. */
export async function checkDatabase(file: string): Promise<string> {
  const path = resolve(file);
  const wrong = (what: string): CliError =>
    new CliError(
      'DATABASE_UNAVAILABLE',
      `The database “${oneLine(path)}” ${what}; give a path that can be written with --db FILE.`,
    );
  const kind = await kindOf(path);
  if (kind === 'folder') throw wrong('is a folder');
  if (kind === 'unreadable') throw wrong('cannot be reached');
  if (kind === 'file' && !(await can(path, constants.R_OK | constants.W_OK))) throw wrong('cannot be read and written');
  const blocked = await notWritable(dirname(path));
  if (blocked !== null) throw wrong(`cannot be created, because “${oneLine(blocked)}” cannot be written`);
  return path;
}

/** Absolute path of a configuration file that can be read. Throws CONFIG_INVALID. */
export async function checkConfig(file: string): Promise<string> {
  const path = resolve(file);
  if ((await kindOf(path)) === 'file' && (await can(path, constants.R_OK))) return path;
  throw new CliError(
    'CONFIG_INVALID',
    `The configuration file “${oneLine(path)}” cannot be read; give an existing file with --config FILE.`,
  );
}

/** Absolute path of a file that can be written in an existing folder. Throws USAGE. */
export async function checkOut(file: string): Promise<string> {
  const path = resolve(file);
  const kind = await kindOf(path);
  if (kind === 'folder') throw usage(`--out “${oneLine(path)}” is a folder; give the name of a file.`);
  if (kind === 'file' && (await can(path, constants.W_OK))) return path;
  const folder = dirname(path);
  if (kind === 'missing' && (await kindOf(folder)) === 'folder' && (await can(folder, constants.W_OK))) return path;
  throw usage(`--out “${oneLine(path)}” cannot be written; give a file in an existing folder that you may write.`);
}

export function checkPrompt(prompt: string): string {
  if (prompt.trim() === '')
    throw new CliError('PROMPT_INVALID', 'The prompt is empty; write what to do, for instance haios run "todo".');
  const length = Array.from(prompt).length;
  if (length > longestPrompt) {
    throw new CliError(
      'PROMPT_INVALID',
      `The prompt has ${length.toLocaleString('en-US')} characters; give at most ${longestPrompt.toLocaleString('en-US')}, and the rest as a file in the workspace.`,
    );
  }
  return prompt;
}

export function checkPort(text: string): string {
  if (/^\d{1,5}$/.test(text) && (Number(text) === 0 || (Number(text) >= 1024 && Number(text) <= 65_535))) return text;
  throw new CliError(
    'PORT_INVALID',
    `--port is “${oneLine(text, 60)}”; give a number from 1024 to 65535, or 0 for any free port.`,
  );
}

export function checkNumber(flag: string, text: string, least: number, most: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw usage(`--${flag} is “${oneLine(text, 60)}”; give a whole number from ${least} to ${most}.`);
}

export function checkUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return text;
  throw usage(
    `--otlp-endpoint is “${oneLine(text, 100)}”; give an http or https address, for instance http://127.0.0.1:4318.`,
  );
}

export function checkAddress(text: string): string {
  if (isIP(text) !== 0) return text;
  throw usage(`--listen is “${oneLine(text, 60)}”; give an IP address of this machine, for instance 0.0.0.0.`);
}

async function kindOf(path: string): Promise<'file' | 'folder' | 'missing' | 'unreadable'> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : 'unreadable';
  }
}

async function can(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}

/** The nearest existing part of a folder's path, if nothing can be created in it; else null. */
async function notWritable(folder: string): Promise<string | null> {
  for (let path = folder; ; path = join(path, '..')) {
    const kind = await kindOf(path);
    if (kind === 'folder') return (await can(path, constants.W_OK | constants.X_OK)) ? null : path;
    if (kind !== 'missing' || path === dirname(path)) return path;
  }
}
