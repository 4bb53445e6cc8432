import { realpath } from 'node:fs/promises';
import type { McpServer } from '../core/config.ts';
import { messageOf } from '../core/errors.ts';
import type { Check } from '../protocol/messages.ts';
import type { Loaded } from './config-store.ts';

export interface ToolServerChecks {
  readonly trusted: boolean;
  /** The first folder that is open. */
  readonly workspace: string | null;
  /** Starts a tool server and lists its tools; rejects with why it cannot be. */
  readonly listTools: (
    name: string,
    server: McpServer,
    workspace: string,
    signal: AbortSignal,
  ) => Promise<{ readonly tools: readonly unknown[]; readonly leftOut: number }>;
}

/** A check for each configured tool server: it is started, and its tools are counted. None when the configuration is wrong. */
export async function checkToolServers(options: ToolServerChecks, loading: Promise<Loaded>): Promise<readonly Check[]> {
  const loaded = await loading.catch(() => null);
  const servers = Object.entries(loaded?.config.mcp.servers ?? {});
  return Promise.all(
    servers.map(async ([name, server]) => ({
      name: `tool server ${name}`,
      ...(await checkServer(name, server, options)),
    })),
  );
}

async function checkServer(name: string, server: McpServer, options: ToolServerChecks): Promise<Omit<Check, 'name'>> {
  const { workspace, trusted, listTools } = options;
  if (!trusted) {
    const message = 'Off: the workspace is not trusted, so nothing is started.';
    return { status: 'warning', message, remedy: 'Trust the workspace in the editor.' };
  }
  if (workspace === null) return { status: 'ok', message: 'Off: no folder is open.', remedy: null };
  try {
    const { tools, leftOut } = await listTools(name, server, await realpath(workspace), new AbortController().signal);
    const more = leftOut === 0 ? '' : `, and ${leftOut} that are left out`;
    return { status: 'ok', message: `${tools.length} tools${more}.`, remedy: null };
  } catch (error) {
    return {
      status: 'error',
      message: messageOf(error),
      remedy: `Correct mcp.servers.${name}, or take it out; runs go on without its tools.`,
    };
  }
}
