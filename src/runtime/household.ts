import type { Clock } from '../core/ports.ts';
import type { RuntimeRow, Runtimes } from '../storage/storage.ts';

export interface HouseholdOptions {
  readonly runtimes: Runtimes;
  readonly self: Omit<RuntimeRow, 'heartbeat' | 'port'>;
  readonly clock: Clock;
  readonly port: () => number | null;
  readonly processLives: (pid: number) => boolean;
  /** A dead runtime was buried; these runs of it can now be resumed. */
  readonly onBuried: (runtimeId: string, runIds: readonly string[]) => void;
  readonly onLead: (leads: boolean) => void;
  readonly onError: (error: unknown) => void;
}

const beatMs = 1000;
/** A heartbeat that has not moved for this long, on our own monotonic clock, is a dead runtime's. */
const deadMs = 15_000;

/** This runtime among the user's others: its heartbeat, its judgement of theirs, the leader lease. */
export class Household {
  readonly #o: HouseholdOptions;
  readonly #seen = new Map<string, { heartbeat: number; at: number }>();
  #living: readonly RuntimeRow[] = [];
  #cancel = (): void => undefined;
  #stopped = false;

  constructor(options: HouseholdOptions) {
    this.#o = options;
  }

  /** Registers, mends what the certainly dead left, and begins to beat. */
  async start(): Promise<void> {
    const { runtimes, self, port } = this.#o;
    await runtimes.register({ ...self, port: port() });
    await this.#round();
    this.#schedule();
  }

  living(): readonly RuntimeRow[] {
    return this.#living;
  }

  async lives(runtimeId: string): Promise<boolean> {
    if (runtimeId === this.#o.self.runtimeId) return false;
    const rows = await this.#o.runtimes.list();
    return rows.some((row) => row.runtimeId === runtimeId && !this.#isDead(row));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#o.runtimes.leave(this.#o.self.runtimeId);
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#cancel = this.#o.clock.after(beatMs, () => {
      void this.#round()
        .catch(this.#o.onError)
        .finally(() => this.#schedule());
    });
  }

  async #round(): Promise<void> {
    const { runtimes, self, port } = this.#o;
    await runtimes.beat(self.runtimeId, port());
    const rows = await runtimes.list();
    const dead = rows.filter((row) => row.runtimeId !== self.runtimeId && this.#isDead(row));
    for (const { runtimeId } of dead) {
      this.#o.onBuried(runtimeId, await runtimes.bury(runtimeId));
      this.#seen.delete(runtimeId);
    }
    this.#living = rows.filter((row) => !dead.includes(row));
    this.#o.onLead(
      await runtimes.lead(
        self.runtimeId,
        dead.map(({ runtimeId }) => runtimeId),
      ),
    );
  }

  /** Dead at once if its process is gone from this very machine; else when its counter stands still. */
  #isDead(row: RuntimeRow): boolean {
    const { clock, self, processLives } = this.#o;
    if (row.host === self.host && !processLives(row.pid)) return true;
    const seen = this.#seen.get(row.runtimeId);
    if (seen === undefined || seen.heartbeat !== row.heartbeat) {
      this.#seen.set(row.runtimeId, { heartbeat: row.heartbeat, at: clock.monotonic() });
      return false;
    }
    return clock.monotonic() - seen.at > deadMs;
  }
}
