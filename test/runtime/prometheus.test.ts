import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { assertPromtool } from '../support/promtool.ts';
import { startRuntime, until, withFolder } from '../support/runtime.ts';
import { writeSampleTree } from '../support/sample-tree.ts';

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

describe('Prometheus', function () {
  this.timeout(90_000);

  it('finds every window through /sd, scrapes it, and reads what promtool accepts', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder);
      const first = await startRuntime({ folder, workspace, settings: { price_as: 'gpt-5-mini' } });
      const second = await startRuntime({ folder, workspace });
      const summary = await first.run({ prompt: 'inventory, todo and links' });
      assertPromtool(await text(first.welcome.metricsUrl));

      const port = await freePort();
      const sd = first.welcome.metricsUrl?.replace('/metrics', '/sd') ?? '';
      const config = {
        scrape_configs: [
          { job_name: 'haios', scrape_interval: '1s', http_sd_configs: [{ url: sd, refresh_interval: '1s' }] },
        ],
      };
      await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config));
      const prometheus = spawn(
        'prometheus',
        [
          `--config.file=${join(folder, 'prometheus.yml')}`,
          `--storage.tsdb.path=${join(folder, 'tsdb')}`,
          `--web.listen-address=127.0.0.1:${port}`,
        ],
        { stdio: 'ignore' },
      );
      try {
        const query = (promql: string): Promise<Sample[]> => ask(port, promql);
        await until('both windows are up', async () => (await query('up{job="haios"} == 1')).length === 2, 60_000);
        await until(
          'the counter has the run’s tokens',
          async () => Number((await query('sum(haios_tokens_total)'))[0]?.value[1]) === summary.tokens.total,
          20_000,
        );
        const [spend] = await query('sum(haios_usd_spend_total) * 1e9');
        assert.equal(Math.round(Number(spend?.value[1])), summary.usd_nano);
        const up = await query('up{job="haios"}');
        assert.deepEqual(
          up.map(({ metric }) => metric['runtime_id']).sort(),
          [first.welcome.runtimeId, second.welcome.runtimeId].sort(),
        );
      } finally {
        prometheus.kill('SIGTERM');
        await once(prometheus, 'exit');
      }
      await second.stop(5000);
      await first.stop(5000);
    }));
});

describe('a second window', function () {
  this.timeout(60_000);

  it('takes the next port, is listed by the first, and takes the port over when the first closes', () =>
    withFolder(async (folder) => {
      const port = await freePort();
      const args = ['--port', String(port)];
      const first = await startRuntime({ folder, args });
      const second = await startRuntime({ folder, args });
      assert.equal(first.welcome.port, port);
      assert.notEqual(second.welcome.port, port);
      const targets = JSON.parse(await text(`http://127.0.0.1:${port}/sd`)) as { targets: string[] }[];
      assert.deepEqual(
        targets.flatMap((group) => group.targets).sort(),
        [`127.0.0.1:${first.welcome.port}`, `127.0.0.1:${second.welcome.port}`].sort(),
      );
      await first.stop(5000);
      const health = async (): Promise<unknown> => {
        const response = await fetch(`http://127.0.0.1:${port}/health`).catch(() => null);
        return response === null ? null : ((await response.json()) as { id: string }).id;
      };
      await until('the second has the port', async () => (await health()) === second.welcome.runtimeId, 20_000);
      await second.stop(5000);
    }));
});

async function text(url: string | null): Promise<string> {
  const response = await fetch(url ?? '');
  assert.equal(response.status, 200);
  return response.text();
}

async function ask(port: number, promql: string): Promise<Sample[]> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(promql)}`);
    const body = (await response.json()) as { data?: { result?: Sample[] } };
    return body.data?.result ?? [];
  } catch {
    return [];
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
