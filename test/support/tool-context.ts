import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApprovalRequest, FileChange, Tool, ToolContext } from '../../src/core/ports.ts';
import { createTools, type ToolsOptions } from '../../src/tools/catalogue.ts';
import type { RunPolicy } from '../../src/core/policies/run-policy.ts';
import { testSandboxes } from './sandboxes.ts';

/** Forbids nothing. */
export const noPolicy: RunPolicy = {
  deniedPaths: [],
  path: () => null,
  command: () => null,
  secret: () => null,
};

/** A context for one tool call that keeps what the tool said of it. */
export interface RecordingContext extends ToolContext {
  readonly approvals: ApprovalRequest[];
  readonly changes: FileChange[];
  readonly uses: { cpuSeconds: number; memBytes: number }[];
}

/** Trusted, allows everything, never aborts. `workspace` must be an absolute real path. */
export function toolContext(overrides: Partial<ToolContext> & Pick<ToolContext, 'workspace'>): RecordingContext {
  const approvals: ApprovalRequest[] = [];
  const changes: FileChange[] = [];
  const uses: { cpuSeconds: number; memBytes: number }[] = [];
  const { approve = () => Promise.resolve(true), ...rest } = overrides;
  return {
    runId: 'run-1',
    taskId: 'task-1',
    trusted: true,
    policy: noPolicy,
    signal: new AbortController().signal,
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    spillDir: join(overrides.workspace, '.haios', 'spill'),
    onKill: () => () => undefined,
    wrote: (change) => void changes.push(change),
    used: (use) => void uses.push(use),
    ...rest,
    approve: (request) => {
      approvals.push(request);
      return approve(request);
    },
    approvals,
    changes,
    uses,
  };
}

/** A new empty folder; its absolute real path. Give it to `removeFolder` in the end. */
export async function newFolder(): Promise<string> {
  return realpath(await mkdtemp(join(tmpdir(), 'haios-tools-')));
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

/** The product's tools, in sandboxes of their own. */
export function testTools(overrides: Partial<ToolsOptions> = {}): (name: string) => Tool {
  const tools = createTools({
    spillCapBytes: 1024 * 1024 * 1024,
    dataDirs: [],
    sandboxes: testSandboxes(),
    ...overrides,
  });
  return (name) => {
    const tool = tools.find(({ spec }) => spec.name === name);
    if (tool === undefined) throw new Error(`There is no tool ${name}.`);
    return tool;
  };
}
