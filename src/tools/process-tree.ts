import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { callVariable } from './environment.ts';
import type { SeenCpu } from './child-cpu.ts';
import {
  allPids,
  childrenOf,
  hasVariable,
  readAny,
  readMemory,
  readProcess,
  readShare,
  type ProcEntry,
} from './proc.ts';

export interface TreeUse {
  readonly cpuSeconds: number;
  readonly memBytes: number;
}

/** The most a tree may use. */
export type TreeLimits = TreeUse;

/** The limit that a tree passed, and by what figure. */
export interface OverLimit {
  readonly resource: keyof TreeLimits;
  readonly used: number;
  readonly limit: number;
}

/** One process for good: its pid and when it started (clock ticks since boot). */
export interface ProcessMark {
  readonly pid: number;
  readonly started: number;
}

/**
 * A child process that leads a group of its own, and everything that came of it: to measure and to end.
 * On Linux its members are found by parent, group, session and by the variable `HAIOS_CALL`, so that one that left its
 * parent and session is found too. On other systems nothing is measured and the group (on Windows the tree) is ended.
 */
export class ProcessTree {
  readonly #leader: number;
  readonly #call: string;
  /** Members as they were last seen. */
  readonly #known = new Map<number, ProcEntry>();
  readonly #born: number;
  /** Whether group and session of the leader's number are certainly its own. */
  readonly #leads: boolean;
  #seen: ReadonlySet<number> = new Set();
  #seenAt = performance.now();
  #sharesAt = -Infinity;
  #cpuSeconds = 0;
  /** Of members that ended without one of the tree to wait for them. */
  #lostCpuSeconds = 0;
  /** The leader’s, as it was seen last, with that of the children it waited for. */
  #leaderCpuSeconds = 0;
  /** Of members that ended and were not waited for yet. */
  #unwaited = new Map<number, number>();
  #othersCpuSeconds = 0;
  #lookedAt = performance.now();
  #memBytes = 0;
  #killed = false;

