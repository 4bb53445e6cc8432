import type { Clock, Ids } from '../../src/core/ports.ts';

export interface FakeClock extends Clock {
  /** Moves time and runs what is due, in order, letting promises settle in between. */
  advance(ms: number): Promise<void>;
  /** Sets the wall clock alone, as a person or a time server does. */
  setWall(ms: number): void;
  /** Timers that are set and not yet due. */
  pending(): number;
}

export function fakeClock(start = Date.UTC(2026, 0, 1)): FakeClock {
  let wall = start;
  let monotonic = 0;
  let nextId = 0;
  const timers = new Map<number, { at: number; fn: () => void }>();
  const settle = async (): Promise<void> => {
    for (let n = 0; n < 20; n++) await Promise.resolve();
  };
  return {
    now: () => wall,
    monotonic: () => monotonic,
    after(ms, fn) {
      const id = nextId++;
      timers.set(id, { at: monotonic + ms, fn });
      return () => timers.delete(id);
    },
    async advance(ms) {
      const end = monotonic + ms;
      for (;;) {
        await settle();
        const due = [...timers].filter(([, { at }]) => at <= end).sort(([a, x], [b, y]) => x.at - y.at || a - b)[0];
        if (due === undefined) break;
        const [id, { at, fn }] = due;
        timers.delete(id);
        wall += Math.max(0, at - monotonic);
        monotonic = Math.max(monotonic, at);
        fn();
      }
      wall += end - monotonic;
      monotonic = end;
      await settle();
    },
    setWall: (ms) => (wall = ms),
    pending: () => timers.size,
  };
}

/** Ids that count from a start, so that tests can name them. */
export function countingIds(start = 0): Ids {
  let n = start;
  return {
    unique: () => `id-${++n}`,
    traceId: () => (++n).toString(16).padStart(32, '0'),
    spanId: () => (++n).toString(16).padStart(16, '0'),
  };
}
