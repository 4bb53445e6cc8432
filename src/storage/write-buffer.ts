import type { HaiosError } from '../core/errors.ts';
import { isHaiosError } from '../core/errors.ts';
import type { Write } from './storage.ts';
import type { Written } from './thread/messages.ts';
import { fromThreadError, toThreadError } from './thread/messages.ts';

export interface WriteBufferOptions {
  /** Most spans that may wait. */
  readonly maxBuffered: number;
  readonly send: (rows: readonly Write[]) => Promise<Written>;
  readonly onFlush: (flush: { durationMs: number; spans: number }) => void;
  readonly onDrop: (spans: number) => void;
  /** A row was refused or lost for good. */
  readonly onError: (error: HaiosError) => void;
}

const batchRows = 500;
const flushAfterMs = 100;
const retryAfterMs = 1_000;
/** Most characters of captured content that may wait. */
const mostContent = 64 * 1024 * 1024;

/**
 * Rows on their way to the writer thread. A row that is written again before it went replaces the first. Spans beyond
 * the limit, and spans that the database could not take, are dropped and counted; all other rows wait until they can be
 * written. At most one batch is under way, so rows arrive in the order they were given.
 */
export class WriteBuffer {
  readonly #options: WriteBufferOptions;
  #rows = new Map<string, Write>();
  #spans = 0;
  #content = 0;
  #timer: NodeJS.Timeout | null = null;
  #sending: Promise<boolean> | null = null;
  #closed = false;

  constructor(options: WriteBufferOptions) {
    this.#options = options;
  }

  add(rows: readonly Write[]): void {
    let dropped = 0;
    for (const row of rows) if (!this.#put(row)) dropped += 1;
    if (dropped > 0) this.#options.onDrop(dropped);
    if (this.#rows.size >= batchRows) void this.#send();
    else if (this.#rows.size > 0) this.#schedule(flushAfterMs);
  }

  /** Sends what waits at once, without waiting for an answer, unless a batch is under way. */
  kick(): void {
    if (this.#rows.size > 0) void this.#send();
  }

  /** Resolves when every row given so far is stored, was dropped, or was tried once in vain and waits on. */
  async flush(): Promise<void> {
    const before = new Set(this.#rows.values());
    if (this.#sending !== null && !(await this.#sending)) return;
    while ([...this.#rows.values()].some((row) => before.has(row))) if (!(await this.#send())) return;
  }

  /** Counts what is left as lost. */
  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#spans > 0) this.#options.onDrop(this.#spans);
    const others = this.#rows.size - this.#spans;
    if (others > 0) this.#lost(`${others} rows of runs, tasks or reports could not be stored before the end.`);
    this.#rows.clear();
    this.#spans = 0;
    this.#content = 0;
  }

  /** False if the row is a span and there is no room for it. */
  #put(row: Write): boolean {
    const key = keyOf(row);
    const old = this.#rows.get(key);
    if (row.type === 'span') {
      const isNew = old === undefined;
      if (this.#closed || (isNew && this.#spans >= this.#options.maxBuffered)) return false;
      if (this.#content + contentOf(row) > mostContent) return false;
      // A later row without content does not take away the content that waits.
      const payload = row.payload ?? (old?.type === 'span' ? old.payload : null);
      const merged = { ...row, payload };
      this.#content += contentOf(merged) - (old === undefined ? 0 : contentOf(old));
      if (isNew) this.#spans += 1;
      this.#rows.set(key, merged);
      return true;
    }
    if (this.#closed) this.#lost(`A row of type ${row.type} came after the end and is not stored.`);
    else this.#rows.set(key, row);
    return true;
  }

  /** One batch; true if it was stored. Never rejects. */
  async #send(): Promise<boolean> {
    if (this.#sending !== null) return this.#sending;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const batch = this.#take();
    this.#sending = this.#sendBatch(batch);
    let stored = false;
    try {
      stored = await this.#sending;
    } finally {
      this.#sending = null;
    }
    if (this.#rows.size > 0 && !this.#closed) {
      if (stored && this.#rows.size >= batchRows) void this.#send();
      else this.#schedule(stored ? flushAfterMs : retryAfterMs);
    }
    return stored;
  }

  async #sendBatch(batch: ReadonlyMap<string, Write>): Promise<boolean> {
    const rows = [...batch.values()];
    if (rows.length === 0) return true;
    try {
      const written = await this.#options.send(rows);
      this.#options.onFlush({ durationMs: written.durationMs, spans: written.spans });
      for (const sentence of written.refused) this.#lost(sentence);
      return true;
    } catch (error) {
      this.#failed(batch, error);
      return false;
    }
  }

  #failed(batch: ReadonlyMap<string, Write>, error: unknown): void {
    const spans = [...batch.values()].filter(({ type }) => type === 'span').length;
    if (spans > 0) this.#options.onDrop(spans);
    const others = [...batch].filter(([, row]) => row.type !== 'span');
    if (!isHaiosError(error) || error.code === 'INTERNAL') {
      // Not the database's fault: it would fail for ever.
      if (others.length > 0) this.#lost(`${others.length} rows are not stored: ${toThreadError(error).message}`);
      return;
    }
    // Back to the front, unless a newer version of the row waits.
    this.#rows = new Map([...others.filter(([key]) => !this.#rows.has(key)), ...this.#rows]);
  }

  #take(): ReadonlyMap<string, Write> {
    const batch = new Map<string, Write>();
    for (const [key, row] of this.#rows) {
      if (batch.size >= batchRows) break;
      batch.set(key, row);
      this.#rows.delete(key);
      if (row.type === 'span') this.#spans -= 1;
      this.#content -= contentOf(row);
    }
    return batch;
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

function keyOf(write: Write): string {
  switch (write.type) {
    case 'run':
      return `run ${write.row.runId}`;
    case 'task':
      return `task ${write.row.taskId}`;
    case 'span':
      return `span ${write.row.spanId}`;
    case 'artefact':
      return `artefact ${write.row.runId} ${write.row.at} ${write.row.sha256} ${write.row.path}`;
    case 'issue':
      return `issue ${write.row.issueId}`;
    case 'forecast':
      return `forecast ${write.row.runId}`;
    case 'report':
      return `report ${write.row.kind} ${write.row.g}`;
    case 'checkpoint':
    case 'checkpoint_gone':
      return `checkpoint ${write.runId}`;
  }
}

function contentOf(write: Write): number {
  return write.type === 'span' && write.payload !== null ? write.payload.input.length + write.payload.output.length : 0;
}
