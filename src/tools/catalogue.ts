import type { InlineTool, Tool } from '../core/ports.ts';
import { editFileTool } from './edit-file.ts';
import { gitBlameTool } from './git-blame.ts';
import { listFilesTool } from './list-files.ts';
import { PathLocks } from './locks.ts';
import { readFileTool } from './read-file.ts';
import { runCommandTool } from './run-command.ts';
import type { Sandboxes } from './sandbox/sandboxes.ts';
import { searchFilesTool } from './search-files.ts';
import { writeFileTool } from './write-file.ts';

export interface ToolsOptions {
  /** The most of one command's output that is kept on disk, bytes. */
  readonly spillCapBytes: number;
  /** Absolute real paths of the runtime's own files and folders, where no tool may write. */
  readonly dataDirs: readonly string[];
  /** Where they do their work. */
  readonly sandboxes: Sandboxes;
  /** How long a command that was told to end may take before it is killed, ms; default 3,000. */
  readonly killGraceMs?: number;
  /** Absolute path of git; default: the one on the PATH. */
  readonly gitPath?: string;
}

/** Every tool of a runtime. They share the locks of the paths they write, and the sandboxes. */
export function createTools(options: ToolsOptions): readonly Tool[] {
  const { sandboxes, dataDirs, spillCapBytes, killGraceMs = 3000, gitPath } = options;
  const change = { locks: new PathLocks(), dataDirs, sandboxes };
  const tools = [
    listFilesTool(sandboxes),
    readFileTool(),
    searchFilesTool(sandboxes),
    writeFileTool(change),
    editFileTool(change),
    runCommandTool({ spillCapBytes, killGraceMs, sandboxes }),
    gitBlameTool({ gitPath, sandboxes }),
  ];
  return tools.map((tool) => (tool.sandbox === 'inline' ? counted(tool, sandboxes) : tool));
}

/** The other kinds are counted by their pools. */
function counted(tool: InlineTool, sandboxes: Sandboxes): InlineTool {
  return { ...tool, run: (input, context) => sandboxes.inline(() => tool.run(input, context)) };
}
