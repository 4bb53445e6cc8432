import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { forkRuntime, type RuntimeProcess } from '../../src/hosts/runtime-process.ts';
import type { Hello } from '../../src/protocol/messages.ts';
import { bundle, withFolder } from '../support/runtime.ts';

describe('a runtime that opens', function () {
  this.timeout(60_000);
  const hello: Hello = { host: 'cli', attended: false, workspaces: [], trusted: true, settings: {} };
  const start = (folder: string, database: string): RuntimeProcess =>
    forkRuntime({
      bundle,
      args: ['--db', database, '--port', '0'],
      env: { ...process.env, HAIOS_DATA_DIR: join(folder, 'data') },
    });

  it('answers hello with what it knows, and everything else when databases and port are open', () =>
    withFolder(async (folder) => {
      const runtime = start(folder, join(folder, 'haios.db'));
      const [welcome, view, snapshot] = await Promise.all([
        runtime.client.request('hello', hello),
        runtime.client.request('runtime', {}),
        runtime.client.request('subscribe', {}),
      ]);
      await runtime.stop(5000);
      assert.equal(welcome.databasePath, join(folder, 'haios.db'));
      assert.equal(view.id, welcome.runtimeId);
      assert.equal(snapshot.runtime.port, view.port);
      assert.match(view.metricsUrl ?? '', /^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
      assert.equal(snapshot.runtime.ledger, 'ok');
    }));

  it('refuses what is asked of it with the reason why its database cannot be opened, and lives until it is stopped', () =>
    withFolder(async (folder) => {
      const database = join(folder, 'a-folder.db');
      await mkdir(database);
      const runtime = start(folder, database);
      await runtime.client.request('hello', hello);
      for (const ask of [0, 1]) {
        await assert.rejects(runtime.client.request('subscribe', {}), { code: 'DATABASE_UNAVAILABLE' }, `ask ${ask}`);
      }
      await assert.rejects(
        runtime.client.request('startRun', {
          prompt: 'todo',
          workspace: null,
          model: null,
          agent: null,
          budget: {},
          priority: 'normal',
          approve: 'none',
          labels: [],
          onLimit: null,
          resume: null,
        }),
        { code: 'DATABASE_UNAVAILABLE' },
      );
      await runtime.stop(5000);
      assert.deepEqual(await runtime.exited, { code: 0, signal: null, outOfHeap: false });
    }));

  it('ends with the sentence and its code when it is started with a wrong flag', () =>
    withFolder(async (folder) => {
      let said = '';
      const env = { ...process.env, HAIOS_DATA_DIR: join(folder, 'data') };
      const onStderr = (text: string): void => void (said += text);
      const runtime = forkRuntime({ bundle, args: ['--port', '80'], env, onStderr });
      await assert.rejects(runtime.client.request('hello', hello), { code: 'RUNTIME_LOST' });
      assert.equal((await runtime.exited).code, 2);
      assert.equal(said, '--port “80” is not 0 or a number from 1024 to 65535; give another port.\n');
    }));

  it('refuses hello when the database is of a newer version', () =>
    withFolder(async (folder) => {
      const database = join(folder, 'haios.db');
      const db = new Sqlite(database);
      db.pragma('user_version = 99');
      db.close();
      const runtime = start(folder, database);
      await assert.rejects(runtime.client.request('hello', hello), { code: 'DATABASE_NEWER' });
      await runtime.stop(5000);
    }));

  it('can be stopped while it opens', () =>
    withFolder(async (folder) => {
      const database = join(folder, 'haios.db');
      const runtime = start(folder, database);
      await runtime.client.request('hello', hello);
      await runtime.stop(10_000);
      assert.deepEqual(await runtime.exited, { code: 0, signal: null, outOfHeap: false });
      const db = new Sqlite(database, { readonly: true });
      assert.deepEqual(db.prepare('SELECT * FROM runtimes').all(), []);
      db.close();
    }));

  it('keeps compiled code below the user’s own data and not beside the database', () =>
    withFolder(async (folder) => {
      const place = join(folder, 'workspace');
      await mkdir(place);
      const runtime = start(folder, join(place, 'haios.db'));
      await runtime.client.request('hello', hello);
      await runtime.client.request('runtime', {});
      await runtime.stop(5000);
      assert.ok(existsSync(join(folder, 'data', 'compile-cache')));
      assert.deepEqual(
        readdirSync(place).filter((name) => name.includes('cache')),
        [],
      );
      if (process.platform !== 'win32') assert.equal(statSync(join(folder, 'data')).mode & 0o077, 0);
    }));
});
