import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { LedgerLimit } from '../../src/core/ports.ts';

export type Order =
  | { readonly type: 'go'; readonly round: string; readonly calls: number; readonly limit: LedgerLimit }
  | { readonly type: 'leave' };
export type Outcome =
  | {
      readonly callId: string;
      readonly asked: number;
      readonly type: 'settled';
      readonly nusd: number;
      /** The connection broke under it: settled in full. */
      readonly estimated: boolean;
    }
  | {
      readonly callId: string;
      readonly asked: number;
      readonly type: 'refused' | 'failed';
      /** The budget that the refusal names in its details. */
      readonly budget: string | null;
      readonly message: string;
    };
export type Report =
  | { readonly type: 'ready' }
  | { readonly type: 'reserved'; readonly round: string }
  | {
      readonly type: 'done';
      readonly round: string;
      readonly outcomes: readonly Outcome[];
      /** Runtimes this one buried meanwhile. */
      readonly buried: readonly string[];
    };
type Done = Extract<Report, { type: 'done' }>;

export interface Round {
  /** The first reservation was made. */
  readonly reserved: Promise<void>;
  /** Null: it was killed. */
  readonly done: Promise<Done | null>;
}

export interface Spender {
  readonly runtimeId: string;
  go(round: string, calls: number, limit: LedgerLimit): Round;
  kill(): Promise<void>;
  /** Leaves as a runtime does that is shut down. */
  leave(): Promise<void>;
}

/** Starts a real process that spends (budget-spender.ts); resolves when it is registered. */
export async function startSpender(databasePath: string, baseUrl: string, runtimeId: string): Promise<Spender> {
  const child = fork(join(import.meta.dirname, 'budget-spender.ts'), [databasePath, baseUrl, runtimeId], {
    execPath: process.execPath,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit').then(([code, signal]) => String(signal ?? code));
  const heard = <T extends Report['type']>(type: T, round?: string): Promise<Extract<Report, { type: T }>> =>
    new Promise((resolve) => {
      const listen = (report: Report): void => {
        if (report.type !== type || (round !== undefined && 'round' in report && report.round !== round)) return;
        child.off('message', listen);
        resolve(report as Extract<Report, { type: T }>);
      };
      child.on('message', listen);
    });
  const orDead = <T>(work: Promise<T>): Promise<T> =>
    Promise.race([
      work,
      exited.then((how) => Promise.reject(new Error(`The process ${runtimeId} ended too soon: ${how}`))),
    ]);
  let killed = false;
  await orDead(heard('ready'));
  return {
    runtimeId,
    go(round, calls, limit) {
      const reserved = heard('reserved', round).then(() => undefined);
      const done = orDead(heard('done', round)).catch((error: unknown) => {
        if (killed) return null;
        throw error;
      });
      child.send({ type: 'go', round, calls, limit } satisfies Order);
      return { reserved, done };
    },
    async kill() {
      killed = true;
      child.kill('SIGKILL');
      await exited;
    },
    async leave() {
      if (killed) return;
      child.send({ type: 'leave' } satisfies Order);
      await exited;
    },
  };
}
