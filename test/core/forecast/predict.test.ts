import assert from 'node:assert/strict';
import fc from 'fast-check';
import { generator } from '../../support/generator.ts';
import { taskTypes } from '../../../src/catalogue/states.ts';
import { likeness, type PastRun } from '../../../src/core/forecast/likeness.ts';
import { minSamples, predict, type ForecastFor } from '../../../src/core/forecast/predict.ts';
import type { Forecast } from '../../../src/protocol/messages.ts';

const now = Date.UTC(2026, 10, 20);
const dayMs = 86_400_000;
const query: ForecastFor = { type: 'inspect', promptChars: 100, model: 'm', workspaceFiles: 300, priceAs: null };

function past(change: Partial<PastRun> = {}): PastRun {
  return {
    type: 'inspect',
    promptChars: 100,
    model: 'm',
    workspaceFiles: 300,
    samePrompt: false,
    endedAt: now - dayMs,
    durationMs: 60_000,
    tokens: 1000,
    nusd: 5_000_000,
    priceAs: null,
    memBytes: 1 << 20,
    tasks: 1,
    ...change,
  };
}

const times = (n: number, make: (i: number) => Partial<PastRun>): PastRun[] =>
  Array.from({ length: n }, (_, i) => past(make(i)));

function rangeIn(forecast: Forecast): Extract<Forecast, { kind: 'range' }> {
  assert.equal(forecast.kind, 'range');
  return forecast;
}

