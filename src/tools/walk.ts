import { readdirSync, realpathSync, type Dirent } from 'node:fs';
import { globSync } from 'tinyglobby';
import { IgnoreRules } from './ignore-rules.ts';
import { below, isInside } from './inside.ts';
import type { Place } from './search-protocol.ts';

export interface Walk {
  /** Workspace-relative with `/`, sorted by code unit. */
  readonly files: readonly string[];
  readonly unreadableFolders: number;
}

/** More entries than this in one walk are refused. */
const maxEntries = 500_000;

/**
 * The files of a place: regular files only, nothing ignored, no symbolic link followed, nothing outside the workspace.
 * Throws an Error with a sentence for the model when there are too many.
 */
export function walk(place: Place): Walk {
  if (place.startIsFile) return { files: [below(place.workspace, place.start)], unreadableFolders: 0 };
  const folders = new Folders(place.workspace);
  const glob = place.glob ?? '**';
  const pattern = glob.includes('/') ? glob : `**/${glob}`;
  const found = globSync(pattern, {
    cwd: place.start,
    dot: true,
    followSymbolicLinks: false,
    expandDirectories: false,
    fs: { readdirSync: ((path: string) => folders.read(path)) as typeof readdirSync },
  });
  if (folders.seen > maxEntries) {
    throw new Error(`There are more than ${maxEntries} files and folders there; give a narrower path.`);
  }
  const prefix = below(place.workspace, place.start);
  const files = found.map((file) => (prefix === '.' ? file : `${prefix}/${file}`));
  return { files: files.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)), unreadableFolders: folders.unreadable };
}

/** Reads folders for the glob library, so that it never sees what it must not walk into. */
class Folders {
  seen = 0;
  unreadable = 0;
  readonly #workspace: string;
  readonly #rules: IgnoreRules;

  constructor(workspace: string) {
    this.#workspace = workspace;
    this.#rules = new IgnoreRules(workspace);
  }

  read(path: string): Dirent[] {
    const folder = withoutTrailingSlash(path);
    if (this.seen > maxEntries || !isInside(this.#workspace, folder)) return [];
    const relative = below(this.#workspace, folder);
    const inWorkspace = relative === '.' ? '' : relative;
    if (this.#rules.ignoresFolder(inWorkspace)) return [];
    const entries = this.#entries(folder);
    this.seen += entries.length;
    return entries.filter((entry) => {
      const child = inWorkspace === '' ? entry.name : `${inWorkspace}/${entry.name}`;
      if (entry.isDirectory()) return !this.#rules.ignoresFolder(child);
      return entry.isFile() && !this.#rules.ignoresFile(child);
    });
  }

  #entries(folder: string): Dirent[] {
    try {
      // A glob can name a folder that is reached through a link.
      return realpathSync.native(folder) === folder ? readdirSync(folder, { withFileTypes: true }) : [];
    } catch {
      this.unreadable += 1;
      return [];
    }
  }
}

function withoutTrailingSlash(path: string): string {
  return path.length > 1 && /[\\/]$/.test(path) ? path.slice(0, -1) : path;
}
