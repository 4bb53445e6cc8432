import assert from 'node:assert/strict';
import { AgentPool } from '../../src/core/agents/pool.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { sources } from './fixtures.ts';

describe('the series of agents and their messages', () => {
  it('start at 0 and follow a real pool', async () => {
    const metrics = createMetrics({ prefix: 'haios_', sources: sources() });
    const read = async (series: string): Promise<number> => {
      const line = (await metrics.text()).split('\n').find((one) => one.startsWith(`haios_${series} `));
      return Number(line?.slice(line.lastIndexOf(' ')));
    };
    const all = [
      'active_agents{tier="lead"}',
      'active_agents{tier="worker"}',
      'agents_started_total',
      'agent_startup_duration_seconds_count',
      'inter_agent_messages_total',
      'inter_agent_messages_dropped_total',
    ];
    assert.deepEqual(await Promise.all(all.map(read)), [0, 0, 0, 0, 0, 0]);

    const clock = fakeClock();
    const pool = new AgentPool<number>({ capacity: 2, mailbox: 3 }, clock, (event) => metrics.observe(event));
    const { signal } = new AbortController();
    const lead = pool.start({ tier: 'lead', runId: 'run', signal });
    const worker = pool.start({ tier: 'worker', runId: 'run', signal });
    for (let n = 0; n < 5; n++) void lead.send(worker.id, n, 'drop');
    worker.drain();
    assert.deepEqual(await Promise.all(all.map(read)), [1, 1, 2, 2, 3, 2]);

    void lead.send(worker.id, 6);
    const waiting = pool.startWhenFree({ tier: 'lead', runId: 'other', signal });
    await clock.advance(50);
    worker.end();
    (await waiting).end();
    lead.end();
    assert.deepEqual(await Promise.all(all.map(read)), [0, 0, 3, 3, 4, 3]);
    assert.equal(await read('agent_startup_duration_seconds_sum'), 0.05);
    assert.equal(await read('agent_startup_duration_seconds_bucket{le="0.025"}'), 2);
  });
});
