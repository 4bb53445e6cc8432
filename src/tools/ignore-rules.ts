import ignore, { type Ignore } from 'ignore';
import { join } from 'node:path';
import { openInside } from './open-inside.ts';
import { closeSync, readSync } from 'node:fs';

/** Folders and files that no listing or search looks into, whatever the ignore files say. */
const alwaysIgnored = new Set(['.git', 'node_modules', '.haios']);
const maxRuleBytes = 1024 * 1024;

/**
 * What a workspace ignores: `alwaysIgnored` at every depth and the `.gitignore` files of its folders, the deeper one
 * deciding first. As in git, nothing below an ignored folder can be brought back.
 */
export class IgnoreRules {
  readonly #workspace: string;
  readonly #rules = new Map<string, Ignore | null>();
  readonly #folders = new Map<string, boolean>([['', false]]);

  constructor(workspace: string) {
    this.#workspace = workspace;
  }

  /** `path` is workspace-relative with `/`; '' is the workspace. */
  ignoresFolder(path: string): boolean {
    const known = this.#folders.get(path);
    if (known !== undefined) return known;
    const ignored = this.#ignores(path, true);
    this.#folders.set(path, ignored);
    return ignored;
  }

  ignoresFile(path: string): boolean {
    return this.#ignores(path, false);
  }

  #ignores(path: string, isFolder: boolean): boolean {
    const slash = path.lastIndexOf('/');
    if (alwaysIgnored.has(path.slice(slash + 1))) return true;
    if (slash !== -1 && this.ignoresFolder(path.slice(0, slash))) return true;
    for (let end = slash; ; end = path.lastIndexOf('/', end - 1)) {
      const folder = end === -1 ? '' : path.slice(0, end);
      const rest = folder === '' ? path : path.slice(folder.length + 1);
      const verdict = this.#rulesOf(folder)?.test(isFolder ? `${rest}/` : rest);
      if (verdict?.ignored === true) return true;
      if (verdict?.unignored === true || folder === '') return false;
    }
  }

  #rulesOf(folder: string): Ignore | null {
    const known = this.#rules.get(folder);
    if (known !== undefined) return known;
    const text = readRules(this.#workspace, join(this.#workspace, folder, '.gitignore'));
    const rules = text === null ? null : ignore({ ignorecase: process.platform !== 'linux' }).add(text);
    this.#rules.set(folder, rules);
    return rules;
  }
}

/** As git does, a `.gitignore` that is a link is not read. */
function readRules(workspace: string, path: string): string | null {
  const opened = openInside(workspace, path);
  if (opened === null) return null;
  try {
    const buffer = Buffer.alloc(Math.min(opened.size, maxRuleBytes));
    return buffer.toString('utf8', 0, readSync(opened.fd, buffer));
  } finally {
    closeSync(opened.fd);
  }
}
