import type { ExitCode } from '../../../catalogue/cli.ts';
import type { Check } from '../../../protocol/messages.ts';
import { checkWorkspace } from '../checks.ts';
import type { Context } from '../context.ts';
import { withSession } from '../session.ts';

const checksMs = 60_000;

/** `haios doctor`: one line per check and what to do; 1 if one failed. */
export async function doctor(context: Context): Promise<ExitCode> {
  const { values, terminal, cwd } = context;
  const workspace = await checkWorkspace(values.get('workspace') ?? cwd);
  const checks = await withSession(context, { workspace, http: true }, ({ client }) =>
    client.request('doctor', {}, checksMs),
  );
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
