import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import type { McpServer } from '../../src/core/config.ts';
import type { Clock, Tool, ToolContext, ToolOutput } from '../../src/core/ports.ts';
import { ToolServers, type ServerConfigs } from '../../src/tools/mcp/servers.ts';
import { processLives, realClock } from '../../src/runtime/platform.ts';
import { readProcess } from '../../src/tools/proc.ts';
import { toolContext, type RecordingContext } from './tool-context.ts';

/** The reference server of the protocol's own authors. */
export const everything: McpServer = {
  command: process.execPath,
  args: [fileURLToPath(import.meta.resolve('@modelcontextprotocol/server-everything/dist/index.js')), 'stdio'],
};

/** Our own server, which behaves as `mode` says and writes what happens to it into `journal`. */
export function badServer(mode: string, journal?: string): McpServer {
  const path = join(import.meta.dirname, 'tool-server.ts');
  return { command: process.execPath, args: [path, mode, ...(journal === undefined ? [] : [journal])] };
}

/** Whether a process runs; one that only waits to be collected does not. */
export function lives(pid: number): boolean {
  return process.platform === 'linux' ? readProcess(pid) !== null : processLives(pid);
}

export interface TestServers {
  readonly servers: ToolServers;
  readonly problems: string[];
  readonly troubles: { readonly message: string; readonly printed: string }[];
  tools(configs: ServerConfigs): Promise<readonly Tool[]>;
  /** Calls a tool by the name a model has for it, from the list as it is now. */
  call(
    configs: ServerConfigs,
    name: string,
    input?: unknown,
    context?: Partial<ToolContext>,
  ): Promise<ToolOutput & { context: RecordingContext }>;
}

/** The product's servers in a workspace, the protocol from its source. Stop them in the end. */
export function testServers(
  workspace: string,
  options: { readonly clock?: Clock; readonly startLimitMs?: number } = {},
): TestServers {
  const problems: string[] = [];
  const troubles: { message: string; printed: string }[] = [];
  const servers = new ToolServers({
    clock: realClock,
    version: '0.0.0',
    protocolPath: fileURLToPath(new URL('../../src/tools/mcp/protocol.ts', import.meta.url)),
    spillCapBytes: 64 * 1024 * 1024,
    onProblem: (sentence) => problems.push(sentence),
    onTrouble: (message, printed) => troubles.push({ message, printed }),
    ...options,
  });
  const tools = (configs: ServerConfigs): Promise<readonly Tool[]> =>
    servers.tools(configs, workspace, new AbortController().signal);
  return {
    servers,
    problems,
    troubles,
    tools,
    async call(configs, name, input = {}, overrides = {}) {
      const tool = (await tools(configs)).find(({ spec }) => spec.name === name);
      if (tool === undefined) throw new Error(`There is no tool ${name}; ${problems.join(' ')}`);
      const context = toolContext({ workspace, ...overrides });
      return { ...(await tool.run(input, context)), context };
    },
  };
}
