import type { ExitCode } from '../../../catalogue/cli.ts';
import type { RuntimeView } from '../../../protocol/snapshot.ts';
import { checkWorkspace } from '../checks.ts';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { interrupted } from '../interrupts.ts';
import { openSession } from '../session.ts';

/** `haios serve`: prints the addresses and stays until Ctrl-C. */
export async function serve(context: Context): Promise<ExitCode> {
  const { terminal, values, interrupts, cwd } = context;
  const workspace = await checkWorkspace(values.get('workspace') ?? cwd);
  const session = await openSession(context, {
    workspace,
    http: true,
    prepare: (client) => {
      if (!values.has('quiet')) client.on('notice', (notice) => terminal.say(`${notice.level}: ${notice.message}`));
    },
  });
  try {
    if (session.runtime.port === null) {
      throw new CliError(
        'PORT_INVALID',
        'No port could be opened for panel and metrics; give another one with --port N, or 0 for any.',
        1,
      );
    }
    for (const line of addresses(session.runtime)) terminal.print(`${line}\n`);
    if (!values.has('quiet')) terminal.say('Ctrl-C ends.');
    const loss = await Promise.race([session.ended, interrupted(interrupts.first).then(() => null)]);
    if (loss !== null) throw new CliError('RUNTIME_LOST', `${loss}; start “haios serve” again.`);
    return 0;
  } finally {
    await session.close();
  }
}

/** Where a person and Prometheus find the runtime. */
export function addresses({ panelUrl, metricsUrl }: RuntimeView): readonly string[] {
  if (panelUrl === null && metricsUrl === null) return ['Panel and metrics are off: no port could be opened.'];
  return [
    ...(panelUrl === null ? [] : [`panel    ${panelUrl}`]),
    ...(metricsUrl === null ? [] : [`metrics  ${metricsUrl}`]),
  ];
}
