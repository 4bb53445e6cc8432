import type { CoreEvent } from '../core/events.ts';
import type { Guards } from '../core/lanes/worker-call.ts';
import type { Clock } from '../core/ports.ts';
import { usedText } from '../protocol/budget-words.ts';
import type { Notice } from '../protocol/messages.ts';
import type { IssueRow, RunRow } from '../protocol/rows.ts';
import type { ApprovalView, BudgetStopView, RuntimeView } from '../protocol/snapshot.ts';
import type { Storage } from '../storage/storage.ts';
import type { Redactor } from '../telemetry/redact.ts';
import { BudgetStops } from './budget-stops.ts';
import { BudgetWatch } from './budget-watch.ts';
import { EventFeed } from './event-feed.ts';
import { RunViews } from './run-views.ts';
import { laneViews, Snapshots } from './snapshots.ts';
import { Today } from './today.ts';

const issuesShown = 20;

export interface BoardOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly redactor: Redactor;
  readonly guards: Guards;
  readonly runtime: () => RuntimeView;
  readonly liveRow: (runId: string) => RunRow | null;
  readonly approvals: () => readonly ApprovalView[];
  readonly warnAt: () => number;
  readonly observe: (event: CoreEvent) => void;
  readonly notice: (notice: Notice) => void;
  /** Hears of each run that begins to wait for a budget, once. */
  readonly stopped: (stop: BudgetStopView) => void;
}

/** What people see of the runtime: folded from its events into one snapshot, told to persons where it must be. */
export interface Board {
  readonly snapshots: Snapshots;
  readonly budgets: BudgetWatch;
  readonly feed: EventFeed;
  readonly runs: RunViews;
  readonly today: Today;
  observe(event: CoreEvent): void;
}

export async function openBoard(options: BoardOptions): Promise<Board> {
  const { storage, clock, redactor, guards, observe, notice } = options;
  let issues: readonly IssueRow[] = [...(await storage.reader.issues({ open: true, limit: issuesShown }))].reverse();
  const feed = new EventFeed();
  const runs = new RunViews(options.liveRow);
  const stops = new BudgetStops(options.stopped);
  const today = new Today(storage.reader, clock);
  const budgets = new BudgetWatch(options.warnAt, clock, (budget, runId) =>
    observe({ type: 'budget_warning', budget, runId }),
  );
  const snapshots = new Snapshots(
    {
      runtime: options.runtime,
      runs: () => redactor.value(runs.views()),
      lanes: () => laneViews(guards),
      global: () => guards.scheduler.status().global,
      budgets: () => budgets.views(),
      today: () => today.view(),
      approvals: options.approvals,
      stops: () => stops.views(),
      issues: () => issues,
      events: () => redactor.value(feed.views()),
    },
    clock,
  );
  const touch = snapshots.touch.bind(snapshots);

  return {
    snapshots,
    budgets,
    feed,
    runs,
    today,
    observe(event) {
      if (runs.observe(event)) touch('runs');
      if (feed.observe(event, clock.now())) touch('events');
      if (budgets.observe(event)) touch('budgets');
      if (today.observe(event)) touch('today');
      if (stops.observe(event)) touch('stops');
      switch (event.type) {
        case 'lane_changed':
          touch('lanes', 'global');
          break;
        case 'approval_asked':
        case 'approval_answered':
          touch('approvals', 'runs');
          break;
        case 'issue':
          issues = [...issues.filter(({ issueId }) => issueId !== event.issue.issueId), event.issue].slice(
            -issuesShown,
          );
          touch('issues');
          if (event.issue.closedAt !== null) break;
          notice(noticeOf(event.issue));
          break;
        case 'budget_warning': {
          const { budget, runId } = event;
          const g = runs.views().find((run) => run.runId === runId)?.g ?? null;
          notice({ level: 'warning', code: 'BUDGET_WARNING', message: `${usedText(budget, g)}.`, runId, budget });
          break;
        }
        default:
          break;
      }
    },
  };
}

/** What a person is told of an issue that was raised: by its own code, as an error only when it stopped a run. */
export function noticeOf({ code, message, runId }: IssueRow): Notice {
  return { level: code === 'BUDGET_EXCEEDED' ? 'error' : 'warning', code, message, runId };
}
