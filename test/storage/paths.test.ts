import assert from 'node:assert/strict';
import { damagedPathOf, defaultDataDir, defaultDatabasePath, ledgerPathOf } from '../../src/storage/paths.ts';

describe('storage: paths', () => {
  it('finds the data directory of each platform', () => {
    const home = { HOME: '/home/u' };
    assert.equal(defaultDataDir({ ...home, HAIOS_DATA_DIR: '/d' }, 'linux'), '/d');
    assert.equal(defaultDataDir({ ...home, XDG_DATA_HOME: '/x', HAIOS_DATA_DIR: '' }, 'linux'), '/x/haios');
    assert.equal(defaultDataDir(home, 'linux'), '/home/u/.local/share/haios');
    assert.equal(defaultDataDir(home, 'darwin'), '/home/u/Library/Application Support/haios');
    assert.equal(
      defaultDataDir({ LOCALAPPDATA: 'C:\\Users\\u\\AppData\\Local' }, 'win32'),
      'C:\\Users\\u\\AppData\\Local\\haios',
    );
    assert.equal(defaultDatabasePath(home, 'linux'), '/home/u/.local/share/haios/haios.db');
  });

  it('names the ledger and a damaged file after the database', () => {
    assert.equal(ledgerPathOf('/d/haios.db'), '/d/ledger.db');
    assert.equal(ledgerPathOf('/x/h.db'), '/x/h.ledger.db');
    assert.equal(ledgerPathOf('/x/h'), '/x/h.ledger.db');
    assert.equal(damagedPathOf('/d/haios.db', new Date(2026, 0, 2, 3, 4, 5)), '/d/haios.damaged-20260102-030405.db');
    assert.equal(
      damagedPathOf('/x/h.ledger.db', new Date(2026, 0, 2, 3, 4, 5)),
      '/x/h.ledger.damaged-20260102-030405.db',
    );
  });
});