describe('core/forecast: what a run usually takes', () => {
  it('is not said from fewer runs than five that are like it', () => {
    const few = times(minSamples - 1, () => ({}));
    const none = { kind: 'not_enough_history', samples: 4 };
    assert.deepEqual(predict(query, few, now), { forecast: none, stepNusd: null });
    const unlike = [past({ model: 'other' }), past({ type: 'change', promptChars: 100_000, workspaceFiles: 9 })];
    assert.deepEqual(predict(query, [...few, ...unlike], now).forecast, none);
    assert.equal(predict(query, [...few, past()], now).forecast.kind, 'range');
    assert.deepEqual(predict(query, [], now).forecast, { kind: 'not_enough_history', samples: 0 });
  });

  it('gives time, tokens, money and memory of runs like it', () => {
    const runs = times(19, (i) => ({
      durationMs: 1000 * (i + 1),
      tokens: 10 * (i + 1),
      nusd: 100 * (i + 1),
      memBytes: i + 1,
    }));
    assert.deepEqual(predict(query, runs, now), {
      forecast: {
        kind: 'range',
        samples: 19,
        durationMs: { low: 2000, middle: 10_000, high: 18_000 },
        tokens: { low: 20, middle: 100, high: 180 },
        nusd: { low: 200, middle: 1000, high: 1800 },
        memBytes: { low: 2, middle: 10, high: 18 },
      },
      stepNusd: 1800,
    });
  });

  it('goes by runs of the same prompt alone as soon as there are enough', () => {
    const same = (n: number): PastRun[] => times(n, () => ({ samePrompt: true, tokens: 50_000, type: 'question' }));
    const others = times(40, () => ({ tokens: 100 }));
    const tokens = (runs: readonly PastRun[]): unknown => {
      const { samples, tokens } = rangeIn(predict(query, runs, now).forecast);
      return { samples, ...tokens };
    };
    assert.deepEqual(tokens([...others, ...same(5)]), { samples: 5, low: 50_000, middle: 50_000, high: 50_000 });
    assert.deepEqual(tokens([...others, ...same(4)]), { samples: 44, low: 100, middle: 100, high: 100 });
  });

  it('counts a run less with each difference, and by its age a little', () => {
    const weight = (change: Partial<PastRun>): number => likeness(query, past({ endedAt: now, ...change }), now);
    assert.equal(weight({ samePrompt: true }), 1);
    assert.equal(weight({}), 0.5);
    assert.equal(weight({ type: 'change' }), 0.125);
    assert.equal(weight({ promptChars: 100 * 16 }), 0.25);
    assert.equal(weight({ workspaceFiles: 300 * 16 }), 0.25);
    assert.equal(weight({ workspaceFiles: null }), 2 ** -1.5);
    assert.equal(weight({ endedAt: now - 90 * dayMs }), 0.25);
    assert.equal(weight({ endedAt: now - 9000 * dayMs }), 0.125);
    assert.equal(weight({ endedAt: now + dayMs }), 0.5);
    assert.equal(weight({ model: 'other', samePrompt: true }), 0);
    assert.equal(weight({ type: 'change', promptChars: 100 * 256 }), 0);
  });

  it('takes no money from runs without a price or reckoned as another model, and none where all was free', () => {
    const unpriced = times(30, () => ({ nusd: null }));
    const reckoned = times(30, () => ({ priceAs: 'gpt-5', nusd: 9_000_000 }));
    const priced = times(9, () => ({ nusd: 700 }));
    assert.equal(rangeIn(predict(query, unpriced, now).forecast).nusd, null);
    assert.equal(rangeIn(predict(query, [...unpriced.slice(0, 9), ...priced.slice(1, 5)], now).forecast).nusd, null);
    assert.equal(rangeIn(predict(query, reckoned, now).forecast).nusd, null);
    const mixed = predict(query, [...reckoned.slice(0, 20), ...unpriced.slice(0, 20), ...priced], now);
    assert.deepEqual(rangeIn(mixed.forecast).nusd, { low: 700, middle: 700, high: 700 });
    const free = predict(
      query,
      times(9, () => ({ nusd: 0 })),
      now,
    );
    assert.deepEqual([rangeIn(free.forecast).nusd, free.stepNusd], [null, null]);
  });

  it('knows what one step of a decomposed run costs', () => {
    const runs = times(9, () => ({ nusd: 900, tasks: 4 }));
    assert.equal(predict(query, runs, now).stepNusd, 300);
    assert.equal(
      predict(
        query,
        times(9, () => ({ nusd: 900, tasks: 0 })),
        now,
      ).stepNusd,
      900,
    );
  });

  it('leaves out what is no amount', () => {
    const wrong = [Number.NaN, -1, Number.POSITIVE_INFINITY].flatMap((value) => [
      past({ durationMs: value }),
      past({ tokens: value }),
      past({ nusd: value }),
      past({ memBytes: value }),
      past({ tasks: value }),
    ]);
    assert.deepEqual(predict(query, wrong, now).forecast, { kind: 'not_enough_history', samples: 0 });
    assert.deepEqual(predict(query, [past({ promptChars: Number.NaN })], now).forecast, {
      kind: 'not_enough_history',
      samples: 0,
    });
  });

  it('is ordered, whole and from 0, whatever the history and in whatever order', () => {
    const anyAmount = fc.oneof(fc.nat(1e6), fc.double());
    const anyRun = fc.record({
      type: fc.constantFrom(...taskTypes),
      promptChars: fc.oneof(fc.nat(200_000), fc.double()),
      model: fc.constantFrom('m', 'm', 'other'),
      workspaceFiles: fc.option(fc.nat(20_000)),
      samePrompt: fc.boolean(),
      endedAt: fc.oneof(fc.nat(now), fc.double()),
      durationMs: anyAmount,
      tokens: anyAmount,
      nusd: fc.option(anyAmount),
      priceAs: fc.constantFrom(null, 'gpt-5'),
      memBytes: anyAmount,
      tasks: fc.nat(12),
    });
    fc.assert(
      fc.property(fc.array(anyRun, { maxLength: 120 }), fc.integer(), (runs, seed) => {
        const { forecast, stepNusd } = predict(query, runs, now);
        const shuffled = [...runs].sort((a, b) => Math.sin(a.tasks * seed) - Math.sin(b.tasks * seed)).reverse();
        assert.deepEqual(predict(query, shuffled, now), { forecast, stepNusd });
        if (forecast.kind !== 'range') return;
        for (const range of [forecast.durationMs, forecast.tokens, forecast.memBytes, forecast.nusd]) {
          if (range === null) continue;
          assert.ok(0 <= range.low && range.low <= range.middle && range.middle <= range.high);
          assert.ok([range.low, range.middle, range.high].every(Number.isSafeInteger), JSON.stringify(range));
        }
        assert.equal(stepNusd === null, forecast.nusd === null);
      }),
      { numRuns: 1000 },
    );
  });

  it('holds as often as it says over a history of many kinds of run, each told from those before it', () => {
    const random = generator(7);
    const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const prompts = Array.from({ length: 12 }, (_, i) => ({
      type: taskTypes[i % taskTypes.length] ?? 'inspect',
      promptChars: 10 * 2 ** (i % 6),
      tokens: 1000 * 3 ** (i % 5),
      spread: 0.1 + 0.1 * (i % 4),
    }));
    const history: (PastRun & { prompt: number })[] = [];
    let forecasts = 0;
    let within = 0;
    let width = 0;
    for (let i = 0; i < 600; i += 1) {
      const prompt = Math.floor(random() * prompts.length);
      const { type, promptChars, tokens, spread } = prompts[prompt] ?? { ...query, tokens: 0, spread: 0 };
      const at = now + i * 3_600_000;
      const coming = past({ type, promptChars, endedAt: at, tokens: tokens * Math.exp(spread * normal()) });
      const before = history.slice(-500).map((run) => ({ ...run, samePrompt: run.prompt === prompt }));
      const { forecast } = predict({ ...query, type, promptChars }, before, at);
      if (forecast.kind === 'range') {
        forecasts += 1;
        if (forecast.tokens.low <= coming.tokens && coming.tokens <= forecast.tokens.high) within += 1;
        width += Math.log(forecast.tokens.high / forecast.tokens.low);
      }
      history.push({ ...coming, prompt });
    }
    assert.ok(forecasts > 550, `${forecasts} forecasts`);
    assert.ok(within / forecasts >= 0.8, `${within} of ${forecasts}`);
    // It says something: the kinds of run lie a factor of 80 apart, and one kind spans 1.3 to 2.8 by itself.
    assert.ok(Math.exp(width / forecasts) < 5, `a factor of ${Math.exp(width / forecasts)}`);
  });
});
