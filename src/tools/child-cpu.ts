import { availableParallelism } from 'node:os';
import { endedChildrenCpuSeconds } from './proc.ts';

/** What is known of a child's processor time, with that of the children it waited for, from looking at it while it lived. */
export interface SeenCpu {
  /** At least. */
  readonly least: number;
  /** At most, when it was looked at: with that of children it had not waited for by then. */
  readonly most: number;
  /** When it was looked at, ms on the monotonic clock. */
  readonly at: number;
}

/**
 * Shares out the processor time of ended children, which the system tells only as one sum for this process. A child that
 * ended alone gets what the sum grew by, to 0.02 s. Those that were collected in the same instant share it within what was
 * seen of each; what none of them can have used was another child's of this process and is theirs no part of.
 */
export class ChildCpu {
  readonly #running = new Map<number, { readonly seen: () => SeenCpu; share: number | null }>();
  #shared = 0;

  /** Call when the child has started; the returned function, called once at its end, gives its seconds. */
  begin(pid: number, seen: () => SeenCpu): () => number {
    if (this.#running.size === 0) this.#shared = endedChildrenCpuSeconds();
    const mine: { readonly seen: () => SeenCpu; share: number | null } = { seen, share: null };
    this.#running.set(pid, mine);
    return () => {
      if (mine.share === null) this.#shareOut(pid);
      this.#running.delete(pid);
      return mine.share ?? 0;
    };
  }

  #shareOut(pid: number): void {
    const now = endedChildrenCpuSeconds();
    const ended = [...this.#running].filter(
      ([other, { share }]) => share === null && (other === pid || isCollected(other)),
    );
    const shares = shareOut(
      Math.max(0, now - this.#shared),
      ended.map(([, { seen }]) => boundsOf(seen(), performance.now())),
    );
    ended.forEach(([, child], index) => (child.share = shares[index] ?? 0));
    this.#shared = now;
  }
}

export interface CpuBounds {
  readonly least: number;
  readonly most: number;
}

/** Gives each at least its least and at most its most, and what is left in proportion to what each can still have used. */
export function shareOut(sum: number, bounds: readonly CpuBounds[]): readonly number[] {
  const total = (of: (one: CpuBounds) => number): number => bounds.reduce((all, one) => all + of(one), 0);
  const open = total(({ least, most }) => most - least);
  const part = open === 0 ? 0 : Math.min(1, Math.max(0, (sum - total(({ least }) => least)) / open));
  return bounds.map(({ least, most }) => least + part * (most - least));
}

/** The system counts in hundredths of a second, apart for a program's own time and that of its children. */
const grainSeconds = 0.04;

function boundsOf({ least, most, at }: SeenCpu, now: number): CpuBounds {
  return { least, most: most + (availableParallelism() * (now - at)) / 1000 + grainSeconds };
}

/** Its number is nobody's any more: it has ended and its time is in the sum. */
function isCollected(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}
