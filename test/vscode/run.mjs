// Tests in a real VS Code: `node test/vscode/run.mjs [suite] [ui] …`; without a name, all. Prints how many passed.
import { runAll } from './run-all.ts';

process.exitCode = await runAll(process.argv.slice(2));
