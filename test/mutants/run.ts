// Puts each defect into a copy of the source and runs its tests, one of which must fail: `npm run mutants [-- WORD]`.
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { boundMutants } from './bounds.ts';
import { guardMutants } from './guards.ts';
import { laneMutants } from './lanes.ts';
import type { Mutant } from './mutant.ts';
import { reportMutants } from './reports.ts';

const root = join(import.meta.dirname, '../..');
const word = process.argv[2] ?? '';
const mutants = [...laneMutants, ...guardMutants, ...boundMutants, ...reportMutants].filter(({ guard, defect }) =>
  `${guard} ${defect}`.includes(word),
);

const copy = await mkdtemp(join(tmpdir(), 'haios-mutants-'));
let failed = 0;
try {
  for (const name of ['src', 'test', 'package.json', 'tsconfig.json']) {
    const source = join(root, name);
    await cp(source, join(copy, name), { recursive: true, filter: (path) => !path.includes('node_modules') });
  }
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
  for (const { tests } of new Map(mutants.map((mutant) => [mutant.tests.join(' '), mutant])).values()) {
    if (await testsPass(tests)) continue;
    failed++;
    console.log(`FAILS WITHOUT A DEFECT  ${tests.join(' ')}`);
  }
  for (const mutant of mutants) {
    const caught = await isCaught(mutant);
    if (!caught) failed++;
    console.log(`${caught ? 'caught  ' : 'SURVIVES'}  ${mutant.guard}: ${mutant.defect}`);
  }
} finally {
  await rm(copy, { recursive: true, force: true });
}
console.log(`${mutants.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function isCaught({ file, find, replace, also = [], tests, defect }: Mutant): Promise<boolean> {
  const path = join(copy, file);
  const before = await readFile(path, 'utf8');
  let after = before;
  for (const change of [{ find, replace }, ...also]) {
    const parts = after.split(change.find);
    if (parts.length !== 2) {
      throw new Error(`“${defect}”: ${file} holds ${parts.length - 1} times: ${change.find}`);
    }
    after = parts.join(change.replace);
  }
  await writeFile(path, after);
  try {
    return !(await testsPass(tests));
  } finally {
    await writeFile(path, before);
  }
}

function testsPass(tests: readonly string[]): Promise<boolean> {
  const mocha = join(root, 'node_modules/mocha/bin/mocha.js');
  return new Promise((resolve) => {
    execFile(process.execPath, [mocha, '--bail', '--exit', ...tests], { cwd: copy, timeout: 300_000 }, (error) =>
      resolve(error === null),
    );
  });
}
