import type { RunRow } from '../../protocol/rows.ts';
import type { RunView } from '../../protocol/snapshot.ts';

/** What a new list of live runs means for a tree that shows older rows. */
export interface RunChanges {
  /** Runs that the tree has no row for. */
  readonly unknown: boolean;
  /** Runs to draw again, with their children. */
  readonly changed: readonly string[];
  /** Those of `changed` whose row is to be read again, since they began or ended. */
  readonly stale: readonly string[];
}

/** Compares live runs with what was seen before; `seen` is brought up to date. Only trace and status count, not the clock. */
export function compareRuns(
  views: readonly RunView[],
  rows: ReadonlyMap<string, RunRow>,
  seen: Map<string, string>,
): RunChanges {
  const changed: string[] = [];
  const stale: string[] = [];
  let unknown = false;
  for (const view of views) {
    const mark = `${view.status} ${view.waiting ?? ''}`;
    const key = `${mark} ${view.traceVersion}`;
    const before = seen.get(view.runId);
    if (before === key) continue;
    seen.set(view.runId, key);
    if (!rows.has(view.runId)) {
      unknown = true;
      continue;
    }
    changed.push(view.runId);
    if (before === undefined || !before.startsWith(`${mark} `)) stale.push(view.runId);
  }
  return { unknown, changed, stale };
}
