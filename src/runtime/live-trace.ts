import type { CoreEvent } from '../core/events.ts';
import { rowOf } from '../core/trace.ts';
import type { SpanRow } from '../protocol/rows.ts';

const maxSpansPerRun = 5000;

/**
 * The spans of runs at work, so that a tree is live before its spans are on disk. They are kept alive, not copied.
 * Bounded; ended runs are forgotten.
 */
export class LiveTrace {
  readonly #runs = new Map<string, SpanRow[]>();

  observe(event: CoreEvent): void {
    if (event.type !== 'span_started') return;
    const { span } = event;
    const spans = this.#runs.get(span.runId);
    if (spans === undefined) this.#runs.set(span.runId, [span]);
    else if (spans.length < maxSpansPerRun) spans.push(span);
  }

  /** To be called when the run's last span is on disk. */
  forget(runId: string): void {
    this.#runs.delete(runId);
  }

  /** Stored rows with the live ones laid over them, in order of their start. */
  merge(runId: string, stored: readonly SpanRow[], parentSpanId: string | null | undefined): readonly SpanRow[] {
    const live = this.#runs.get(runId);
    if (live === undefined) return stored;
    const rows = new Map(stored.map((row) => [row.spanId, row]));
    const children = new Map<string, number>();
    for (const span of live) {
      if (span.parentSpanId !== null) children.set(span.parentSpanId, (children.get(span.parentSpanId) ?? 0) + 1);
      if (parentSpanId === undefined || span.parentSpanId === parentSpanId) rows.set(span.spanId, rowOf(span));
    }
    return [...rows.values()]
      .map((row) => ({ ...row, children: Math.max(row.children, children.get(row.spanId) ?? 0) }))
      .sort((a, b) => a.startedAt - b.startedAt);
  }
}
