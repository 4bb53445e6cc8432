import { readdirSync, realpathSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { globSync } from 'tinyglobby';
import { DeniedPaths } from './denied-paths.ts';
import { IgnoreRules } from './ignore-rules.ts';
import { below, isInside } from './inside.ts';
import type { Place } from './sandbox/jobs.ts';

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
  const folders = new Folders(place.workspace, place.denied);
  const found = place.glob === null ? folders.filesBelow(place.start) : matching(folders, place.start, place.glob);
  if (folders.seen > maxEntries) {
    throw new Error(`There are more than ${maxEntries} files and folders there; give a narrower path.`);
  }
  return { files: found.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)), unreadableFolders: folders.unreadable };
}

function matching(folders: Folders, start: string, glob: string): string[] {
  const found = globSync(glob.includes('/') ? glob : `**/${glob}`, {
    cwd: start,
    dot: true,
    followSymbolicLinks: false,
    expandDirectories: false,
    // Of the many forms of readdirSync the library uses the one that gives entries.
    fs: { readdirSync: ((path: string) => folders.read(path)) as unknown as typeof readdirSync },
  });
  const prefix = folders.inWorkspace(start);
  return found.map((file) => (prefix === '' ? file : `${prefix}/${file}`));
}

/** Reads folders so that whoever walks them, the glob library too, never sees what it must not walk into. */
class Folders {
  seen = 0;
  unreadable = 0;
  readonly #workspace: string;
  readonly #rules: IgnoreRules;
  readonly #denied: DeniedPaths;

  constructor(workspace: string, denied: readonly string[]) {
    this.#workspace = workspace;
    this.#denied = new DeniedPaths(denied);
    this.#rules = new IgnoreRules(workspace);
  }

  /** Workspace-relative with `/`; '' for the workspace itself. */
  inWorkspace(path: string): string {
    const relative = below(this.#workspace, path);
    return relative === '.' ? '' : relative;
  }

  read(path: string): Dirent[] {
    const folder = withoutTrailingSlash(path);
    if (this.seen > maxEntries || !isInside(this.#workspace, folder)) return [];
    const relative = this.inWorkspace(folder);
    if (this.#rules.ignoresFolder(relative) || this.#denied.rule(relative) !== null) return [];
    const entries = this.#entries(folder);
    this.seen += entries.length;
    return entries.filter((entry) => {
      const child = relative === '' ? entry.name : `${relative}/${entry.name}`;
      if (this.#denied.rule(child) !== null) return false;
      if (entry.isDirectory()) return !this.#rules.ignoresFolder(child);
      return entry.isFile() && !this.#rules.ignoresFile(child);
    });
  }

  filesBelow(start: string): string[] {
    const files: string[] = [];
    const queue = [start];
    for (let folder = queue.pop(); folder !== undefined; folder = queue.pop()) {
      for (const entry of this.read(folder)) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) queue.push(path);
        else files.push(this.inWorkspace(path));
      }
    }
    return files;
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
