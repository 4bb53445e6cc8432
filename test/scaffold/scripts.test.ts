import assert from 'node:assert/strict';
import { join } from 'node:path';

const scripts = join(import.meta.dirname, '../../scripts');

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}
const { failuresOf, tally } = (await import(join(scripts, 'tally.mjs'))) as {
  failuresOf: (output: string) => string;
  tally: (run: { code: number; output: string }) => Counts;
};
const start = (await import(join(scripts, 'start.mjs'))) as {
  readArguments: (args: string[]) => { prompt: string; once: boolean };
};
const test = (await import(join(scripts, 'test.mjs'))) as {
  readArguments: (args: string[]) => { only: string[]; grep: string | null };
};

describe('tally', () => {
  it('reads the counts of one run or of several', () => {
    const one = '\n  \u001b[32m12 passing\u001b[0m (3s)\n  2 pending\n  1 failing\n';
    assert.deepEqual(tally({ code: 1, output: one }), { passed: 12, failed: 1, skipped: 2 });
    assert.deepEqual(tally({ code: 0, output: '  3 passing (1s)\n  4 passing (1s)\n' }), {
      passed: 7,
      failed: 0,
      skipped: 0,
    });
  });

  it('counts a crash and a silent run as a failure', () => {
    assert.deepEqual(tally({ code: 0, output: '' }), { passed: 0, failed: 1, skipped: 0 });
    assert.deepEqual(tally({ code: 137, output: '  3 passing (1s)\n' }), { passed: 3, failed: 1, skipped: 0 });
  });

  it('is not taken in by what a test prints', () => {
    assert.equal(tally({ code: 0, output: '    ✔ has 9 failing parts\n  1 passing (1ms)\n' }).failed, 0);
  });
});

describe('failuresOf', () => {
  it('keeps what every failed suite said, to be said again at the end', () => {
    const failed = '  3 passing (1s)\n  \u001b[31m1 failing\u001b[0m\n\n  1) storage\n       is whole:\n';
    assert.equal(
      failuresOf(`${failed}\n  a title\n    ✔ does\n\n${failed}`).match(/1\) storage\n {7}is whole:/g)?.length,
      2,
    );
  });

  it('is empty when nothing failed', () => {
    assert.equal(failuresOf('    ✔ has 9 failing parts\n  1 passing (1ms)\n'), '');
  });
});

describe('npm start', () => {
  it('has a prompt of its own, takes another, and knows --once', () => {
    assert.deepEqual(start.readArguments([]), { prompt: 'inventory, todo, links and dependencies', once: false });
    assert.deepEqual(start.readArguments(['--once', 'todo']), { prompt: 'todo', once: true });
  });

  it('refuses what it does not know', () => {
    assert.throws(() => start.readArguments(['--onec']), /does not know --onec\. Usage/);
    assert.throws(() => start.readArguments(['find', 'x']), /takes one prompt\. Put it in quotes/);
  });
});

describe('npm test', () => {
  it('runs all suites, or those named', () => {
    assert.deepEqual(test.readArguments([]).only, [
      'types',
      'lint',
      'docs',
      'build',
      'unit',
      'integration',
      'faults',
      'mutants',
      'vscode',
    ]);
    assert.deepEqual(test.readArguments(['--only', 'unit,faults', '--grep', 'ledger']), {
      only: ['unit', 'faults'],
      grep: 'ledger',
    });
  });

  it('refuses an unknown suite or word', () => {
    assert.throws(() => test.readArguments(['--only', 'unti']), /There is no suite "unti"/);
    assert.throws(() => test.readArguments(['unit']), /needs a value|does not know/);
    assert.throws(() => test.readArguments(['unit', 'faults']), /does not know unit/);
  });
});
