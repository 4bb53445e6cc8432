import type { Snapshot, SnapshotDelta } from '../../protocol/snapshot.ts';

/**
 * Applies a delta. An old one (already contained) leaves the snapshot as it is; `gap` means that one in between
 * was missed, and that a whole snapshot must be asked for.
 */
export function fold(snapshot: Snapshot, delta: SnapshotDelta): Snapshot | 'gap' {
  if (delta.seq <= snapshot.seq) return snapshot;
  if (delta.seq !== snapshot.seq + 1) return 'gap';
  return { ...snapshot, ...delta.changed, seq: delta.seq };
}
