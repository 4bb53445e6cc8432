import type { Tool } from '../core/ports.ts';
import { editFileTool } from './edit-file.ts';
import { gitBlameTool } from './git-blame.ts';
import { listFilesTool } from './list-files.ts';
import { PathLocks } from './locks.ts';
import { readFileTool } from './read-file.ts';
import { runCommandTool } from './run-command.ts';
import { ChildCpu } from './run-process.ts';
import { searchFilesTool } from './search-files.ts';
import { writeFileTool } from './write-file.ts';

export interface ToolsOptions {
  /** The most of one command's output that is kept on disk, bytes. */
  readonly spillCapBytes: number;
  /** Absolute real paths of the runtime's own files and folders, where no tool may write. */
  readonly dataDirs: readonly string[];
  /** The bundle of `search-worker.ts` (`dist/search.cjs`), or that file itself in tests. */
  readonly searchWorkerPath: string;
  /** The longest one listing, search or replacement may take, ms; default 60,000. */
  readonly searchTimeoutMs?: number;
  /** How long a command that was told to end may take before it is killed, ms; default 3,000. */
  readonly killGraceMs?: number;
  /** Absolute path of git; default: the one on the PATH. */
  readonly gitPath?: string;
}

/** Every tool of a runtime. They share the locks of the paths they write. */
export function createTools(options: ToolsOptions): readonly Tool[] {
  const childCpu = new ChildCpu();
  const search = {
    searchWorkerPath: options.searchWorkerPath,
    searchTimeoutMs: options.searchTimeoutMs ?? 60_000,
  };
  const change = { locks: new PathLocks(), dataDirs: options.dataDirs };
  return [
    listFilesTool(search),
    readFileTool(),
    searchFilesTool(search),
    writeFileTool(change),
    editFileTool({ ...change, ...search }),
    runCommandTool({ spillCapBytes: options.spillCapBytes, killGraceMs: options.killGraceMs ?? 3000, childCpu }),
    gitBlameTool({ gitPath: options.gitPath, childCpu }),
  ];
}
