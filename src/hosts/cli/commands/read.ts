import type { ExitCode } from '../../../catalogue/cli.ts';
import type { ReportQuery, Requests } from '../../../protocol/messages.ts';
import { checkNumber, checkOut, checkWorkspace } from '../checks.ts';
import { usage } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { reportRange } from '../report-range.ts';
import { asciiControls } from '../result.ts';
import { runsTable } from '../runs-table.ts';
import { withSession } from '../session.ts';

const longMs = 120_000;

/** `haios report`: Markdown is also written into the workspace's `.haios/reports/`; `--out` writes there and prints nothing. */
export async function report(context: Context): Promise<ExitCode> {
  const { values, terminal, cwd } = context;
  const range = reportRange({ days: values.get('days'), from: values.get('from'), to: values.get('to') }, Date.now());
  const days = checkNumber('days', values.get('days') ?? '7', 1, 3650);
  const format = (values.get('format') ?? 'md') as ReportQuery['format'];
  const workspace = await checkWorkspace(values.get('workspace') ?? cwd);
  const file = values.get('out');
  const out = file === null || file === '-' ? (file === null && format === 'md' ? null : '-') : await checkOut(file);
  const query: ReportQuery = { days, range, format, priceAs: values.get('price-as'), out, workspace };
  const result = await withSession(context, { workspace, http: false }, ({ client }) =>
    client.request('report', query, longMs),
  );
  if (file === null || file === '-') terminal.printRaw(result.text.endsWith('\n') ? result.text : `${result.text}\n`);
  if (result.path !== null && !values.has('quiet')) terminal.say(`wrote ${result.path}`);
  return 0;
}

/** `haios costs explain CALL`. */
export async function explain(context: Context): Promise<ExitCode> {
  const callId = identifier('call', context.argument);
  const text = await withSession(context, { workspace: null, http: false }, ({ client }) =>
    client.request('explain', { callId }),
  );
  context.terminal.print(text);
  return 0;
}

/** `haios runs`. */
export async function runs(context: Context): Promise<ExitCode> {
  const { values, terminal } = context;
  const limit = checkNumber('limit', values.get('limit') ?? '20', 1, 1000);
  const page = await withSession(context, { workspace: null, http: false }, ({ client }) =>
    client.request('runs', { limit, cursor: null }),
  );
  if (values.has('json')) terminal.printRaw(asciiControls(page));
  else terminal.print(runsTable(page.rows, terminal.columns()));
  return 0;
}

/** `haios trace RUN`. */
export async function trace(context: Context): Promise<ExitCode> {
  const { values, terminal } = context;
  const run = identifier('run', context.argument);
  const format = (values.get('format') ?? 'tree') as Requests['traceText']['params']['format'];
  const text = await withSession(context, { workspace: null, http: false }, ({ client }) =>
    client.request('traceText', { run, format }, longMs),
  );
  if (format === 'tree') terminal.print(text);
  else terminal.printRaw(text);
  return 0;
}

function identifier(what: string, text: string | null): string {
  if (text !== null && /^[\w.:-]{1,100}$/.test(text)) return text;
  throw usage(
    `The ${what} is not an id; give an id of letters, digits and dashes, as “haios runs” and reports list them.`,
  );
}
