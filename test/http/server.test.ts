import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { HaiosError } from '../../src/core/errors.ts';
import { reasonsNotReady } from '../../src/http/ready.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { sources } from '../telemetry/fixtures.ts';
import { ask, raw, serve, type Served } from './fixtures.ts';

describe('http server', () => {
  let s: Served;
  afterEach(() => s.stop());

  it('serves metrics as text, and as OpenMetrics to who prefers it', async () => {
    const metrics = createMetrics({ prefix: 'haios_', sources: sources() });
    s = await serve({ metrics });
    const text = await ask(s.port, '/metrics');
    assert.equal(text.status, 200);
    assert.equal(text.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
    assert.equal(text.body, await metrics.text());
    const prometheus =
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
    const open = await ask(s.port, '/metrics', { headers: { accept: prometheus } });
    assert.equal(open.headers['content-type'], 'application/openmetrics-text; version=1.0.0; charset=utf-8');
    assert.ok(open.body.endsWith('# EOF\n'));
    for (const accept of [
      '*/*',
      'text/html',
      'application/openmetrics-text;q=0.1,text/plain',
      'application/openmetrics-text;version=9.0.0',
      'x;q=nonsense',
    ]) {
      assert.match(
        (await ask(s.port, '/metrics', { headers: { accept } })).headers['content-type'] ?? '',
        /^text\/plain/,
        accept,
      );
    }
  });

  it('tells its health, and whether it is ready and why not', async () => {
    let reasons: readonly string[] = ['The ledger is damaged.'];
    s = await serve({ ready: async () => reasons });
    assert.deepEqual(JSON.parse((await ask(s.port, '/health')).body), { status: 'ok', version: '1.2.3' });
    const not = await ask(s.port, '/ready');
    assert.equal(not.status, 503);
    assert.deepEqual(JSON.parse(not.body), { ready: false, reasons });
    reasons = [];
    assert.equal((await ask(s.port, '/ready')).status, 200);
  });

  it('lists one target for each runtime in the shape Prometheus reads', async () => {
    s = await serve();
    const reply = await ask(s.port, '/sd');
    assert.match(reply.headers['content-type'] ?? '', /^application\/json/);
    assert.deepEqual(JSON.parse(reply.body), [
      { targets: ['127.0.0.1:8000'], labels: { runtime_id: 'runtime-1', pid: '11' } },
      { targets: ['127.0.0.1:8001'], labels: { runtime_id: 'runtime-2', pid: '22' } },
    ]);
  });

  it('serves the panel with a policy that runs only its own scripts', async () => {
    s = await serve();
    const reply = await ask(s.port, '/');
    assert.equal(reply.status, 200);
    assert.match(reply.body, /<body data-host="browser">\s*<div id="app"><\/div>/);
    const policy = String(reply.headers['content-security-policy']);
    for (const part of [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self' 'unsafe-inline'",
      "connect-src 'self'",
      "frame-ancestors 'none'",
    ]) {
      assert.ok(policy.split('; ').includes(part), part);
    }
    assert.ok(!/<script(?![^>]* src="\/assets\/)/.test(reply.body));
    for (const [, address] of reply.body.matchAll(/(?:src|href)="(\/[^"]*)"/g)) {
      assert.equal((await ask(s.port, address ?? '')).status, 200, address);
    }
    assert.match((await ask(s.port, '/assets/main.js')).headers['content-type'] ?? '', /^text\/javascript/);
  });

  it('gives no file outside the bundle', async () => {
    s = await serve();
    writeFileSync(path.join(s.assetsDir, '..', `${path.basename(s.assetsDir)}.js`), 'outside');
    mkdirSync(path.join(s.assetsDir, 'folder.js'));
    writeFileSync(path.join(s.assetsDir, '.hidden.js'), 'hidden');
    symlinkSync('/etc/hostname', path.join(s.assetsDir, 'link.js'));
    symlinkSync('/etc', path.join(s.assetsDir, 'etc'));
    const outside = path.basename(s.assetsDir);
    for (const name of [
      `../${outside}.js`,
      `..%2f${outside}.js`,
      `%2e%2e/${outside}.js`,
      `..\\${outside}.js`,
      `..%5c${outside}.js`,
      '/etc/passwd',
      'etc/adduser.js',
      'link.js',
      '.hidden.js',
      'folder.js',
      'main.js%00.css',
      'main.ts',
      '',
      'a/b/c/d/e.js',
    ]) {
      assert.match(
        await raw(s.port, [`GET /assets/${name} HTTP/1.1`, 'Host: localhost', 'Connection: close']),
        /^HTTP\/1\.1 404 /,
        name,
      );
    }
    assert.deepEqual(s.failures, []);
  });

  it('answers GET and HEAD only', async () => {
    s = await serve();
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE']) {
      const reply = await ask(s.port, '/metrics', { method }, method === 'POST' ? 'body' : undefined);
      assert.equal(reply.status, 405, method);
      assert.equal(reply.headers.allow, 'GET, HEAD');
    }
    const head = await ask(s.port, '/metrics', { method: 'HEAD' });
    assert.deepEqual([head.status, head.body, head.headers['content-length']], [200, '', '10']);
    assert.equal(
      (await ask(s.port, '/events', { method: 'HEAD' })).headers['content-type'],
      'text/event-stream; charset=utf-8',
    );
  });

  it('sends the safe headers with everything and a CORS header with nothing', async () => {
    s = await serve();
    for (const url of [
      '/',
      '/metrics',
      '/health',
      '/ready',
      '/sd',
      '/api/runs',
      '/api/none',
      '/nothing',
      '/assets/main.js',
    ]) {
      const { headers } = await ask(s.port, url);
      assert.equal(headers['x-content-type-options'], 'nosniff', url);
      assert.equal(headers['cross-origin-resource-policy'], 'same-origin', url);
      assert.ok(!Object.keys(headers).some((name) => name.startsWith('access-control-')), url);
    }
  });

  it('bounds addresses and headers', async () => {
    s = await serve();
    assert.equal((await ask(s.port, `/${'x'.repeat(3_000)}`)).status, 414);
    assert.equal((await ask(s.port, '/metrics', { headers: { 'x-big': 'x'.repeat(70_000) } })).status, 431);
    assert.match(
      await raw(s.port, ['GET metrics HTTP/1.1', 'Host: localhost', 'Connection: close']),
      /^HTTP\/1\.1 400 /,
    );
    assert.match(
      await raw(s.port, ['GET http://localhost/metrics HTTP/1.1', 'Host: localhost', 'Connection: close']),
      /^HTTP\/1\.1 400 /,
    );
    assert.match(await raw(s.port, ['garbage']), /^HTTP\/1\.1 400 /);
    assert.equal((await ask(s.port, '/health')).status, 200);
  });

  it('answers 500 to a defect and tells the log, 504 to what does not end', async () => {
    s = await serve({
      metrics: { text: () => Promise.reject(new Error('secret detail')), openMetrics: async () => '' },
      ready: () => new Promise(() => undefined),
      times: { handlerMs: 50 },
    });
    const reply = await ask(s.port, '/metrics');
    assert.equal(reply.status, 500);
    assert.ok(!reply.body.includes('secret detail'));
    assert.equal(s.failures.length, 1);
    assert.equal((await ask(s.port, '/ready')).status, 504);
  });

  it('reports every answer with its status and time', async () => {
    s = await serve();
    await ask(s.port, '/health');
    await ask(s.port, '/none');
    await ask(s.port, '/health', { headers: { host: 'evil.example' } });
    await s.server.close(1_000);
    assert.deepEqual(
      s.served.map(({ status }) => status),
      [200, 404, 403],
    );
    assert.ok(s.served.every(({ durationMs }) => durationMs !== null && durationMs >= 0));
  });

  it('closes once, in time, with a request under way and an idle connection open', async () => {
    let arrive = (): void => undefined;
    const arrived = new Promise<void>((resolve) => (arrive = resolve));
    s = await serve({
      ready: () => {
        arrive();
        return new Promise(() => undefined);
      },
    });
    const idle = net.connect(s.port, '127.0.0.1');
    await once(idle, 'connect');
    const hanging = ask(s.port, '/ready').then(
      () => 'answered',
      () => 'cut',
    );
    await arrived;
    const startedAt = performance.now();
    const first = s.server.close(100);
    assert.equal(s.server.close(60_000), first);
    await first;
    assert.ok(performance.now() - startedAt < 3_000);
    assert.equal(await hanging, 'cut');
    await assert.rejects(ask(s.port, '/health'), /ECONNREFUSED/);
  });
});

describe('http api', () => {
  let s: Served;
  afterEach(() => s.stop());
  const get = async (url: string) => {
    const reply = await ask(s.port, url);
    return { status: reply.status, body: JSON.parse(reply.body) as { error?: { code: string; message: string } } };
  };

  it('passes parameters on and gives the result', async () => {
    s = await serve();
    const params = { limit: 20, cursor: null, text: 'ä&b=c' };
    assert.deepEqual(await get(`/api/runs?params=${encodeURIComponent(JSON.stringify(params))}`), {
      status: 200,
      body: { rows: [], next: null },
    });
    assert.equal((await get('/api/models')).status, 200);
    assert.deepEqual(s.queries, [
      { method: 'runs', params },
      { method: 'models', params: {} },
    ]);
  });

  it('knows the methods that read, and no other', async () => {
    s = await serve();
    for (const method of [
      'startRun',
      'controlRun',
      'controlLane',
      'controlTask',
      'setKey',
      'answerApproval',
      'shutdown',
      'subscribe',
      'report',
      'constructor',
      '__proto__',
      '',
      'runs/x',
    ]) {
      const { status, body } = await get(`/api/${method}`);
      assert.equal(status, 404, method);
      assert.equal(body.error?.code, 'USAGE');
    }
    assert.deepEqual(s.queries, []);
  });

  it('refuses parameters that are no small JSON object', async () => {
    s = await serve();
    const long = JSON.stringify({ x: 'y'.repeat(16 * 1024) });
    for (const params of ['', '{', '[]', 'null', '1', '"x"', '{"__proto__":{"a":1}}', long]) {
      const { status, body } = await get(`/api/runs?params=${encodeURIComponent(params)}`);
      assert.equal(status, 400, params.slice(0, 20));
      assert.equal(body.error?.code, 'USAGE');
    }
    assert.equal((await ask(s.port, `/api/runs?params=${'x'.repeat(60_000)}`)).status, 414);
    assert.deepEqual(s.queries, []);
  });

  it('maps errors to statuses and hides defects', async () => {
    const errors: Record<string, Error> = {
      runs: new HaiosError('USAGE', 'Wrong limit.'),
      run: new HaiosError('RUN_NOT_FOUND', 'No run 9.'),
      calls: new HaiosError('DATABASE_DAMAGED', 'Damaged.'),
      costs: new HaiosError('TIMEOUT', 'Late.'),
      trace: new TypeError('internal detail'),
    };
    s = await serve({
      query: (method) => Promise.reject(errors[method] ?? new Error('unexpected')),
    });
    assert.deepEqual(await get('/api/runs'), {
      status: 400,
      body: { error: { code: 'USAGE', message: 'Wrong limit.' } },
    });
    assert.deepEqual(await get('/api/run'), {
      status: 404,
      body: { error: { code: 'RUN_NOT_FOUND', message: 'No run 9.' } },
    });
    assert.equal((await get('/api/calls')).status, 500);
    assert.equal((await get('/api/costs')).status, 504);
    const defect = await get('/api/trace');
    assert.equal(defect.status, 500);
    assert.equal(defect.body.error?.code, 'INTERNAL');
    assert.ok(!JSON.stringify(defect.body).includes('internal detail'));
    assert.deepEqual(s.failures, [errors['trace']]);
  });
});

describe('readiness', () => {
  const storage = { ledger: 'ok', history: 'ok', message: null } as const;
  const good = { mode: 'dev_fast', storage, missingSeries: [], exporter: { kind: 'off' } } as const;

  it('needs both databases and every required series', () => {
    assert.deepEqual(reasonsNotReady(good), []);
    const bad = reasonsNotReady({
      ...good,
      storage: { ledger: 'damaged', history: 'unavailable', message: 'x' },
      missingSeries: ['haios_task_total'],
    });
    assert.equal(bad.length, 3);
    assert.ok(bad[2]?.includes('haios_task_total'));
  });

  it('needs the trace exporter in strict mode', () => {
    assert.deepEqual(reasonsNotReady({ ...good, mode: 'strict', exporter: { kind: 'ok' } }), []);
    for (const exporter of [{ kind: 'off' }, { kind: 'idle' }, { kind: 'failing', message: 'refused' }] as const) {
      assert.equal(reasonsNotReady({ ...good, mode: 'strict', exporter }).length, 1, exporter.kind);
    }
  });
});
