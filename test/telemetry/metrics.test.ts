import assert from 'node:assert/strict';
import { metricNames, metrics as catalogue, requiredMetrics, type MetricSpec } from '../../src/catalogue/metrics.ts';
import { tokenKinds } from '../../src/catalogue/states.ts';
import { isHaiosError } from '../../src/core/errors.ts';
import { noCost, type BudgetUse } from '../../src/protocol/rows.ts';
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts';
import { assertPromtool } from '../support/promtool.ts';
import { run, settled, sources, span, task, traceId } from './fixtures.ts';

const budget: BudgetUse = {
  name: 'usd',
  resource: 'usd',
  scope: 'run',
  key: 'run-1',
  window: 'lifetime',
  limit: 5_000_000_000,
  used: 1_234_567_891,
  reserved: 1,
  ratio: 0.25,
  overridden: null,
  resetsAt: null,
  endsAt: null,
};

/** Series → value of a scrape, exemplars left out. */
function read(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const sample = line.split(' # ')[0] ?? '';
      const at = sample.lastIndexOf(' ');
      return [sample.slice(0, at), Number(sample.slice(at + 1))];
    }),
  );
}

/** Something of every family. */
function feed(metrics: Metrics): void {
  metrics.observe({ type: 'run_changed', run: run(), from: 'queued' });
  metrics.observe({ type: 'task_ended', task: task({ cost: { ...noCost, nusd: 5 } }), durationMs: 250 });
  metrics.observe({ type: 'span_ended', span: span(), payload: null });
  metrics.observe({ type: 'call_waited', lane: 'file_read', priority: 'high', waitMs: 2 });
  metrics.observe({ type: 'call_ended', lane: 'file_read', result: 'success', ownMs: 1, durationMs: 12.5 });
  metrics.observe({ type: 'call_timeout', lane: 'critic', phase: 'kill', what: 'tsc', runId: 'run' });
  metrics.observe({ type: 'call_rejected', lane: 'critic', reason: 'budget' });
  metrics.observe(
    settled(123_456_789, {
      tokens: { input: 1, cache_read: 2, cache_write: 3, cache_write_1h: 0, output: 4, reasoning: 5 },
    }),
  );
  metrics.observe({ type: 'model_called', model: 'offline', latencyMs: 100, ttftMs: 10, error: null });
  metrics.observe({ type: 'model_called', model: 'offline', latencyMs: 100, ttftMs: null, error: 'PROVIDER_STALLED' });
  metrics.observe({ type: 'model_called', model: 'offline', latencyMs: 100, ttftMs: null, error: 'CANCELLED' });
  metrics.observe({ type: 'budget_refused', name: 'usd', resource: 'usd', scope: 'run', runId: 'run-1' });
  metrics.observe({ type: 'gate_decided', decision: 'decompose', depth: 1, subtasks: 3 });
  metrics.observe({ type: 'lock_waited', waitMs: 3 });
  metrics.observe({ type: 'failure', category: 'TIMEOUT', runId: 'run-1', message: 'late' });
  metrics.observe({
    type: 'run_changed',
    run: run({ status: 'succeeded', endedAt: 1_700_000_002_000 }),
    from: 'running',
  });
  metrics.observe({ type: 'http_served', status: 200, durationMs: 4 });
  metrics.observe({ type: 'http_served', status: 418, durationMs: null });
  metrics.observe({ type: 'store_flushed', spans: 9, durationMs: 2 });
  metrics.observe({ type: 'spans_dropped', spans: 4 });
  metrics.observe({ type: 'sandbox_used', sandbox: 'thread' });
  metrics.observe({ type: 'sandbox_exhausted', sandbox: 'process' });
  metrics.observe({ type: 'spans_exported', spans: 6, result: 'failure' });
}

