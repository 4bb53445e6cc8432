import { resumable, type StageName } from '../catalogue/states.ts';
import type { CoreEvent } from '../core/events.ts';
import type { RunRow } from '../protocol/rows.ts';
import type { RunView } from '../protocol/snapshot.ts';
import { TaskViews } from './task-views.ts';

const endedKept = 10;

interface Entry {
  row: RunRow;
  stage: StageName | null;
  readonly tasks: TaskViews;
  traceVersion: number;
  report: string | null;
}

/** Folds events into the runs a panel shows: those at work and the last ten that ended, newest first. */
export class RunViews {
  readonly #entries = new Map<string, Entry>();
  readonly #liveRow: (runId: string) => RunRow | null;

  constructor(liveRow: (runId: string) => RunRow | null) {
    this.#liveRow = liveRow;
  }

  /** True if a view changed. */
  observe(event: CoreEvent): boolean {
    switch (event.type) {
      case 'run_changed':
        this.#set(event.run);
        return true;
      case 'stage_started':
        return this.#change(event.runId, (entry) => {
          entry.stage = event.stage;
          this.#tell(entry, event);
        });
      case 'task_started':
      case 'task_changed':
      case 'task_ended':
        return this.#change(event.task.runId, (entry) => this.#tell(entry, event));
      case 'steps_left':
        return this.#change(event.runId, (entry) => this.#tell(entry, event));
      case 'task_span_event':
        return this.#change(event.span.runId, (entry) => {
          entry.traceVersion += 1;
          this.#tell(entry, event);
        });
      case 'span_started':
      case 'span_ended':
        return this.#change(event.span.runId, (entry) => (entry.traceVersion += 1));
      default:
        return false;
    }
  }

  reported(runId: string, path: string): void {
    this.#change(runId, (entry) => (entry.report = path));
  }

  views(): readonly RunView[] {
    return [...this.#entries.values()].reverse().map((entry) => this.#view(entry));
  }

  #view(entry: Entry): RunView {
    const row = this.#liveRow(entry.row.runId) ?? entry.row;
    const ended = row.endedAt !== null;
    return {
      runId: row.runId,
      g: row.g,
      prompt: row.prompt,
      model: row.model,
      agent: row.agent,
      status: row.status,
      waiting: row.waiting,
      stage: ended ? null : entry.stage,
      tasksDone: entry.tasks.done,
      tasksTotal: entry.tasks.total,
      tasks: entry.tasks.views(row.durationMs, ended),
      startedAt: row.startedAt,
      elapsedMs: row.durationMs,
      cost: row.cost,
      priceAs: row.priceAs,
      traceId: row.traceId,
      traceVersion: entry.traceVersion,
      // A person who stopped a run knows why it ended.
      error: row.status === 'cancelled' ? null : (row.error?.message ?? null),
      resumable: resumable.includes(row.status) && ended,
      report: entry.report,
    };
  }

  #set(row: RunRow): void {
    const known = this.#entries.get(row.runId);
    if (known !== undefined) {
      known.row = row;
      return;
    }
    this.#entries.set(row.runId, { row, stage: null, tasks: new TaskViews(), traceVersion: 0, report: null });
    const ended = [...this.#entries.values()].filter(({ row: { endedAt } }) => endedAt !== null);
    for (const old of ended.slice(0, Math.max(0, ended.length - endedKept))) this.#entries.delete(old.row.runId);
  }

  #tell(entry: Entry, event: CoreEvent): void {
    entry.tasks.observe(event, () => (this.#liveRow(entry.row.runId) ?? entry.row).durationMs);
  }

  #change(runId: string, change: (entry: Entry) => unknown): boolean {
    const entry = this.#entries.get(runId);
    if (entry === undefined) return false;
    change(entry);
    return true;
  }
}
