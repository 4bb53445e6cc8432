import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { startRuntime, withFolder } from '../support/runtime.ts';
import { writeSampleTree } from '../support/sample-tree.ts';

const cli = join(import.meta.dirname, '../../dist/cli.cjs');

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

describe('bad input, from the command line through the real runtime', function () {
  this.timeout(60_000);

  const cases: readonly {
    readonly name: string;
    readonly args: readonly string[];
    readonly files?: Readonly<Record<string, string>>;
    readonly code: number;
    readonly says: RegExp;
  }[] = [
    { name: 'an unknown model', args: ['--model', 'offlien'], code: 2, says: /"offlien".*"?offline"?/ },
    {
      name: 'a config with a syntax error',
      args: [],
      files: { 'haios.config.json': '{\n  "mode": "dev_fast",,\n}' },
      code: 2,
      says: /haios\.config\.json:2:\d+/,
    },
    {
      name: 'an unknown key',
      args: [],
      files: { 'haios.config.json': '{ "budgts": {} }' },
      code: 2,
      says: /budgts.*budgets/,
    },
    {
      name: 'an unknown lane',
      args: [],
      files: { 'haios.config.json': '{ "lanes": { "tool_cal": 3 } }' },
      code: 2,
      says: /tool_cal.*tool_call/,
    },
    {
      name: 'a budget that is text',
      args: [],
      files: { 'haios.config.json': '{ "budgets": { "usd": "5" } }' },
      code: 2,
      says: /budgets\.usd/,
    },
    {
      name: 'a price_as that nobody sells',
      args: [],
      files: { 'haios.config.json': '{ "price_as": "gpt-99" }' },
      code: 2,
      says: /price_as: no price is known for “gpt-99”/,
    },
    { name: 'a run that is not there', args: ['--resume', '77'], code: 2, says: /no run “77”/ },
    { name: 'a port below 1024', args: ['--port', '80'], code: 2, says: /80.*1024/ },
    {
      name: 'a budget too small for any call',
      args: ['--budget', 'tokens=1'],
      code: 3,
      says: /run budget “run” of 1 tokens/,
    },
  ];
  for (const { name, args, files = {}, code, says } of cases) {
    it(`${name}: one clear sentence, exit code ${code}`, () =>
      withFolder(async (folder) => {
        const workspace = await writeSampleTree(folder, files);
        const ended = await haios(folder, ['run', 'todo', '--workspace', workspace, '--quiet', ...args]);
        assert.equal(ended.code, code, ended.err);
        assert.match(ended.err, says);
        assert.equal(ended.err.trim().split('\n').length, 1, ended.err);
        if (code === 2) assert.ok(!existsSync(join(workspace, '.haios')), 'something was left behind');
      }));
  }

  it('a database of a newer version is refused and left as it is', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder);
      assert.equal((await haios(folder, ['run', 'todo', '--workspace', workspace, '--quiet'])).code, 0);
      const db = new Database(join(folder, 'haios.db'));
      db.pragma('user_version = 999');
      db.close();
      const ended = await haios(folder, ['runs', '--quiet']);
      assert.equal(ended.code, 2);
      assert.match(ended.err, /haios\.db.*999/);
    }));

  it('a damaged history is set aside and told; a damaged ledger refuses calls until a new one is agreed to', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder);
      const run = ['run', 'todo', '--workspace', workspace];
      await writeFile(join(folder, 'haios.db'), 'no database at all '.repeat(300));
      const first = await haios(folder, run);
      assert.equal(first.code, 0, first.err);
      assert.match(first.err, /was damaged .* kept as .* a new one was begun/);
      assert.ok((await readdir(folder)).some((file) => file.startsWith('haios.damaged-')));

      await writeFile(join(folder, 'ledger.db'), 'no database at all '.repeat(300));
      const refused = await haios(folder, run);
      assert.equal(refused.code, 3, refused.err);
      assert.match(refused.err, /haios doctor --new-ledger/);
      assert.equal((await haios(folder, ['doctor', '--new-ledger'])).code, 0);
      assert.equal((await haios(folder, run)).code, 0);
      assert.ok((await readdir(folder)).some((file) => file.startsWith('ledger.damaged-')));
    }));

  it('an untrusted workspace: its configuration has no effect, nothing is written in it', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder, { 'haios.config.json': '{ "lanes": { "nonsense": 1 } }' });
      const runtime = await startRuntime({ folder, workspace, trusted: false });
      const written = await runtime.run({ prompt: 'replace hello with goodbye in src/*.ts', approve: 'all' });
      await runtime.stop(5000);
      assert.equal(written.status, 'succeeded');
      assert.match(written.text, /trust/i);
      assert.deepEqual((await readdir(workspace)).sort(), [
        'README.md',
        'docs',
        'haios.config.json',
        'package.json',
        'src',
      ]);
    }));

  it('a folder where a file is wanted, a file where a folder is wanted', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder);
      await mkdir(join(folder, 'other'));
      const asFile = await haios(folder, ['run', 'todo', '--workspace', join(workspace, 'README.md'), '--quiet']);
      const asConfig = await haios(folder, [
        'run',
        'todo',
        '--workspace',
        workspace,
        '--config',
        join(folder, 'other'),
        '--quiet',
      ]);
      assert.deepEqual([asFile.code, asConfig.code], [2, 2], `${asFile.err}${asConfig.err}`);
      assert.match(asFile.err, /README\.md/);
      assert.match(asConfig.err, /other/);
    }));

  it('keeps a port that is taken from being a failure', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder);
      const first = await startRuntime({ folder, workspace });
      const port = String(first.welcome.port);
      const second = await haios(folder, ['run', 'todo', '--workspace', workspace, '--quiet', '--port', port]);
      await first.stop(5000);
      assert.equal(second.code, 0, second.err);
    }));
});

function haios(folder: string, args: readonly string[]): Promise<Ended> {
  const common = ['--db', join(folder, 'haios.db'), ...(args.includes('--port') ? [] : ['--port', '0'])];
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, ...args, ...common], { cwd: folder }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}
