// `npm test`: everything, in order; the last line counts it. `npm test -- --only lint,unit --grep ledger`.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.mjs';
import { setup } from './setup.mjs';
import { isMain, main, ownNode, root, run, tool, UsageError } from './steps.mjs';
import { failuresOf, tally } from './tally.mjs';

/** The folders of test/ that are not unit tests, and the suite each belongs to, if any. */
const others = {
  faults: 'faults',
  runtime: 'integration',
  integration: 'integration',
  vscode: null,
  bench: null,
  mutants: null,
  support: null,
};

/** In the order in which they run. A check counts as one test; the suites count their own. */
const suites = {
  types: check(() => run(tool('tsc'), ['--noEmit'])),
  lint: check(() => run(ownNode, ['scripts/lint.mjs'])),
  docs: check(() => run(ownNode, ['scripts/docs.ts', '--check'])),
  build: check(async () => {
    await build();
    return { code: 0 };
  }),
  unit: ({ grep }) => mocha(foldersOf('unit'), grep),
  integration: ({ grep }) => mocha(foldersOf('integration'), grep),
  faults: ({ grep }) => mocha(foldersOf('faults'), grep),
  mutants: async () => {
    const { code, output } = await run(ownNode, ['test/mutants/run.ts'], { capture: true });
    const [, passed, failed] = /(\d+) passed, (\d+) failed\s*$/.exec(output) ?? [null, 0, 1];
    const failures = output.split('\n').filter((line) => line !== '' && !line.startsWith('caught'));
    return {
      passed: Number(passed),
      failed: Math.max(Number(failed), code === 0 ? 0 : 1),
      skipped: 0,
      failures: failures.join('\n'),
    };
  },
  vscode: async ({ grep }) => {
    const args = grep === null ? [] : ['--grep', grep];
    return counted(await run(ownNode, ['test/vscode/run.ts', ...args], { capture: true }));
  },
};

/** `--only a,b` and `--grep X`; every other word is a mistake. */
export function readArguments(args) {
  const options = { only: Object.keys(suites), grep: null };
  for (let index = 0; index < args.length; index += 2) {
    const value = args[index + 1];
    if (value === undefined) throw new UsageError(`${args[index]} needs a value. ${usage()}`);
    if (args[index] === '--only') options.only = value.split(',');
    else if (args[index] === '--grep') options.grep = value;
    else throw new UsageError(`npm test does not know ${args[index]}. ${usage()}`);
  }
  const unknown = options.only.find((name) => !Object.hasOwn(suites, name));
  if (unknown !== undefined) throw new UsageError(`There is no suite ${JSON.stringify(unknown)}. ${usage()}`);
  return options;
}

async function test() {
  const { only, grep } = readArguments(process.argv.slice(2));
  await setup({ tests: true });
  const total = { passed: 0, failed: 0, skipped: 0 };
  const failed = [];
  const began = performance.now();
  for (const name of Object.keys(suites).filter((suite) => only.includes(suite))) {
    console.log(`\n━━ ${name} ━━`);
    const start = performance.now();
    const counts = await suites[name]({ grep }).catch(failure);
    console.log(`${name}: ${said(counts)} in ${seconds(start)}`);
    for (const key of Object.keys(total)) total[key] += counts[key];
    if (counts.failed > 0) failed.push({ name, failures: counts.failures ?? '' });
  }
  // A log is often read from its end.
  for (const { name, failures } of failed) console.log(`\n━━ failed: ${name} ━━\n${failures}`);
  const skippedFails = process.env.CI === 'true' && total.skipped > 0;
  console.log(`\nAll suites took ${seconds(began)}.${skippedFails ? ' A skipped test is a failure here.' : ''}`);
  console.log(said(total));
  return total.failed > 0 || skippedFails ? 1 : 0;
}

/** The folders of a suite. One that is not named above holds unit tests, so that none is ever forgotten. */
function foldersOf(suite) {
  const folders = readdirSync(join(root, 'test'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const suiteOf = ({ name }) => (Object.hasOwn(others, name) ? others[name] : 'unit');
  return folders.filter((folder) => suiteOf(folder) === suite).map(({ name }) => `test/${name}/**/*.test.ts`);
}

async function mocha(globs, grep) {
  if (globs.length === 0) return { passed: 0, failed: 0, skipped: 0 };
  // A test that failed may have left a process or a timer; its failure must end the suite all the same.
  const args = [...globs, '--forbid-only', '--exit', ...(grep === null ? [] : ['--grep', grep])];
  return counted(await run(tool('mocha'), args, { capture: true }));
}

function counted(ended) {
  return { ...tally(ended), failures: failuresOf(ended.output) };
}

function check(body) {
  return async () => {
    const { code } = await body();
    return code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
  };
}

function failure(error) {
  console.error(error instanceof Error ? error.message : String(error));
  return { passed: 0, failed: 1, skipped: 0 };
}

function said({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

function seconds(since) {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

function usage() {
  return `Usage: npm test -- [--only ${Object.keys(suites).join(',')}] [--grep TEXT]`;
}

if (isMain(import.meta.url)) await main(test);
