import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { rows, startRuntime, withFolder } from '../support/runtime.ts';

const packages = join(import.meta.dirname, '../../node_modules');
const sums = 'sum(usd_nusd) AS usd, sum(input_tokens + output_tokens) AS tokens';

/** Packages as npm unpacked them: repositories that are not ours. */
for (const name of ['eslint', 'mocha', 'dependency-cruiser']) {
  describe(`a run on the files of ${name}`, function () {
    this.timeout(60_000);

    it('counts what grep counts, and every cent is the same in four places', () =>
      withFolder(async (folder) => {
        const workspace = join(folder, name);
        await cp(join(packages, name), workspace, { recursive: true });
        const runtime = await startRuntime({ folder, workspace, settings: { price_as: 'gpt-5-mini' } });
        const summary = await runtime.run({ prompt: 'todo; links; dependencies' });
        const metrics = await (await fetch(runtime.welcome.metricsUrl ?? '')).text();
        const spans = await runtime.client.request('trace', { run: summary.run });
        await runtime.stop(5000);

        assert.equal(summary.status, 'succeeded');
        assert.ok(summary.tasks >= 3 && summary.usd_nano > 0);
        const [, lines] = /(\d[\d,]*) lines? in \d[\d,]* files?/.exec(summary.text) ?? [];
        assert.equal(Number(lines?.replaceAll(',', '')), grep(workspace));

        const expected = [{ usd: summary.usd_nano, tokens: summary.tokens.total }];
        assert.deepEqual(rows(join(folder, 'haios.db'), `SELECT ${sums} FROM cost_records`), expected);
        assert.deepEqual(rows(join(folder, 'ledger.db'), `SELECT ${sums} FROM ledger`), expected);
        const scraped = {
          usd: Math.round(sum(metrics, 'haios_usd_spend_total') * 1e9),
          tokens: sum(metrics, 'haios_tokens_total'),
        };
        assert.deepEqual([scraped], expected);

        const ids = new Set(spans.map(({ spanId }) => spanId));
        const roots = spans.filter(({ parentSpanId }) => parentSpanId === null || !ids.has(parentSpanId));
        assert.deepEqual(
          roots.map((span) => span.name),
          ['plan'],
        );
      }));
  });
}

function grep(folder: string): number {
  const args = ['-rnIwE', 'TODO|FIXME|HACK', '.', '--exclude-dir=.haios', '--exclude-dir=node_modules'];
  return execFileSync('grep', args, { cwd: folder, encoding: 'utf8' }).trim().split('\n').length;
}

function sum(metrics: string, name: string): number {
  return metrics
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`))
    .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
