import type { Priority } from '../catalogue/lanes.ts';
import { triage } from '../core/agent/triage.ts';
import { HaiosError } from '../core/errors.ts';
import { predict, type Prediction } from '../core/forecast/predict.ts';
import type { TimeoutSettings } from '../core/lanes/adaptive-timeouts.ts';
import { Scope } from '../core/lanes/scope.ts';
import { workerCall, type WorkerCallDeps } from '../core/lanes/worker-call.ts';
import type { Ids } from '../core/ports.ts';
import { Tracer, type Span } from '../core/trace.ts';
import type { Forecast } from '../protocol/messages.ts';
import type { ForecastRow, Reader, Write } from '../storage/storage.ts';
import type { Redactor } from '../telemetry/redact.ts';
import { countFiles } from '../tools/count-files.ts';

const patienceMs = 2000;
const timeouts: TimeoutSettings = {
  defaultMs: patienceMs,
  factor: 1,
  graceMs: 0,
  adaptive: false,
  adaptiveMinMs: patienceMs,
};
const mostPast = 500;
const mostFiles = 20_000;
const countMs = 500;
const freshMs = 60_000;
const mostKept = 32;
/** Runs that come while so many wait for theirs begin without one. */
const mostWaiting = 8;

export interface ForecastsOptions extends WorkerCallDeps {
  readonly reader: Pick<Reader, 'pastRuns'>;
  readonly write: (rows: readonly Write[]) => void;
  readonly redactor: Redactor;
  readonly ids: Ids;
  /** A run goes on without the forecast that failed. */
  readonly onError: (error: unknown) => void;
}

/** A run that is about to begin. */
export interface Coming {
  readonly prompt: string;
  /** Its real path. */
  readonly workspace: string | null;
  readonly model: string;
  readonly priceAs: string | null;
}

interface Place {
  readonly tracer: Tracer;
  readonly parent: Span;
  readonly signal: AbortSignal;
  readonly priority: Priority;
}
interface Made extends Prediction {
  readonly row: Omit<ForecastRow, 'runId'>;
}

/** Makes forecasts in the `forecast_model` lane. One that was shown is the one that its run is then judged by. */
export class Forecasts {
  readonly #o: ForecastsOptions;
  readonly #made = new Map<string, Made>();
  #waiting = 0;
  readonly #files = new Map<string, { readonly at: number; readonly count: Promise<number> }>();

  constructor(options: ForecastsOptions) {
    this.#o = options;
  }

  /** For a person who is about to start it. Throws TIMEOUT after two seconds, and what a worker call throws. */
  async ask(coming: Coming): Promise<Forecast> {
    const { clock, ids } = this.#o;
    // It belongs to no run, so its span is kept nowhere.
    const tracer = new Tracer({ traceId: ids.traceId(), runId: '', common: {} }, clock, ids, () => undefined);
    const parent = tracer.start({ name: 'plan', kind: 'plan', parent: null });
    const place = { tracer, parent, signal: new AbortController().signal, priority: 'high' } as const;
    return (await this.#make(coming, place)).forecast;
  }

  /** For a run: what its context's `expectedStepNusd` is. What was predicted is recorded with the run. */
  forRun(runId: string, coming: Coming, place: Omit<Place, 'parent'>): (parent: Span) => Promise<number | null> {
    let stepNusd: Promise<number | null> | undefined;
    const record = async (parent: Span): Promise<number | null> => {
      if (this.#waiting >= mostWaiting) return null;
      this.#waiting += 1;
      try {
        const made = await this.#make(coming, { ...place, parent });
        this.#o.write([{ type: 'forecast', row: { ...made.row, runId } }]);
        return made.stepNusd;
      } catch (error) {
        this.#o.onError(error);
        return null;
      } finally {
        this.#waiting -= 1;
      }
    };
    return (parent) => (stepNusd ??= record(parent));
  }

  /** History has grown: what was reckoned before is reckoned anew. */
  forget(): void {
    this.#made.clear();
  }

  async #make(coming: Coming, place: Place): Promise<Made> {
    const { clock } = this.#o;
    const key = JSON.stringify(coming);
    const known = this.#made.get(key);
    if (known !== undefined && isFresh(known.row.at, clock.now())) return known;
    const made = await this.#inTime(place.signal, (signal) =>
      workerCall(
        {
          ...place,
          lane: 'forecast_model',
          signal,
          what: 'forecast',
          scope: new Scope({ signal }),
          timeouts,
          run: async ({ span }) => {
            const reckoned = await this.#reckon(coming);
            span.set({ 'haios.forecast.samples': reckoned.forecast.samples });
            return reckoned;
          },
        },
        this.#o,
      ),
    );
    keep(this.#made, key, made);
    return made;
  }

  async #reckon({ prompt, workspace, model, priceAs }: Coming): Promise<Made> {
    const { clock, reader, redactor } = this.#o;
    const stored = redactor.text(prompt);
    const [workspaceFiles, past] = await Promise.all([
      workspace === null ? null : this.#count(workspace),
      reader.pastRuns({ model, prompt: stored, limit: mostPast }),
    ]);
    const { type } = triage(prompt);
    const features = { type, promptChars: Array.from(stored).length, workspaceFiles };
    const at = clock.now();
    const prediction = predict({ ...features, model, priceAs }, past, at);
    return { ...prediction, row: { ...features, at, forecast: prediction.forecast } };
  }

  #count(workspace: string): Promise<number> {
    const now = this.#o.clock.now();
    const known = this.#files.get(workspace);
    if (known !== undefined && isFresh(known.at, now)) return known.count;
    const end = new AbortController();
    const cancel = this.#o.clock.after(countMs, () => end.abort());
    const count = countFiles(workspace, mostFiles, end.signal).finally(cancel);
    keep(this.#files, workspace, { at: now, count });
    return count;
  }

  /** Gives up after a while, even on work that does not heed its signal and keeps its slot. */
  async #inTime<T>(outer: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const late = new AbortController();
    const signal = AbortSignal.any([outer, late.signal]);
    const cancel = this.#o.clock.after(patienceMs, () =>
      late.abort(new HaiosError('TIMEOUT', `No forecast was made within ${patienceMs / 1000} s.`)),
    );
    try {
      return await Promise.race([work(signal), rejection(signal)]);
    } finally {
      cancel();
    }
  }
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void => reject(signal.reason as Error);
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}

function isFresh(at: number, now: number): boolean {
  return now >= at && now - at < freshMs;
}

function keep<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > mostKept && oldest !== undefined) map.delete(oldest);
}
