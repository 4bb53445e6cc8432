import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Ids } from '../../src/core/ports.ts';
import { Tracer } from '../../src/core/trace.ts';
import type { Forecast } from '../../src/protocol/messages.ts';
import type { SpanRow } from '../../src/protocol/rows.ts';
import { Forecasts } from '../../src/runtime/forecasts.ts';
import type { Reader, Write } from '../../src/storage/storage.ts';
import { createRedactor } from '../../src/telemetry/redact.ts';
import { countingIds, fakeClock, type FakeClock } from '../support/fake-clock.ts';
import { guards } from '../support/lanes.ts';
import { rows, startRuntime, withFolder } from '../support/runtime.ts';
import { writeSampleTree } from '../support/sample-tree.ts';

const prompt = 'todo';
const secret = 'sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789';

describe('a forecast', () => {
  it('comes of the runs before, is kept with the run it was made for, and judged in the report', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder);
      const runtime = await startRuntime({ folder, workspace, settings: { price_as: 'gpt-5-mini' } });
      const ask = (): Promise<Forecast> => runtime.client.request('forecast', { prompt, workspace, model: null });
      try {
        const before = await ask();
        assert.deepEqual(before, { kind: 'not_enough_history', samples: 0 });
        const runs: string[] = [];
        for (let i = 0; i < 6; i += 1) {
          const { run, status } = await runtime.run({ prompt });
          assert.equal(status, 'succeeded');
          runs.push(run);
        }
        const after = await ask();
        assert.equal(after.kind, 'range');
        assert.equal(after.samples, 6);
        const costs = rows(join(folder, 'haios.db'), 'SELECT usd_nusd AS nusd FROM runs ORDER BY g') as {
          nusd: number;
        }[];
        assert.ok(costs.every(({ nusd }) => nusd > 0));
        assert.deepEqual(after.kind === 'range' ? after.nusd?.middle : null, costs[0]?.nusd);

        const made = rows(
          join(folder, 'haios.db'),
          `SELECT run_id, type, prompt_chars, samples, high_tokens IS NOT NULL AS ranged, workspace_files > 0 AS counted
           FROM forecasts JOIN runs USING (run_id) ORDER BY g`,
        );
        assert.deepEqual(
          made,
          runs.map((run_id, i) => ({
            run_id,
            type: 'inspect',
            prompt_chars: 4,
            samples: i,
            ranged: i < 5 ? 0 : 1,
            counted: 1,
          })),
        );

        const { text } = await runtime.client.request('report', {
          ...{ days: 7, range: null, format: 'json', priceAs: null, out: '-', workspace: null },
        });
        const report = JSON.parse(text) as {
          forecasts: { runs: number; measures: { measure: string; of: number; within: number }[] };
          forecasts_sql: string;
        };
        assert.equal(report.forecasts.runs, 6);
        assert.deepEqual(
          report.forecasts.measures.map(({ measure, of }) => [measure, of]),
          ['duration', 'tokens', 'usd', 'memory'].map((measure) => [measure, 1]),
        );
        const [duration, tokens, usd, memory] = report.forecasts.measures.map(({ within }) => within);
        assert.deepEqual([tokens, usd], [1, 1], 'the offline model answers the same prompt with the same tokens');
        assert.deepEqual(rows(join(folder, 'haios.db'), report.forecasts_sql), [
          {
            ...{ runs: 6, duration_ms_of: 1, tokens_of: 1, usd_nusd_of: 1, mem_bytes_of: 1 },
            ...{ duration_ms_within: duration, tokens_within: tokens, usd_nusd_within: usd, mem_bytes_within: memory },
          },
        ]);

        const spans: readonly SpanRow[] = await runtime.client.request('trace', { run: runs[1] ?? '' });
        const span = spans.find(({ lane }) => lane === 'forecast_model');
        const triage = spans.find(({ stage }) => stage === 'triage');
        assert.deepEqual(
          [span?.name, span?.status, span?.parentSpanId, span?.attributes['haios.forecast.samples']],
          ['worker_call:forecast_model', 'ok', triage?.spanId, 1],
        );
      } finally {
        await runtime.stop(5000);
      }
    }));

  it('was shown, so it is the one that its run is judged by; and its prompt is stored nowhere as it was', () =>
    withFolder(async (folder) => {
      const runtime = await startRuntime({ folder });
      const query = { prompt: `What is ${secret}?`, workspace: null, model: 'offline' } as const;
      try {
        await runtime.client.request('forecast', query);
        const { run } = await runtime.run(query);
        const spans: readonly SpanRow[] = await runtime.client.request('trace', { run });
        assert.deepEqual(
          spans.filter(({ lane }) => lane === 'forecast_model'),
          [],
        );
        assert.deepEqual(
          rows(join(folder, 'haios.db'), 'SELECT type, workspace_files FROM forecasts WHERE run_id = ?', run),
          [{ type: 'question', workspace_files: null }],
        );
        await runtime.run(query);
        await runtime.run(query);
        assert.deepEqual(
          rows(
            join(folder, 'haios.db'),
            'SELECT samples, prompt_chars = length(prompt) AS as_stored FROM forecasts JOIN runs USING (run_id) ORDER BY g',
          ),
          [0, 1, 2].map((samples) => ({ samples, as_stored: 1 })),
        );
        for (const wrong of [
          { ...query, prompt: ' ' },
          { ...query, workspace: join(folder, 'absent') },
          { ...query, model: 'ofline' },
        ]) {
          await assert.rejects(runtime.client.request('forecast', wrong));
        }
      } finally {
        await runtime.stop(5000);
      }
    }));

  it('keeps no run waiting: without an answer within two seconds there is none, and the lane is free again', async () => {
    const clock = fakeClock();
    const ids = countingIds();
    const silent = heldReader();
    const { forecasts, scheduler, errors, written } = unit(clock, ids, silent.reader);
    const tracer = new Tracer({ traceId: ids.traceId(), runId: 'run', common: {} }, clock, ids, () => undefined);
    const parent = tracer.start({ name: 'triage', kind: 'stage', parent: null });
    const place = { tracer, signal: new AbortController().signal, priority: 'normal' } as const;
    const coming = { prompt, workspace: null, model: 'm', priceAs: null };
    const first = forecasts.forRun('run', coming, place);
    const second = forecasts.forRun('run-2', { ...coming, prompt: 'links' }, place);
    const answers = [first(parent), second(parent), first(parent)];
    const more = Array.from({ length: 7 }, (_, i) => forecasts.forRun(`more-${i}`, coming, place));
    const soon = more.map((forecast) => forecast(parent));
    assert.equal(await soon[6], null, 'eight wait already');
    await clock.advance(1999);
    assert.deepEqual(scheduler.status().lanes.forecast_model.active, 1);
    await clock.advance(1);
    assert.deepEqual(await Promise.all(answers), [null, null, null]);
    assert.deepEqual(await Promise.all(soon), Array(7).fill(null));
    assert.equal(errors.length, 8);
    assert.deepEqual(written, []);
    // What does not heed its signal keeps its slot until it ends.
    assert.equal(scheduler.status().lanes.forecast_model.active, 1);
    silent.answer();
    await clock.advance(0);
    assert.equal(scheduler.status().lanes.forecast_model.active, 0);
    assert.equal(clock.pending(), 0);
  });

  it('is made once for what is asked twice within a minute, until a run has ended', async () => {
    const clock = fakeClock();
    const ids = countingIds();
    let read = 0;
    const { forecasts } = unit(clock, ids, { pastRuns: async () => (read++, []) });
    const coming = { prompt, workspace: null, model: 'm', priceAs: null };
    for (let i = 0; i < 2; i += 1) await forecasts.ask(coming);
    assert.equal(read, 1);
    await forecasts.ask({ ...coming, model: 'n' });
    assert.equal(read, 2);
    await clock.advance(60_000);
    await forecasts.ask(coming);
    assert.equal(read, 3);
    forecasts.forget();
    await forecasts.ask(coming);
    assert.equal(read, 4);
    clock.setWall(0);
    await forecasts.ask(coming);
    assert.equal(read, 5);
  });
});

function heldReader(): { reader: Pick<Reader, 'pastRuns'>; answer: () => void } {
  let answer = (): void => undefined;
  const held = new Promise<readonly []>((resolve) => (answer = () => resolve([])));
  return { reader: { pastRuns: () => held }, answer: () => answer() };
}

function unit(clock: FakeClock, ids: Ids, reader: Pick<Reader, 'pastRuns'>) {
  const errors: unknown[] = [];
  const written: Write[] = [];
  const laneGuards = guards(clock);
  const forecasts = new Forecasts({
    reader,
    write: (rows) => void written.push(...rows),
    guards: laneGuards,
    clock,
    ids,
    observe: () => undefined,
    redactor: createRedactor({ secrets: () => [] }),
    onError: (error) => errors.push(error),
  });
  return { forecasts, scheduler: laneGuards.scheduler, errors, written };
}
