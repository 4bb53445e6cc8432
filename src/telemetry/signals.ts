import type { SandboxType } from '../catalogue/lanes.ts';
import type { CoreEvent } from '../core/events.ts';
import type { BudgetUse } from '../protocol/rows.ts';
import type { LaneView } from '../protocol/snapshot.ts';

/** What happens outside core and is measured all the same. */
type PlatformEvent =
  | {
      readonly type: 'http_served';
      readonly status: number;
      /** Null for an event stream. */ readonly durationMs: number | null;
    }
  | { readonly type: 'store_flushed'; readonly spans: number; readonly durationMs: number }
  | { readonly type: 'spans_dropped'; readonly spans: number }
  | { readonly type: 'spans_exported'; readonly spans: number; readonly result: ExportResult };

export type ExportResult = 'success' | 'failure' | 'dropped';
export type TelemetryEvent = CoreEvent | PlatformEvent;

/** Values that exist elsewhere and are read when somebody scrapes. None of these may throw or wait. */
export interface Sources {
  lanes(): readonly LaneView[];
  /** Budgets in force; usd in nano-dollars. */
  budgets(): readonly BudgetUse[];
  /** `budgets.warn_at` of the config, e.g. 0.9. */
  warnAt(): number;
  /** Bytes. */
  memory(): { readonly rss: number; readonly heap: number; readonly external: number };
  /** Processor time over wall time since the last reading; 1 is one core. */
  cpuRatio(): number;
  /** Milliseconds since the epoch; null before the first. */
  lastCostReportAt(): number | null;
  /** The sandbox pools' places. */
  sandboxes(): readonly { readonly sandbox: SandboxType; readonly total: number; readonly available: number }[];
  /** Agents and configured models whose series start at 0; read once. */
  known(): { readonly agents: readonly string[]; readonly models: readonly string[] };
}