describe('metrics', () => {
  it('has every required series on a fresh start, at 0', async () => {
    const metrics = createMetrics({ prefix: 'haios_', sources: sources() });
    const series = read(await metrics.text());
    assert.deepEqual(requiredMetrics, [
      'task_total',
      'task_duration_seconds',
      'registry_lock_wait_seconds',
      'tokens_total',
      'usd_spend_total',
    ]);
    for (const expected of [
      'haios_task_total{type="change",result="budget_exceeded"}',
      'haios_task_duration_seconds_count{type="command",size="L"}',
      'haios_registry_lock_wait_seconds_count',
      'haios_tokens_total{agent="default",model="offline",role="critic",kind="reasoning"}',
      'haios_usd_spend_total{model="offline",role="planner"}',
    ]) {
      assert.equal(series.get(expected), 0, expected);
    }
    assert.deepEqual(await metrics.missing(), []);
  });

  it('registers the catalogue, the whole of it and nothing else', async () => {
    const text = await createMetrics({ prefix: 'haios_', sources: sources() }).text();
    const types = [...text.matchAll(/^# TYPE haios_(\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`);
    assert.deepEqual(types.sort(), metricNames.map((name) => `${name} ${catalogue[name].type}`).sort());
    for (const [name, spec] of Object.entries<MetricSpec>(catalogue)) {
      assert.match(text, new RegExp(`# HELP haios_${name} ${spec.help.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`));
    }
  });

  it('passes promtool, fresh and fed', async () => {
    const metrics = createMetrics({
      prefix: 'haios_',
      sources: sources({ budgets: () => [budget], lastCostReportAt: () => 1 }),
    });
    assertPromtool(await metrics.text());
    feed(metrics);
    assertPromtool(await metrics.text());
  });

  it('counts what happened', async () => {
    const metrics = createMetrics({
      prefix: 'haios_',
      sources: sources({ budgets: () => [budget], lastCostReportAt: () => 5_500 }),
    });
    metrics.observe({ type: 'run_changed', run: run({ runId: 'run-2' }), from: 'queued' });
    feed(metrics);
    const series = read(await metrics.text());
    const expected: Record<string, number> = {
      'haios_task_total{type="inspect",result="succeeded"}': 1,
      'haios_task_duration_seconds_sum{type="inspect",size="S"}': 0.25,
      haios_task_cost_usd_sum: 5e-9,
      'haios_run_total{outcome="succeeded"}': 1,
      haios_run_active: 1,
      'haios_worker_calls_total{lane="file_read",result="success"}': 1,
      'haios_worker_call_duration_seconds_sum{lane="file_read"}': 0.0125,
      'haios_lane_wait_seconds_sum{lane="file_read",priority="high"}': 0.002,
      'haios_worker_timeouts_total{lane="critic",phase="kill"}': 1,
      'haios_worker_rejections_total{lane="critic",reason="budget"}': 1,
      'haios_lane_active{lane="critic"}': 1,
      'haios_lane_limit{lane="critic"}': 4,
      'haios_lane_queue_depth{lane="critic",priority="normal"}': 2,
      'haios_usd_spend_total{model="offline",role="executor"}': 0.123456789,
      'haios_model_latency_seconds_count{model="offline"}': 3,
      'haios_model_ttft_seconds_count{model="offline"}': 1,
      'haios_model_errors_total{model="offline",kind="PROVIDER_STALLED"}': 1,
      'haios_model_consecutive_failures{model="offline"}': 1,
      'haios_budget_limit{name="usd",resource="usd",scope="run",window="lifetime"}': 5,
      'haios_budget_used{name="usd",resource="usd",scope="run",window="lifetime"}': 1.234567891,
      'haios_budget_reserved{name="usd",resource="usd",scope="run",window="lifetime"}': 1e-9,
      'haios_budget_ratio{name="usd",resource="usd",scope="run",window="lifetime"}': 0.25,
      'haios_budget_warning{name="usd",resource="usd",scope="run"}': 0,
      'haios_budget_exceeded_total{name="usd",resource="usd",scope="run"}': 1,
      'haios_budget_gate_decisions_total{decision="decompose"}': 1,
      haios_decompositions_total: 1,
      haios_decomposition_depth_sum: 1,
      'haios_failures_total{category="TIMEOUT"}': 1,
      haios_registry_lock_wait_seconds_sum: 0.003,
      'haios_memory_bytes{tier="heap"}': 2,
      haios_process_cpu_ratio: 0.25,
      'haios_http_requests_total{status="200"}': 1,
      'haios_http_requests_total{status="other"}': 1,
      haios_http_request_duration_seconds_count: 1,
      haios_spans_recorded_total: 9,
      haios_spans_dropped_total: 4,
      'haios_sandbox_pool_total{sandbox_type="inline"}': 8,
      'haios_sandbox_pool_available{sandbox_type="thread"}': 5,
      'haios_sandbox_executions_total{sandbox_type="thread"}': 1,
      'haios_sandbox_executions_total{sandbox_type="process"}': 0,
      'haios_sandbox_exhausted_total{sandbox_type="process"}': 1,
      'haios_spans_exported_total{result="failure"}': 6,
      haios_store_flush_seconds_count: 1,
      haios_last_cost_report_timestamp_seconds: 5.5,
    };
    for (const [name, value] of Object.entries(expected)) assert.equal(series.get(name), value, name);
  });

  it('keeps money and tokens exact over many calls', async () => {
    const metrics = createMetrics({ prefix: 'haios_', sources: sources() });
    let nusd = 0;
    let tokens = 0;
    for (let call = 0; call < 20_000; call += 1) {
      const cost = (call * 7_919 + 1) % 1_000_003;
      nusd += cost;
      tokens += call;
      metrics.observe(
        settled(cost, {
          tokens: { input: call, cache_read: 0, cache_write: 0, cache_write_1h: 0, output: 0, reasoning: 0 },
        }),
      );
    }
    metrics.observe(settled(1_999_999_999_999_999, { role: 'critic' }));
    const series = read(await metrics.text());
    const usd = (role: string) => series.get(`haios_usd_spend_total{model="offline",role="${role}"}`) ?? Number.NaN;
    assert.equal(Math.round(usd('executor') * 1e9), nusd);
    assert.equal(Math.round(usd('critic') * 1e9), 1_999_999_999_999_999);
    assert.equal(
      series.get('haios_tokens_total{agent="default",model="offline",role="executor",kind="input"}'),
      tokens,
    );
  });

  it('counts calls that passed what was reserved for them', async () => {
    const metrics = createMetrics({ prefix: 'haios_', sources: sources() });
    const count = async (): Promise<number | undefined> =>
      read(await metrics.text()).get('haios_bound_overruns_total{model="offline"}');
    metrics.observe(settled(5));
    assert.equal(await count(), 0);
    metrics.observe(settled(5, { overrun: { nusd: 1, tokens: 0 } }));
    metrics.observe(settled(5, { overrun: { nusd: 0, tokens: 1 } }));
    assert.equal(await count(), 2);
  });

  it('loses no token and no nano-dollar when labels pass their cap', async () => {
    const metrics = createMetrics({ prefix: 'haios_', sources: sources() });
    for (let index = 0; index < 200; index += 1) {
      const tokens = { input: 1, cache_read: 1, cache_write: 1, cache_write_1h: 1, output: 1, reasoning: 1 };
      metrics.observe(settled(3, { agent: `agent-${index}`, model: `model|"${index}\n`, tokens }));
    }
    const series = [...read(await metrics.text())];
    const sum = (name: string) =>
      series.filter(([key]) => key.startsWith(name)).reduce((total, [, value]) => total + value, 0);
    assert.equal(sum('haios_tokens_total'), 200 * tokenKinds.length);
    assert.equal(Math.round(sum('haios_usd_spend_total') * 1e9), 600);
    const label = (name: string) =>
      new Set(
        series.flatMap(
          ([key]) => new RegExp(`^haios_tokens_total.*${name}="((?:[^"\\\\]|\\\\.)*)"`).exec(key)?.[1] ?? [],
        ),
      );
    assert.equal(label('agent').size, 21);
    assert.equal(label('model').size, 51);
    assert.ok(label('model').has('other'));
  });

  it('renders the same text before and after OpenMetrics, also when both are asked for at once', async () => {
    const metrics = createMetrics({ prefix: 'haios_', sources: sources() });
    feed(metrics);
    const before = await metrics.text();
    const [open, during] = await Promise.all([metrics.openMetrics(), metrics.text()]);
    assert.equal(await metrics.text(), before);
    assert.equal(during, before);
    assert.match(open, /^# TYPE haios_task counter$/m);
    assert.match(open, /^haios_task_total\{/m);
    assert.ok(open.endsWith('# EOF\n'));
    assert.deepEqual([...read(open).keys()].sort(), [...read(before).keys()].sort());
  });

  it('gives exemplars in OpenMetrics only, and on histograms only', async () => {
    const metrics = createMetrics({ prefix: 'haios_', sources: sources() });
    feed(metrics);
    const exemplars = (await metrics.openMetrics()).split('\n').filter((line) => line.includes(' # {'));
    assert.ok(
      exemplars.some(
        (line) =>
          line.startsWith('haios_task_duration_seconds_bucket{le="0.5"') && line.includes(`trace_id="${traceId}"`),
      ),
    );
    assert.ok(exemplars.some((line) => line.startsWith('haios_worker_call_duration_seconds_bucket')));
    assert.ok(exemplars.every((line) => line.includes('_bucket{')));
    assert.ok(!(await metrics.text()).includes('trace_id'));
  });

  it('shows the fullest of budgets that share their labels, and warns', async () => {
    const uses = [{ ...budget, key: 'run-2', ratio: 0.95, used: 2 }, budget];
    const series = read(await createMetrics({ prefix: 'haios_', sources: sources({ budgets: () => uses }) }).text());
    assert.equal(series.get('haios_budget_ratio{name="usd",resource="usd",scope="run",window="lifetime"}'), 0.95);
    assert.equal(series.get('haios_budget_warning{name="usd",resource="usd",scope="run"}'), 1);
    assert.equal(series.get('haios_budget_exceeded_total{name="usd",resource="usd",scope="run"}'), 0);
  });

  it('forgets a budget that is no longer in force', async () => {
    let uses: readonly BudgetUse[] = [budget];
    const metrics = createMetrics({ prefix: 'haios_', sources: sources({ budgets: () => uses }) });
    assert.ok((await metrics.text()).includes('haios_budget_ratio{'));
    uses = [];
    assert.ok(!(await metrics.text()).includes('haios_budget_ratio{'));
  });

  it('takes another prefix, and refuses one that no name may begin with', async () => {
    const metrics = createMetrics({ prefix: 'acme_agents_', sources: sources() });
    assert.deepEqual(await metrics.missing(), []);
    const text = await metrics.text();
    assert.ok(!text.includes('haios_'));
    assertPromtool(text);
    for (const prefix of ['', '9x_', 'a b', 'a"b', 'x'.repeat(65)]) {
      assert.throws(
        () => createMetrics({ prefix, sources: sources() }),
        (error) => isHaiosError(error, 'CONFIG_INVALID'),
        prefix,
      );
    }
  });
});
