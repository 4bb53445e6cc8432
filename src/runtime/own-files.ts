import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { writeAtomic } from '../tools/atomic-write.ts';
import { contain } from '../tools/paths.ts';

/** What the runtime itself writes: `.haios/` of a trusted workspace, else a folder of its own. */
export interface OwnFile {
  readonly absolute: string;
  /** Relative to the workspace, or absolute when it is not in it. */
  readonly shown: string;
  readonly inWorkspace: boolean;
  readonly sha256: string;
  readonly size: number;
}

/**
 * What is the runtime's own in its data folder, real paths: its files and folders by name, for the folder itself may
 * hold a workspace (`--db` beside it).
 */
export function ownPlaces(databases: { databasePath: string; ledgerPath: string }, dataDir: string): readonly string[] {
  const folder = realpathSync(dataDir);
  const files = [databases.databasePath, databases.ledgerPath].flatMap((file) =>
    ['', '-wal', '-shm'].map((suffix) => `${basename(file)}${suffix}`),
  );
  return [...files, 'logs', 'spill', 'reports', 'commands'].map((name) => join(folder, name));
}

const ignore =
  '# Written by HAiOS. Reports stay out of version control; agents are yours to keep.\n*\n!.gitignore\n!agents/\n!agents/**\n';

/** Writes `.haios/{path}` whole or not at all. Falls back to `{dataDir}/reports/{path}` where the workspace cannot be written. */
export async function writeOwnFile(
  at: { workspace: string | null; dataDir: string },
  path: string,
  text: string,
): Promise<OwnFile> {
  const content = Buffer.from(text, 'utf8');
  const sum = { sha256: createHash('sha256').update(content).digest('hex'), size: content.length };
  if (at.workspace !== null) {
    try {
      await writeIgnore(at.workspace);
      const absolute = await write(at.workspace, `.haios/${path}`, content);
      return { ...sum, absolute, shown: `.haios/${path}`, inWorkspace: true };
    } catch {
      // A read-only workspace, or a `.haios` that leads out of it: the person still gets the file, and is told where.
    }
  }
  const absolute = await write(at.dataDir, join('reports', path), content);
  return { ...sum, absolute, shown: absolute, inWorkspace: false };
}

async function writeIgnore(workspace: string): Promise<void> {
  const there = await access(join(workspace, '.haios', '.gitignore')).then(
    () => true,
    () => false,
  );
  if (!there) await write(workspace, '.haios/.gitignore', Buffer.from(ignore));
}

async function write(root: string, path: string, content: Buffer): Promise<string> {
  const target = await contain(root, path);
  await writeAtomic({
    workspace: root,
    target,
    content,
    mode: null,
    signal: new AbortController().signal,
    beforeCommit: () => Promise.resolve(),
  });
  return target.real;
}
