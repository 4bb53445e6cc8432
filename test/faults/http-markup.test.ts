import assert from 'node:assert/strict';
import { ask, openStream, serve, snapshot, type Served } from '../http/fixtures.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { settled, sources } from '../telemetry/fixtures.ts';

const markup = '<img src=x onerror=alert(1)></script><script>alert(1)</script>"\n# EOF\nhaios_fake_total 1\n';

/** FAULTS 19, the part of the local port: names and texts of others are data in whatever it sends. */
describe('fault 19: markup in what others wrote', () => {
  let s: Served;
  afterEach(() => s.stop());

  it('is never in the page, whose policy runs no inline script', async () => {
    s = await serve({ health: () => ({ note: markup }), snapshot: () => snapshot(1, markup) });
    const page = await ask(s.port, `/?${encodeURIComponent(markup)}`);
    assert.ok(!page.body.includes('onerror'));
    const policy = String(page.headers['content-security-policy']);
    const scripts = policy.split('; ').find((part) => part.startsWith('script-src'));
    assert.equal(scripts, "script-src 'self'");
  });

  it('comes as JSON or an event, whose types no browser draws', async () => {
    s = await serve({
      health: () => ({ note: markup }),
      snapshot: () => snapshot(1, markup),
      query: async () => ({ text: markup }),
    });
    for (const url of ['/health', '/api/run', `/api/${encodeURIComponent('<b>')}`]) {
      const { headers } = await ask(s.port, url);
      assert.match(headers['content-type'] ?? '', /^application\/json/, url);
      assert.equal(headers['x-content-type-options'], 'nosniff', url);
    }
    assert.match((await ask(s.port, '/<b>nothing</b>')).headers['content-type'] ?? '', /^text\/plain/);
    const stream = await openStream(s.port);
    assert.deepEqual((await stream.next()).data['snapshot'], snapshot(1, markup));
    stream.close();
  });

  it('cannot forge a series', async () => {
    const metrics = createMetrics({ prefix: 'haios_', sources: sources() });
    s = await serve({ metrics });
    metrics.observe(settled(1, { model: markup, agent: '"} 5\nhaios_fake_total{x="' }));
    for (const accept of ['text/plain', 'application/openmetrics-text']) {
      const { body } = await ask(s.port, '/metrics', { headers: { accept } });
      assert.ok(!/^haios_fake/m.test(body));
      assert.ok([...body.matchAll(/^# EOF$/gm)].length <= 1);
    }
  });
});
