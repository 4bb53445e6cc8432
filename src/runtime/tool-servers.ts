import type { Clock, Tool } from '../core/ports.ts';
import type { Notice } from '../protocol/messages.ts';
import type { Log } from '../telemetry/log.ts';
import { ToolServers } from '../tools/mcp/servers.ts';
import type { Loaded } from './config-store.ts';
import type { Secrets } from './secrets.ts';
import type { Trust } from './trust.ts';

export interface RuntimeToolsOptions {
  readonly builtIn: readonly Tool[];
  readonly trust: Trust;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly version: string;
  /** The bundle of the protocol, loaded when the first server is needed. */
  readonly protocolPath: string;
  readonly spillCapBytes: number;
  readonly log: Pick<Log, 'warn'>;
  readonly notice: (notice: Notice) => void;
}

export interface RuntimeTools {
  /** The runtime's own tools and those of the configured servers that could be started; nothing is started without trust. */
  readonly of: (loaded: Loaded, workspace: string, signal: AbortSignal) => Promise<readonly Tool[]>;
  /** Starts one server if need be and lists its tools. Throws TOOL_SERVER, or CANCELLED after an abort. */
  readonly list: ToolServers['list'];
  /** Closes the servers that run, e.g. when the trust is taken back. */
  readonly close: () => Promise<void>;
  readonly stop: ToolServers['stop'];
}

/** What the runs of this runtime can use. */
export function runtimeTools(options: RuntimeToolsOptions): RuntimeTools {
  const { builtIn, trust, secrets, log, notice } = options;
  const servers = new ToolServers({
    ...options,
    onProblem: (message) => notice({ level: 'warning', code: 'TOOL_SERVER', message, runId: null }),
    onTrouble: (message, printed) => log.warn(message, { printed }),
  });
  return {
    list(name, server, workspace, signal) {
      secrets.learn(server.env ?? {});
      return servers.list(name, server, workspace, signal);
    },
    close: () => servers.close(),
    stop: (graceMs) => servers.stop(graceMs),
    async of({ config }, workspace, signal) {
      const configured = config.mcp.servers;
      if (!trust.trusted) return builtIn;
      for (const { env = {} } of Object.values(configured)) secrets.learn(env);
      return [...builtIn, ...(await servers.tools(configured, workspace, signal))];
    },
  };
}
