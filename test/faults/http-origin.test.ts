import assert from 'node:assert/strict';
import { ask, raw, serve, type Served } from '../http/fixtures.ts';

const paths = ['/', '/metrics', '/health', '/ready', '/sd', '/events', '/api/runs', '/assets/main.js', '/nothing'];

/** FAULTS 18: DNS rebinding, foreign Origin or Host, cross-site requests. */
describe('fault 18: strangers', () => {
  let s: Served;
  afterEach(() => s.stop());

  const refused = (reply: string, what: string): void => {
    assert.match(reply, /^HTTP\/1\.1 403 /, what);
    assert.equal(reply.slice(reply.indexOf('\r\n\r\n') + 4), '', `${what}: no body`);
    assert.ok(!/access-control/i.test(reply), `${what}: no CORS header`);
  };
  const send = (method: string, path: string, headers: readonly string[]): Promise<string> =>
    raw(s.port, [`${method} ${path} HTTP/1.1`, ...headers, 'Connection: close']);

  it('a foreign Host gets 403 and nothing else', async () => {
    s = await serve();
    const hosts = [
      'evil.example',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      'evil.example:8000',
      '0.0.0.0',
      '127.0.0.2',
      '127.1',
      '2130706433',
      '[::]',
      '[::ffff:127.0.0.1]',
      'localhost@evil.example',
      'localhost:1',
      'localhost:abc',
      'localhost:',
      '',
    ];
    for (const host of hosts)
      for (const path of ['/', '/metrics', '/events', '/api/runs'])
        refused(await send('GET', path, [`Host: ${host}`]), `${host} ${path}`);
    for (const path of paths) refused(await send('GET', path, ['Host: evil.example']), path);
    assert.deepEqual(s.queries, []);
    assert.equal(s.listeners.size, 0);
  });

  it('no Host, or two of them, too', async () => {
    s = await serve();
    refused(await send('GET', '/metrics', []), 'none');
    refused(await send('GET', '/metrics', ['Host: localhost', 'Host: evil.example']), 'two');
    assert.match(await raw(s.port, ['GET /metrics HTTP/1.0']), /^HTTP\/1\.1 403 /);
  });

  it('its own names are answered, with and without the port', async () => {
    s = await serve();
    for (const name of ['127.0.0.1', 'localhost', '[::1]', 'LocalHost']) {
      for (const host of [name, `${name}:${s.port}`])
        assert.equal((await ask(s.port, '/health', { headers: { host } })).status, 200, host);
    }
  });

  it('a foreign Origin gets 403 on every path and method', async () => {
    s = await serve();
    for (const origin of [
      'https://evil.example',
      'null',
      'http://localhost',
      `https://localhost:${s.port}`,
      `http://127.0.0.1:${s.port}`,
      'http://localhost:3000',
      'file://',
      '',
    ]) {
      for (const method of ['GET', 'POST', 'OPTIONS'])
        refused(
          await send(method, '/api/runs', [`Host: localhost:${s.port}`, `Origin: ${origin}`]),
          `${method} ${origin}`,
        );
    }
    for (const path of paths)
      refused(await send('GET', path, ['Host: localhost', 'Origin: https://evil.example']), path);
    const own = { host: `localhost:${s.port}`, origin: `http://localhost:${s.port}` };
    assert.equal((await ask(s.port, '/api/runs', { headers: own })).status, 200);
  });

  it('a cross-site request gets 403', async () => {
    s = await serve();
    for (const path of paths) refused(await send('GET', path, ['Host: localhost', 'Sec-Fetch-Site: cross-site']), path);
    for (const path of paths.slice(1))
      refused(
        await send('GET', path, [
          'Host: localhost',
          'Sec-Fetch-Site: same-site',
          'Sec-Fetch-Mode: navigate',
          'Sec-Fetch-Dest: document',
        ]),
        path,
      );
    refused(
      await send('GET', '/', [
        'Host: localhost',
        'Sec-Fetch-Site: same-site',
        'Sec-Fetch-Mode: no-cors',
        'Sec-Fetch-Dest: script',
      ]),
      'script',
    );
    for (const site of ['same-origin', 'none'])
      assert.equal((await ask(s.port, '/', { headers: { 'sec-fetch-site': site } })).status, 200);
  });

  it('a cross-site POST changes and tells nothing', async () => {
    s = await serve();
    const reply = await send('POST', '/api/startRun', [
      'Host: localhost',
      'Origin: https://evil.example',
      'Content-Type: text/plain',
      'Content-Length: 0',
    ]);
    refused(reply, 'POST');
    assert.deepEqual(s.queries, []);
  });

  it('a WebSocket is never opened', async () => {
    s = await serve();
    const upgrade = [
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ];
    refused(
      await raw(s.port, ['GET /events HTTP/1.1', 'Host: localhost', 'Origin: https://evil.example', ...upgrade]),
      'foreign',
    );
    const reply = await ask(s.port, '/', { headers: { upgrade: 'websocket', connection: 'close' } });
    assert.notEqual(reply.status, 101);
    assert.equal(await raw(s.port, ['CONNECT evil.example:443 HTTP/1.1', 'Host: localhost']), '');
  });

  it('with --listen, named hosts get the open paths and nothing more', async () => {
    s = await serve({ listen: { address: '127.0.0.1', allowHosts: ['haios.monitoring.svc'] } });
    for (const path of ['/metrics', '/health', '/ready', '/sd']) {
      assert.equal((await ask(s.port, path, { headers: { host: 'haios.monitoring.svc:9999' } })).status, 200, path);
      refused(await send('GET', path, ['Host: other.monitoring.svc']), path);
      refused(await send('GET', path, ['Host: haios.monitoring.svc', 'Origin: http://evil.example']), path);
    }
    for (const path of ['/', '/events', '/api/runs', '/assets/main.js'])
      refused(await send('GET', path, ['Host: haios.monitoring.svc']), path);
    const own = JSON.parse((await ask(s.port, '/sd', { headers: { host: 'haios.monitoring.svc' } })).body) as unknown;
    assert.deepEqual(own, [{ targets: ['haios.monitoring.svc:8000'], labels: { runtime_id: 'runtime-1', pid: '11' } }]);
  });

  it('with --listen, another machine gets no panel even as localhost', async () => {
    const { judge } = await import('../../src/http/guard.ts');
    const listen = { address: '0.0.0.0', allowHosts: ['haios'] };
    const from = (remoteAddress: string, path: string, host: string) =>
      judge(
        { headers: { host }, rawHeaders: ['Host', host], socket: { remoteAddress, localPort: 8000 } } as never,
        path,
        listen,
      ).kind;
    for (const path of ['/', '/events', '/api/runs', '/assets/main.js']) {
      assert.equal(from('192.0.2.7', path, 'localhost'), 'denied', path);
      assert.equal(from('::ffff:127.0.0.1', path, 'localhost'), 'allowed', path);
    }
    assert.equal(from('192.0.2.7', '/metrics', 'haios'), 'allowed');
  });
});
