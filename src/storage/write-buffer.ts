import type { HaiosError } from '../core/errors.ts';
import { isHaiosError } from '../core/errors.ts';
import { SpanQueue } from './span-queue.ts';
import type { RowWrite, SpanWrite, Write } from './storage.ts';
import type { WriteBatch, Written } from './thread/messages.ts';
import { fromThreadError, toThreadError } from './thread/messages.ts';

export interface WriteBufferOptions {
  /** Most spans that may wait. */
  readonly maxBuffered: number;
  readonly send: (batch: WriteBatch) => Promise<Written>;
  readonly onFlush: (flush: { durationMs: number; spans: number }) => void;
  readonly onDrop: (spans: number) => void;
  /** A row was refused or lost for good. */
  readonly onError: (error: HaiosError) => void;
}

const batchRows = 500;
const batchSpans = 2_000;
const flushAfterMs = 100;
const retryAfterMs = 1_000;
/** Most characters of captured content that may wait. */
const mostContent = 64 * 1024 * 1024;

interface Taken {
  readonly rows: ReadonlyMap<string, RowWrite>;
  readonly spans: WriteBatch['spans'];
}

/**
 * Rows on their way to the writer thread. Spans beyond the limit, and spans that the database could not take, are
 * dropped and counted. All other rows wait until they can be written; one that is written again before it went replaces
 * the first. At most one batch is under way, so rows arrive in the order they were given.
 */
export class WriteBuffer {
  readonly #options: WriteBufferOptions;
  readonly #spans = new SpanQueue(batchSpans);
  #rows = new Map<string, RowWrite>();
  #timer: NodeJS.Timeout | null = null;
  #sending: Promise<boolean> | null = null;
  #closed = false;

  constructor(options: WriteBufferOptions) {
    this.#options = options;
  }

  add(rows: readonly Write[]): void {
    let dropped = 0;
    for (const row of rows) {
      if (row.type !== 'span') this.#put(row);
      else if (this.#hasRoom(row)) this.#spans.add(row);
      else dropped += 1;
    }
    if (dropped > 0) this.#options.onDrop(dropped);
    if (this.#sending !== null) return;
    if (this.#isFull()) void this.#send();
    else if (this.#isWaiting()) this.#schedule(flushAfterMs);
  }

  /** Sends what waits at once, without waiting for an answer, unless a batch is under way. */
  kick(): void {
    if (this.#isWaiting()) void this.#send();
  }

  /** Resolves when every row given so far is stored, was dropped, or was tried once in vain and waits on. */
  async flush(): Promise<void> {
    const rows = new Set(this.#rows.values());
    const spans = this.#spans.added;
    const isLeft = (): boolean => this.#spans.taken < spans || [...this.#rows.values()].some((row) => rows.has(row));
    if (this.#sending !== null && !(await this.#sending)) return;
    while (isLeft()) if (!(await this.#send())) return;
  }

  /** Counts what is left as lost. */
  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#spans.size > 0) this.#options.onDrop(this.#spans.size);
    const others = this.#rows.size;
    if (others > 0) this.#lost(`${others} rows of runs, tasks or reports could not be stored before the end.`);
    this.#rows.clear();
    this.#spans.clear();
  }

  #hasRoom({ payload }: SpanWrite): boolean {
    if (this.#closed || this.#spans.size >= this.#options.maxBuffered) return false;
    return payload === null || this.#spans.content + payload.input.length + payload.output.length <= mostContent;
  }

  #isFull(): boolean {
    return this.#spans.size >= batchSpans || this.#rows.size >= batchRows;
  }

  #isWaiting(): boolean {
    return this.#spans.size > 0 || this.#rows.size > 0;
  }

  #put(row: RowWrite): void {
    if (this.#closed) this.#lost(`A row of type ${row.type} came after the end and is not stored.`);
    else this.#rows.set(keyOf(row), row);
  }

  /** One batch; true if it was stored. Never rejects. */
  async #send(): Promise<boolean> {
    if (this.#sending !== null) return this.#sending;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#sending = this.#sendBatch({ rows: this.#takeRows(), spans: this.#spans.take() });
    let stored = false;
    try {
      stored = await this.#sending;
    } finally {
      this.#sending = null;
    }
    if (this.#isWaiting() && !this.#closed) {
      if (stored && this.#isFull()) void this.#send();
      else this.#schedule(stored ? flushAfterMs : retryAfterMs);
    }
    return stored;
  }

  async #sendBatch(batch: Taken): Promise<boolean> {
    if (batch.rows.size + batch.spans.count === 0) return true;
    try {
      const written = await this.#options.send({ rows: [...batch.rows.values()], spans: batch.spans });
      this.#options.onFlush({ durationMs: written.durationMs, spans: written.spans });
      for (const sentence of written.refused) this.#lost(sentence);
      return true;
    } catch (error) {
      this.#failed(batch, error);
      return false;
    }
  }

  #failed({ rows, spans }: Taken, error: unknown): void {
    if (spans.count > 0) this.#options.onDrop(spans.count);
    if (!isHaiosError(error) || error.code === 'INTERNAL') {
      // Not the database's fault: it would fail for ever.
      if (rows.size > 0) this.#lost(`${rows.size} rows are not stored: ${toThreadError(error).message}`);
      return;
    }
    // Back to the front, unless a newer version of the row waits.
    this.#rows = new Map([...[...rows].filter(([key]) => !this.#rows.has(key)), ...this.#rows]);
  }

  #takeRows(): ReadonlyMap<string, RowWrite> {
    const taken = new Map<string, RowWrite>();
    for (const [key, row] of this.#rows) {
      if (taken.size >= batchRows) break;
      taken.set(key, row);
      this.#rows.delete(key);
    }
    return taken;
  }

  #schedule(ms: number): void {
    if (this.#timer !== null || this.#sending !== null || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#send();
    }, ms);
  }

  #lost(message: string): void {
    this.#options.onError(fromThreadError({ code: 'INTERNAL', message, details: {} }));
  }
}

function keyOf(write: RowWrite): string {
  switch (write.type) {
    case 'run':
      return `run ${write.row.runId}`;
    case 'task':
      return `task ${write.row.taskId}`;
    case 'artefact':
      return `artefact ${write.row.runId} ${write.row.at} ${write.row.sha256} ${write.row.path}`;
    case 'issue':
      return `issue ${write.row.issueId}`;
    case 'forecast':
      return `forecast ${write.row.runId}`;
    case 'report':
      return `report ${write.row.kind} ${write.row.g}`;
    case 'report_once':
      return `report once ${write.artefact.runId}`;
    case 'checkpoint':
    case 'checkpoint_gone':
      return `checkpoint ${write.runId}`;
  }
}
