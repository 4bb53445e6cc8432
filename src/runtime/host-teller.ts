import type { Server } from '../protocol/channel.ts';
import type { Told } from '../protocol/outbox.ts';

export type Tell = (...told: Told) => void;

/** Most that may wait for a slow host before log lines are left out; the log file has them all. */
const maxWaiting = 500;

/**
 * Tells the host. While it does not take what it is told, log lines are dropped and counted, and it is told the count
 * when it listens again; nothing else is dropped (deltas fold into one, the rest is a few for each run).
 */
export function createTell(server: Pick<Server, 'notify' | 'waiting'>, now: () => number): Tell {
  let dropped = 0;
  let last = Promise.resolve();
  const say = (): void => {
    const msg = `${dropped} log lines were not sent to this host, which takes them too slowly; the log file has them.`;
    const line = JSON.stringify({ level: 'warn', time: new Date(now()).toISOString(), dropped, msg });
    dropped = 0;
    last = server.notify('log', { level: 'warn', line });
  };
  return (...told) => {
    if (told[0] !== 'log' || server.waiting() < maxWaiting) last = server.notify(...told);
    else if (dropped++ === 0) void last.then(say);
  };
}
