/** Loaded by the extension host: runs the suites that lie beside this bundle. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'node:util';
import Mocha from 'mocha';
import { suiteMark } from '../support/marks.ts';

export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', color: false, timeout: 30_000, forbidOnly: true, forbidPending: true });
  const folder = __dirname;
  for (const file of readdirSync(folder)) if (file.endsWith('.suite.cjs')) mocha.addFile(join(folder, file));
  Mocha.reporters.Base.consoleLog = (...args: unknown[]) => console.log(suiteMark + format(...args));
  let passes = 0;
  const failures = await new Promise<number>((resolve) => {
    mocha.run(resolve).on('pass', () => (passes += 1));
  });
  const result = process.env['SUITE_RESULT_FILE'];
  if (result !== undefined) writeFileSync(result, JSON.stringify({ passes, failures }));
  if (failures > 0) throw new Error(`${failures} tests failed in the extension host.`);
}
