import type { ExitCode } from '../../../catalogue/cli.ts';
import { backupText } from '../../../protocol/backup-text.ts';
import type { Check } from '../../../protocol/messages.ts';
import { checkWorkspace } from '../checks.ts';
import { usage } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { withSession } from '../session.ts';

const checksMs = 60_000;
const restoreMs = 300_000;

/** `haios doctor`: one line per check and what to do; 1 if one failed. */
export async function doctor(context: Context): Promise<ExitCode> {
  const { values, terminal, cwd } = context;
  const workspace = await checkWorkspace(values.get('workspace') ?? cwd);
  if (values.has('restore-ledger') && values.has('new-ledger'))
    throw usage('--restore-ledger and --new-ledger exclude each other; give one of them.');
  const checks = await withSession(context, { workspace, http: true }, async ({ client }) => {
    if (values.has('restore-ledger')) {
      const backup = await client.request('restoreLedger', {}, restoreMs);
      if (!values.has('quiet'))
        terminal.say(`The ledger was restored from its backup of ${backupText(backup, Date.now())}.`);
    }
    return client.request('doctor', {}, checksMs);
  });
  terminal.print(checkLines(checks).join(''));
  return checks.some((check) => check.status === 'error') ? 1 : 0;
}

export function checkLines(checks: readonly Check[]): readonly string[] {
  const width = Math.max(0, ...checks.map((check) => check.name.length));
  return checks.map(({ name, status, message, remedy }) => {
    const hint = remedy === null ? '' : `\n${' '.repeat(11 + width)}→ ${remedy}`;
    return `${status.padEnd(7)}  ${name.padEnd(width)}  ${message}${hint}\n`;
  });
}
