import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { callVariable } from './environment.ts';
import { allPids, childrenOf, hasVariable, readMemory, readProcess, type ProcEntry } from './proc.ts';

export interface TreeUse {
  readonly cpuSeconds: number;
  readonly memBytes: number;
}

/**
 * A child process that leads a group of its own, and everything that came of it: to measure and to end.
 * On Linux its members are found by parent, group, session and by the variable `HAIOS_CALL`, so that one that left its
 * parent and session is found too. On other systems nothing is measured and the group (on Windows the tree) is ended.
 */
export class ProcessTree {
  readonly #leader: number;
  readonly #call: string;
  readonly #known = new Map<number, number>();
  readonly #born: number;
  #cpuSeconds = 0;
  #memBytes = 0;

  constructor(leader: number, call: string) {
    this.#leader = leader;
    this.#call = call;
    const entry = linux ? readProcess(leader) : null;
    this.#born = entry?.started ?? 0;
    if (entry !== null) this.#known.set(leader, entry.started);
  }

  /** Reads what the members use now. The figures are the highest seen, so what lives between two samples is missed. */
  sample(): void {
    if (!linux) return;
    const members = this.#descendants();
    const memory = members.map(({ pid }) => readMemory(pid));
    const now = memory.reduce((sum, { now }) => sum + now, 0);
    this.#cpuSeconds = Math.max(
      this.#cpuSeconds,
      members.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    );
    this.#memBytes = Math.max(this.#memBytes, now, ...memory.map(({ peak }) => peak));
  }

  use(): TreeUse {
    return { cpuSeconds: this.#cpuSeconds, memBytes: this.#memBytes };
  }

  /** SIGTERM, then after `graceMs` SIGKILL to all, until none is left or 5 s passed. Resolves to whether all are gone. */
  async end(graceMs: number): Promise<boolean> {
    if (this.isGone()) return true;
    if (this.#signal('SIGTERM') && (await this.#gone(graceMs))) return true;
    return this.#gone(maxKillMs, () => this.#signal('SIGKILL'));
  }

  /** At once, without looking: for the moment this process exits itself. */
  killNow(): void {
    this.#signal('SIGKILL');
  }

  isGone(): boolean {
    if (linux) return this.#all().length === 0;
    return windows ? true : !send(-this.#leader, 0);
  }

  async #gone(withinMs: number, each: () => void = () => undefined): Promise<boolean> {
    const start = performance.now();
    for (let pause = 5; ; pause = Math.min(pause * 2, 100)) {
      each();
      if (this.isGone()) return true;
      if (performance.now() - start > withinMs) return false;
      await sleep(pause);
    }
  }

  #signal(signal: 'SIGTERM' | 'SIGKILL'): boolean {
    if (windows) {
      // There is no gentle way to end a tree of console programs there.
      execFile('taskkill', ['/pid', String(this.#leader), '/t', '/f'], () => undefined);
      return true;
    }
    const sent = send(-this.#leader, signal);
    return (linux ? this.#all() : []).reduce((any, { pid }) => send(pid, signal) || any, sent);
  }

  /** Known members that live, and their children, found quickly. */
  #descendants(): ProcEntry[] {
    const found = new Map<number, ProcEntry>();
    const queue = [...this.#known.keys()];
    for (let pid = queue.pop(); pid !== undefined; pid = queue.pop()) {
      if (found.has(pid)) continue;
      const entry = readProcess(pid);
      const started = this.#known.get(pid);
      if (entry === null || (started !== undefined && started !== entry.started)) {
        this.#known.delete(pid);
        continue;
      }
      this.#known.set(pid, entry.started);
      found.set(pid, entry);
      queue.push(...childrenOf(pid));
    }
    return [...found.values()];
  }

  /** All members that live, by a look at every process. */
  #all(): ProcEntry[] {
    const members = new Map(this.#descendants().map((entry) => [entry.pid, entry]));
    const others = allPids()
      .map((pid) => readProcess(pid))
      .filter((entry) => entry !== null && entry.started >= this.#born && !members.has(entry.pid));
    for (const entry of others) {
      if (entry === null) continue;
      const ours = entry.session === this.#leader || entry.group === this.#leader || members.has(entry.parent);
      if (!ours && !hasVariable(entry.pid, callVariable, this.#call)) continue;
      members.set(entry.pid, entry);
      this.#known.set(entry.pid, entry.started);
    }
    return [...members.values()];
  }
}

const linux = process.platform === 'linux';
const windows = process.platform === 'win32';
const maxKillMs = 5000;

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
