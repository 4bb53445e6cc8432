import type { McpServer } from '../../core/config.ts';
import { messageOf } from '../../core/errors.ts';
import type { Tool } from '../../core/ports.ts';
import { displayName } from '../failures.ts';
import { ToolServer, type ToolList, type ToolServerOptions } from './server.ts';
import { serverTool } from './tool.ts';

export interface ToolServersOptions extends ToolServerOptions {
  /** The most of one result that is kept on disk, bytes. */
  readonly spillCapBytes: number;
  /** One sentence for the person: tools of a server are not there. Told once, until they are there again. */
  readonly onProblem: (sentence: string) => void;
}

/** As in the configuration, by name. */
export type ServerConfigs = Readonly<Record<string, McpServer>>;

/** Providers take no more than 128 tools in a request; the rest is for those of the runtime. */
const maxTools = 100;
/** What all descriptions together may have: each request to a model carries and pays them. */
const maxSpecLength = 200_000;

/** The tool servers of a runtime. The caller asks for them in trusted workspaces only. */
export class ToolServers {
  readonly #o: ToolServersOptions;
  /** By workspace, name and configuration. */
  readonly #servers = new Map<string, ToolServer>();
  /** No longer configured; kept until they are closed. */
  readonly #retired = new Set<ToolServer>();
  readonly #told = new Set<string>();
  readonly #killAll = (): void => {
    for (const server of this.#all()) server.killNow();
  };

  constructor(options: ToolServersOptions) {
    this.#o = options;
    process.on('exit', this.#killAll);
  }

  /**
   * The tools of all servers that can be started; those of the workspace that are not configured any more are closed.
   * Never rejects: what is not there is told. After an abort the list is empty.
   */
  async tools(configs: ServerConfigs, workspace: string, signal: AbortSignal): Promise<readonly Tool[]> {
    const wanted = new Set(Object.entries(configs).map(([name, config]) => keyOf(workspace, name, config)));
    for (const [key, server] of this.#servers) {
      if (server.workspace !== workspace || wanted.has(key)) continue;
      this.#servers.delete(key);
      this.#retire(server);
    }
    const servers = Object.entries(configs).map(([name, config]) => this.#server(name, config, workspace));
    const lists = await Promise.all(servers.map((server) => this.#listed(server, signal)));
    const tools = new Map<string, Tool>();
    let room = maxSpecLength;
    for (const [at, server] of servers.entries()) {
      const { tools: listed, leftOut } = lists[at] ?? nothing;
      const mine = listed.map((tool) => serverTool(server, tool, this.#o.spillCapBytes));
      let missing = leftOut;
      for (const tool of mine) {
        const length = JSON.stringify(tool.spec).length;
        if (tools.has(tool.spec.name) || tools.size === maxTools || length > room) {
          missing += 1;
          continue;
        }
        room -= length;
        tools.set(tool.spec.name, tool);
      }
      if (missing > 0) {
        const why = `a name is taken, descriptions are too long, or there are more than ${maxTools}`;
        this.#tell(server, `${missing} tools of the tool server ${displayName(server.name)} are left out: ${why}.`);
      }
    }
    return [...tools.values()];
  }

  /** Starts one server if need be and lists its tools. Throws TOOL_SERVER, or CANCELLED after an abort. */
  list(name: string, config: McpServer, workspace: string, signal: AbortSignal): Promise<ToolList> {
    return this.#server(name, config, workspace).tools(signal);
  }

  /** Closes all that run, within a bounded time; a later call of `tools` starts new ones. */
  async close(graceMs?: number): Promise<void> {
    const all = this.#all();
    this.#servers.clear();
    await Promise.all(all.map((server) => server.close(graceMs)));
  }

  /** Closes all for good; what does not end within `graceMs` is made to. */
  async stop(graceMs: number): Promise<void> {
    await this.close(graceMs);
    process.removeListener('exit', this.#killAll);
  }

  #server(name: string, config: McpServer, workspace: string): ToolServer {
    const key = keyOf(workspace, name, config);
    let server = this.#servers.get(key);
    if (server === undefined) this.#servers.set(key, (server = new ToolServer(name, config, workspace, this.#o)));
    return server;
  }

  async #listed(server: ToolServer, signal: AbortSignal): Promise<ToolList> {
    try {
      const list = await server.tools(signal);
      if (list.leftOut === 0) this.#told.delete(server.name);
      return list;
    } catch (error) {
      if (!signal.aborted) this.#tell(server, `${messageOf(error)} The run goes on without its tools.`);
      return nothing;
    }
  }

  #tell(server: ToolServer, sentence: string): void {
    if (this.#told.has(server.name)) return;
    this.#told.add(server.name);
    this.#o.onProblem(sentence);
  }

  #retire(server: ToolServer): void {
    this.#retired.add(server);
    void server.retire().finally(() => this.#retired.delete(server));
  }

  #all(): readonly ToolServer[] {
    return [...this.#servers.values(), ...this.#retired];
  }
}

const nothing: ToolList = { tools: [], leftOut: 0 };

function keyOf(workspace: string, name: string, config: McpServer): string {
  return JSON.stringify([workspace, name, config]);
}
