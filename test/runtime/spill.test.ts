import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunRow } from '../../src/protocol/rows.ts';
import { deleteOldSpill, spillFolder } from '../../src/runtime/spill.ts';
import { runRow } from '../support/rows.ts';
import { withFolder } from '../support/runtime.ts';

const before = Date.UTC(2026, 0, 31);

describe('kept output under retention', () => {
  it('goes with runs that ended before, and with those nobody knows; what runs or is newer stays', () =>
    withFolder(async (folder) => {
      const runs = new Map<string, RunRow>();
      const make = (name: string, changedAt: number, row: Partial<RunRow> | null): void => {
        const path = spillFolder(folder, name);
        mkdirSync(path, { recursive: true });
        writeFileSync(join(path, 'command-1.log'), 'output');
        utimesSync(path, changedAt / 1000, changedAt / 1000);
        if (row !== null) runs.set(name, runRow({ runId: name, ...row }));
      };
      const [old, fresh] = [before - 1, before];
      make('ended-old', fresh, { status: 'failed', endedAt: old });
      make('ended-new', old, { status: 'succeeded', endedAt: fresh });
      make('running', old, { status: 'running', startedAt: old - 1 });
      make('waiting', old, { status: 'waiting', startedAt: old - 1 });
      make('unknown-old', old, null);
      make('unknown-new', fresh, null);
      make('7', fresh, null);
      writeFileSync(join(folder, 'spill', 'a-file'), '');
      mkdirSync(join(folder, 'elsewhere'));
      writeFileSync(join(folder, 'elsewhere', 'kept'), '');
      symlinkSync(join(folder, 'elsewhere'), join(folder, 'spill', 'link'));

      // A run is found by its number too: a folder of that name is not its.
      const numbered = runRow({ runId: 'ended-old', g: 7, status: 'failed', endedAt: old });
      const run = (id: string): Promise<RunRow | null> =>
        Promise.resolve(id === '7' ? numbered : (runs.get(id) ?? null));
      assert.equal(await deleteOldSpill(folder, before, { run }), 2);
      const left = ['7', 'a-file', 'ended-new', 'link', 'running', 'unknown-new', 'waiting'];
      assert.deepEqual(readdirSync(join(folder, 'spill')).sort(), left);
      assert.deepEqual(readdirSync(join(folder, 'elsewhere')), ['kept']);
      assert.equal(await deleteOldSpill(folder, before, { run }), 0);
    }));

  it('is nothing where no run ever was', () =>
    withFolder(async (folder) => {
      assert.equal(await deleteOldSpill(folder, before, { run: () => Promise.resolve(null) }), 0);
    }));
});