  /** `leader` as it was recorded when it started, or its pid when it has just started. */
  constructor(leader: ProcessMark | number, call: string) {
    this.#leader = typeof leader === 'number' ? leader : leader.pid;
    this.#call = call;
    const entry = linux ? readProcess(this.#leader) : null;
    this.#born = typeof leader === 'number' ? (entry?.started ?? 0) : leader.started;
    if (entry !== null && entry.started === this.#born) this.#known.set(this.#leader, entry);
    this.#leads = typeof leader === 'number' || this.#known.size > 0;
  }

  /** Null where the system does not tell, and when the leader had already ended. */
  get mark(): ProcessMark | null {
    return this.#born === 0 ? null : { pid: this.#leader, started: this.#born };
  }

  /**
   * Reads what the members use now and tells which limit that passes. Memory is the highest sum seen (pages that members
   * share count in each), so a peak between two samples is missed unless one process alone reached it and still lives.
   */
  sample(limits: TreeLimits): OverLimit | null {
    if (!linux) return null;
    this.#lookForStrays();
    const members = this.#descendants();
    this.#lookAtCpu(members);
    const memory = this.#memory(members, limits.memBytes);
    if (memory > limits.memBytes) return { resource: 'memBytes', used: memory, limit: limits.memBytes };
    if (this.#cpuSeconds <= limits.cpuSeconds) return null;
    return { resource: 'cpuSeconds', used: this.#cpuSeconds, limit: limits.cpuSeconds };
  }

  seenCpu(): SeenCpu {
    return { least: this.#leaderCpuSeconds, most: this.#cpuSeconds, at: this.#lookedAt };
  }

  /**
   * `waitedSeconds` is what the system says of the leader and all that was waited for in the tree, short-lived ones among
   * them. Added is what was seen of those nobody in the tree waited for: of these the time since the last sample is missed.
   */
  use(waitedSeconds: number): TreeUse {
    const whole = waitedSeconds + this.#lostCpuSeconds + this.#othersCpuSeconds;
    return { cpuSeconds: Math.max(this.#cpuSeconds, whole), memBytes: this.#memBytes };
  }

  /** SIGTERM, then after `graceMs` SIGKILL to all, until none is left or 5 s passed. Resolves to whether all are gone. */
  async end(graceMs: number): Promise<boolean> {
    if (this.isGone()) return true;
    if (!this.#killed && this.#signal('SIGTERM') && (await this.#gone(graceMs))) return true;
    this.#killed = true;
    return this.#gone(maxKillMs);
  }

  /** SIGKILL to all, at once; `end` goes on doing it until they are gone. */
  kill(): void {
    this.#killed = true;
    // Stopped first, none of them can start another one behind the back of the search for them.
    if (!windows) this.#signal('SIGSTOP');
    this.#signal('SIGKILL');
  }

  isGone(): boolean {
    if (linux) return this.#all().length === 0;
    return windows ? true : !send(-this.#leader, 0);
  }

  async #gone(withinMs: number): Promise<boolean> {
    const start = performance.now();
    for (let pause = 5; ; pause = Math.min(pause * 2, 100)) {
      if (this.#killed) this.#signal('SIGKILL');
      if (this.isGone()) return true;
      if (performance.now() - start > withinMs) return false;
      await sleep(pause);
    }
  }

  #lookAtCpu(members: readonly ProcEntry[]): void {
    this.#lookAtUnwaited();
    const sum = (seconds: readonly number[]): number => seconds.reduce((all, one) => all + one, 0);
    const leader = members.find(({ pid }) => pid === this.#leader);
    if (leader !== undefined) this.#leaderCpuSeconds = leader.cpuSeconds;
    this.#othersCpuSeconds = sum(members.filter((one) => one !== leader).map(({ cpuSeconds }) => cpuSeconds));
    const seen =
      this.#leaderCpuSeconds + this.#othersCpuSeconds + this.#lostCpuSeconds + sum([...this.#unwaited.values()]);
    this.#cpuSeconds = Math.max(this.#cpuSeconds, seen);
    this.#lookedAt = performance.now();
  }

  /** What the members hold together now, bytes; at most the limit while it is not known better. */
  #memory(members: readonly ProcEntry[], limit: number): number {
    const pids = members.map(({ pid }) => pid);
    const each = pids.map(readMemory);
    const sum = each.reduce((sum, { now }) => sum + now, 0);
    const held = sum > limit ? this.#shares(pids, limit) : sum;
    this.#memBytes = Math.max(this.#memBytes, held, ...each.map(({ peak }) => peak));
    return held;
  }

  /** Processes that fork share most of their memory: what each has of it takes long to tell, so it is asked seldom. */
  #shares(members: readonly number[], limit: number): number {
    if (performance.now() - this.#sharesAt < sharesMs) return limit;
    this.#sharesAt = performance.now();
    // One that is just ending has no share to tell and holds nothing.
    return members.reduce((sum, pid) => sum + (readShare(pid) ?? readMemory(pid).now), 0);
  }

  #signal(signal: 'SIGTERM' | 'SIGSTOP' | 'SIGKILL'): boolean {
    if (windows) {
      // There is no gentle way to end a tree of console programs there.
      execFile('taskkill', ['/pid', String(this.#leader), '/t', '/f'], () => undefined);
      return true;
    }
    const members = linux ? this.#all() : [];
    // The number of an empty group may be another one's by now.
    const ours = linux ? members.some(({ group }) => group === this.#leader) : this.#leads;
    const sent = ours && send(-this.#leader, signal);
    return members.reduce((any, { pid }) => send(pid, signal) || any, sent);
  }

  /** Known members that live, and their children, found quickly. */
  #descendants(): ProcEntry[] {
    const found = new Map<number, ProcEntry>();
    const before = new Set(this.#known.keys());
    // Parents first: one that is waited for between two reads is then in neither, and never in both.
    const queue = [...before];
    for (let pid = queue.shift(); pid !== undefined; pid = queue.shift()) {
      if (found.has(pid)) continue;
      const entry = readProcess(pid);
      const last = this.#known.get(pid);
      if (entry === null || (last !== undefined && last.started !== entry.started)) {
        this.#lose(pid, last, before);
        continue;
      }
      this.#known.set(pid, entry);
      found.set(pid, entry);
      queue.push(...childrenOf(pid));
    }
    return [...found.values()];
  }

  /** The time of an ended process is in its parent's figure, unless nobody of the tree was its parent any more. */
  #lose(pid: number, last: ProcEntry | undefined, before: ReadonlySet<number>): void {
    this.#known.delete(pid);
    const now = readAny(pid);
    const isLast = now !== null && now.ended && now.started === (last?.started ?? now.started);
    if (pid === this.#leader) {
      if (isLast) this.#leaderCpuSeconds = now.cpuSeconds;
      return;
    }
    const parent = (isLast ? now : last)?.parent;
    if (parent === undefined) return;
    if (isLast && this.#known.has(parent)) this.#unwaited.set(pid, now.cpuSeconds);
    else if (!before.has(parent) && parent !== this.#leader) {
      this.#lostCpuSeconds += (isLast ? now : last)?.cpuSeconds ?? 0;
    }
  }

  /** One that is collected by now is in the figure of whoever waited for it. */
  #lookAtUnwaited(): void {
    for (const pid of this.#unwaited.keys()) if (readAny(pid)?.ended !== true) this.#unwaited.delete(pid);
  }

  /** Now and then: members that left their parent before they were seen with it. */
  #lookForStrays(): void {
    if (performance.now() - this.#seenAt < straysMs) return;
    this.#seenAt = performance.now();
    const pids = allPids();
    const seen = this.#seen;
    this.#seen = new Set(pids);
    this.#all(pids.filter((pid) => !seen.has(pid)));
  }

  /** All members that live, by a look at every process, or at these. */
  #all(pids: readonly number[] = allPids()): ProcEntry[] {
    const members = new Map(this.#descendants().map((entry) => [entry.pid, entry]));
    for (const pid of pids) {
      const entry = members.has(pid) ? null : readProcess(pid);
      if (entry === null || entry.started < this.#born) continue;
      const near = this.#leads && (entry.session === this.#leader || entry.group === this.#leader);
      const ours = near || members.has(entry.parent) || hasVariable(pid, callVariable, this.#call);
      if (!ours) continue;
      members.set(pid, entry);
      this.#known.set(pid, entry);
    }
    return [...members.values()];
  }
}

const linux = process.platform === 'linux';
const windows = process.platform === 'win32';
const maxKillMs = 5000;
const straysMs = 200;
const sharesMs = 1000;

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
