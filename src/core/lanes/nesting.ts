import { Call, type Nest } from './call.ts';
import type { Lane } from './lane.ts';

/** The call in whose slot a call made from inside `parent` runs: the nearest around it of the same lane, if there is one. */
export function hostIn(lane: Lane, parent: Call): Call | null {
  for (let call: Call | null = parent; call !== null; call = call.nest?.parent ?? null) {
    if (call.lane === lane) return call;
  }
  return null;
}

/** Makes `child` a call from inside `parent`. */
export function adopt(parent: Call, child: Call, host: Call | null): void {
  child.nest = nestOf(parent, host);
  parent.nest ??= nestOf(null, null);
  parent.nest.children.add(child);
  if (parent.nest.host === null) parent.lane.parents.add(parent);
}

function nestOf(parent: Call | null, host: Call | null): Nest {
  return { parent, host, children: new Set(), guest: null, guests: [] };
}

/** Forgets a call that is over. True if the own work of the one around it was over before, so that all of it is now. */
export function orphan(child: Call): boolean {
  const parent = child.nest?.parent ?? null;
  if (parent === null || parent.nest === null) return false;
  const { children, host } = parent.nest;
  if (!children.delete(child) || children.size > 0) return false;
  if (host === null) parent.lane.parents.delete(parent);
  return parent.state === 'settled';
}

/** Every call of these lanes from inside which others were made, inner ones included. */
export function parentsIn(lanes: readonly Lane[]): Nest[] {
  const found: Nest[] = [];
  const open = lanes.flatMap((lane) => [...lane.parents]);
  for (let call = open.pop(); call !== undefined; call = open.pop()) {
    if (call.nest === null || call.state === 'over') continue;
    found.push(call.nest);
    open.push(...call.nest.children);
  }
  return found;
}

/**
 * The lanes that wait for each other for ever now that `waiter`, made from inside a call that holds a slot, waits; null if
 * what it waits for will become free. A lane is stuck when all its slots are held by calls that only wait for calls
 * in stuck lanes.
 */
export function cycleOf(lanes: readonly Lane[], waiter: Call): readonly Lane[] | null {
  let stuck = new Set(
    lanes.filter((lane) => lane.own > 0 && lane.active >= lane.own && lane.parents.size === lane.active),
  );
  for (;;) {
    const still = new Set([...stuck].filter((lane) => [...lane.parents].every((call) => isBlocked(call, stuck))));
    if (still.size === stuck.size) return isBlocked(waiter, stuck) ? [...stuck] : null;
    stuck = still;
  }
}

/** Whether nothing that the call waits for can go on. A call that waits for nothing can. */
function isBlocked(call: Call, stuck: ReadonlySet<Lane>): boolean {
  if (call.state === 'waiting') {
    const guest = call.nest?.host?.nest?.guest ?? null;
    return guest === null ? stuck.has(call.lane) : isBlocked(guest, stuck);
  }
  const children = call.nest?.children;
  return children !== undefined && children.size > 0 && [...children].every((child) => isBlocked(child, stuck));
}
