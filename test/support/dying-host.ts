// Starts a runtime with a run that waits for a person, says its pid, and waits to be killed.
import { startRuntime, until } from './runtime.ts';

const [folder = '', workspace = ''] = process.argv.slice(2);
const runtime = await startRuntime({ folder, workspace });
void runtime.run({ prompt: 'replace hello with goodbye in src/*.ts', approve: 'ask' });
await until('a question', () => runtime.approvals.length > 0);
process.stdout.write(`${runtime.pid}\n`);
