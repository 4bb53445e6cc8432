/** Loaded by the extension host: runs the suites that lie beside this bundle. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'node:util';
import Mocha from 'mocha';
import { suiteMark } from '../support/marks.ts';

export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', color: false, timeout: 30_000, forbidOnly: true, forbidPending: true });
  const grep = process.env['TEST_GREP'];
  if (grep !== undefined) mocha.fgrep(grep);
  Mocha.reporters.Base.consoleLog = (...args: unknown[]) => console.log(suiteMark + format(...args));
  for (const file of readdirSync(__dirname)) if (file.endsWith('.suite.cjs')) mocha.addFile(join(__dirname, file));
  const failures = await new Promise<number>((resolve) => {
    mocha.run(resolve);
  });
  if (failures > 0) throw new Error(`${failures} tests failed in the extension host.`);
}
