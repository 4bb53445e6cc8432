import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ctrlC, ctrlD, inTerminal, type PseudoTerminal } from '../support/pseudo-terminal.ts';
import { bundle, rows, startRuntime, withFolder } from '../support/runtime.ts';
import { writeSampleTree } from '../support/sample-tree.ts';

const settings = { price_as: 'gpt-5' };
const question = 'Your choice (r, r2, a, t or s): ';

interface Scene {
  readonly folder: string;
  readonly workspace: string;
  /** `haios run` with a budget that is too small, and a person at its terminal. */
  start(...flags: string[]): PseudoTerminal;
}

function withScene(work: (scene: Scene) => Promise<void>): Promise<void> {
  return withFolder(async (folder) => {
    const workspace = await writeSampleTree(folder);
    const config = join(folder, 'haios.json');
    await writeFile(config, JSON.stringify(settings));
    const main = join(import.meta.dirname, '../../src/hosts/cli/main.ts');
    const { CI: _, ...env } = process.env;
    const open: PseudoTerminal[] = [];
    const start = (...flags: string[]): PseudoTerminal => {
      const argv = ['run', 'inventory, todo and links', '--budget', 'usd=0.19', '--workspace', workspace];
      const files = ['--config', config, '--db', join(folder, 'haios.db'), '--port', '0'];
      const terminal = inTerminal([process.execPath, main, ...argv, ...files, ...flags], {
        ...env,
        HAIOS_RUNTIME_BUNDLE: bundle,
      });
      open.push(terminal);
      return terminal;
    };
    try {
      await work({ folder, workspace, start });
    } finally {
      for (const terminal of open) terminal.close();
    }
  });
}

describe('haios run at a budget’s limit, in a real terminal', function () {
  this.timeout(90_000);

  it('asks, refuses what does not do and asks again, and goes on to the run’s end when it is raised', () =>
    withScene(async ({ folder, start }) => {
      const terminal = start();
      await terminal.type(question, 'what?\r');
      await terminal.type('“what?” is none of the choices', 'a\r');
      await terminal.type('New limit in dollars (nothing: back): ', '0.19\r');
      await terminal.type('The new limit of $0.19 does not allow the next call; give at least $0.19', '2\r');
      assert.equal(await terminal.ended, 0, terminal.shown());
      const shown = terminal.shown();
      assert.match(shown, /Run g1 stopped: run budget \$0\.19 (?:has no room for the next call|is used up) \(\$0\.01/);
      assert.match(shown, /run g001 succeeded/);
      const [override] = rows(join(folder, 'ledger.db'), 'SELECT name, scope, limit_nusd FROM overrides');
      assert.deepEqual(override, { name: 'run', scope: 'run', limit_nusd: 2_000_000_000 });
      assert.deepEqual(rows(join(folder, 'ledger.db'), 'SELECT * FROM reservations'), []);
    }));

  it('ends with 3 when the person stops it, with 3 when nobody is there any more, and with 130 at Ctrl-C', () =>
    withScene(async ({ start }) => {
      const ends = [
        { typed: 's\r', code: 3, says: /go on with: haios run --resume 1/ },
        { typed: ctrlD, code: 3, says: /Nobody can be asked any more: the run is stopped\./ },
        { typed: ctrlC, code: 130, says: /Cancelling; Ctrl-C again ends at once\.[^]*run g003 cancelled/ },
      ];
      for (const { typed, code, says } of ends) {
        const terminal = start();
        await terminal.type(question, typed);
        assert.equal(await terminal.ended, code, terminal.shown());
        assert.match(terminal.shown(), says);
      }
    }));

  it('takes the question away when another window raises the budget', () =>
    withScene(async ({ folder, workspace, start }) => {
      const terminal = start();
      await terminal.type(question, 'a\r');
      await terminal.type('New limit in dollars', '');
      const [run] = rows(join(folder, 'haios.db'), 'SELECT run_id AS id FROM runs');
      const other = await startRuntime({ folder, workspace, settings });
      await other.client.request('setBudget', {
        budget: { name: 'run', resource: 'usd', scope: 'run', key: String(run?.['id']), window: 'lifetime' },
        limit: 2_000_000_000,
        until: null,
      });
      assert.equal(await terminal.ended, 0, terminal.shown());
      assert.match(terminal.shown(), /Run g1 waits for no budget any more: it was decided elsewhere/);
      await other.stop(5000);
    }));

  it('asks nobody who has said what to do, allows nothing, or reads a document', () =>
    withScene(async ({ start }) => {
      for (const flags of [['--on-limit', 'stop'], ['--approve', 'none'], ['--json']]) {
        const terminal = start(...flags);
        assert.equal(await terminal.ended, 3, terminal.shown());
        assert.ok(!terminal.shown().includes('Your choice'), terminal.shown());
      }
    }));
});
