// `npm run lint`: style and mistakes (eslint), import arrows (dependency-cruiser), dead code (knip), form (prettier).
import { setup } from './setup.mjs';
import { isMain, main, run, tool } from './steps.mjs';

/** The folders that hold TypeScript. */
const folders = ['src', 'webview', 'test', 'scripts'];

async function lint() {
  await setup({ tests: false });
  const checks = {
    eslint: () => run(tool('eslint'), [...folders, '--max-warnings', '0']),
    arrows,
    knip: () => run(tool('knip'), ['--no-progress']),
    prettier: () => run(tool('prettier'), ['--check', '--log-level', 'warn', '.']),
  };
  let failed = 0;
  for (const [name, check] of Object.entries(checks)) {
    const { code } = await check();
    console.log(`${code === 0 ? '✔' : '✘'} ${name}`);
    if (code !== 0) failed += 1;
  }
  return failed === 0 ? 0 : 1;
}

/** With a compiler it cannot use, dependency-cruiser passes having read nothing: so it must have read something. */
async function arrows() {
  const args = ['--config', '.dependency-cruiser.mjs', '--output-type', 'json', 'src', 'webview'];
  const { code, output } = await run(tool('depcruise'), args, { capture: true, quiet: true });
  const { summary } = JSON.parse(output);
  for (const { from, to, rule } of summary.violations) console.error(`${rule.name}: ${from} → ${to}`);
  console.log(`${summary.totalCruised} modules read.`);
  if (summary.totalCruised < 100) {
    console.error(
      'dependency-cruiser read too few modules to have checked anything. Is the TypeScript version one it knows?',
    );
    return { code: 1 };
  }
  // The exit code tells of violations only where the report is text.
  return { code: summary.violations.length > 0 ? 1 : code };
}

if (isMain(import.meta.url)) await main(lint);
