import type { Call, Lane, Nest } from './call.ts';

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
 * what it waits for will become free. A lane is stuck when as many calls as it has slots can never be over.
 */
export function cycleOf(lanes: readonly Lane[], waiter: Call): readonly Lane[] | null {
  let stuck: ReadonlySet<Lane> = new Set(lanes);
  for (;;) {
    const still = new Set([...stuck].filter((lane) => blockedIn(lane, stuck) >= lane.own));
    if (still.size === stuck.size) return isBlocked(waiter, stuck) ? [...stuck] : null;
    stuck = still;
  }
}

function blockedIn(lane: Lane, stuck: ReadonlySet<Lane>): number {
  let blocked = 0;
  for (const call of lane.parents) if (isBlocked(call, stuck)) blocked++;
  return blocked;
}

/** Whether the call can never be over: what it waits for is stuck, waits for the call itself, or can never be over. */
function isBlocked(call: Call, stuck: ReadonlySet<Lane>, path: ReadonlySet<Call> = new Set()): boolean {
  if (path.has(call)) return true;
  const further = new Set(path).add(call);
  if (call.state !== 'waiting') {
    return call.nest !== null && [...call.nest.children].some((child) => isBlocked(child, stuck, further));
  }
  const guest = call.nest?.host?.nest?.guest ?? null;
  return guest === null ? stuck.has(call.lane) : isBlocked(guest, stuck, further);
}
