import { amountText } from '../core/budget/meter.ts';
import type { CoreEvent } from '../core/events.ts';
import { usedText } from '../protocol/budget-words.ts';
import { exactUsd } from '../protocol/money.ts';
import { totalTokens } from '../protocol/rows.ts';
import type { EventLevel, EventView } from '../protocol/snapshot.ts';

const kept = 20;

/** The last events in a person's words. */
export class EventFeed {
  #events: EventView[] = [];
  #lastId = 0;

  /** True if a line was added. */
  observe(event: CoreEvent, at: number): boolean {
    const line = lineOf(event);
    if (line === null) return false;
    this.add({ at, ...line });
    return true;
  }

  add(event: Omit<EventView, 'id'>): void {
    this.#events = [...this.#events.slice(1 - kept), { id: ++this.#lastId, ...event }];
  }

  views(): readonly EventView[] {
    return this.#events;
  }
}

type Line = { level: EventLevel; runId: string | null; text: string };

function lineOf(event: CoreEvent): Line | null {
  const line = (level: EventLevel, runId: string | null, text: string): Line => ({ level, runId, text });
  switch (event.type) {
    case 'run_changed': {
      const { run, from } = event;
      if (from === run.status) return null;
      const level = run.status === 'failed' || run.status === 'budget_exceeded' ? 'error' : 'info';
      const why = run.error === null ? '' : `: ${run.error.message}`;
      const waiting = run.waiting === null ? '' : ` (${run.waiting})`;
      return line(level, run.runId, `Run ${run.g} ${run.status.replaceAll('_', ' ')}${waiting}${why}`);
    }
    case 'task_started':
      return line('info', event.task.runId, `Task “${event.task.title}” started`);
    case 'span_ended': {
      const { span } = event;
      if (span.kind !== 'tool' && span.kind !== 'chat') return null;
      const took = `${Math.round(span.durationMs ?? 0)} ms`;
      const failed = span.error === null ? '' : `: ${span.error}`;
      return line(span.error === null ? 'info' : 'warning', span.runId, `${span.name} (${took})${failed}`);
    }
    case 'call_settled':
      if (event.nusd === 0) return null;
      return line(
        'info',
        null,
        `${event.model}: ${totalTokens(event.tokens)} tokens, $${exactUsd(event.nusd)}${event.estimated ? ' (estimated)' : ''}`,
      );
    case 'call_timeout':
      return line(
        'warning',
        null,
        `A call in lane ${event.lane} ${event.phase === 'warning' ? 'runs long' : 'took too long and was stopped'}`,
      );
    case 'call_rejected':
      return line('warning', null, `A call in lane ${event.lane} was refused (${event.reason.replaceAll('_', ' ')})`);
    case 'budget_warning':
      return line('warning', event.runId, usedText(event.budget, null));
    case 'budget_overridden': {
      const { name, resource, limit } = event.override;
      return line('info', null, `Budget “${name}” (${resource}) is set to ${amountText(resource, limit)}`);
    }
    case 'budget_decided':
      return line('info', event.runId, `At the budget’s limit: ${event.decision.replaceAll('_', ' ')}`);
    case 'artefact':
      return line('info', event.artefact.runId, `Wrote ${event.artefact.path} (${event.artefact.size} bytes)`);
    case 'approval_asked':
      return line('warning', event.approval.runId, `Waits for you: ${event.approval.title}`);
    case 'issue':
      if (event.issue.closedAt !== null) return null;
      return line(event.issue.code === 'BUDGET_EXCEEDED' ? 'error' : 'warning', event.issue.runId, event.issue.message);
    case 'failure':
      return line('warning', event.runId, event.message);
    default:
      return null;
  }
}
