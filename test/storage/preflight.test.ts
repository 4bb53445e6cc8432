import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { refuseNewer } from '../../src/storage/preflight.ts';
import { withFolder } from '../support/runtime.ts';

describe('a look at the databases before SQLite is there', () => {
  for (const name of ['haios.db', 'ledger.db']) {
    it(`refuses a newer ${name} by its header, in the words of the migration`, () =>
      withFolder(async (folder) => {
        const path = join(folder, 'haios.db');
        const db = new Sqlite(join(folder, name));
        for (const [version, refused] of [
          [1, false],
          [99, true],
        ] as const) {
          db.pragma(`user_version = ${version}`);
          const look = (): string => refuseNewer(path);
          if (refused)
            assert.throws(look, { code: 'DATABASE_NEWER', message: /schema version 99, and this HAiOS knows/ });
          else assert.equal(look(), path);
        }
        db.close();
      }));
  }

  it('leaves to the opening what is no database, too short or not there', () =>
    withFolder(async (folder) => {
      assert.equal(refuseNewer(join(folder, 'none', 'haios.db')), join(folder, 'none', 'haios.db'));
      assert.equal(refuseNewer(folder), folder);
      const path = join(folder, 'haios.db');
      for (const content of ['', 'SQLite format 3', 'x'.repeat(4096)]) {
        writeFileSync(path, content);
        assert.equal(refuseNewer(path), path);
      }
    }));
});
