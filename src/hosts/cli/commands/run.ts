import type { ExitCode } from '../../../catalogue/cli.ts';
import type { Priority } from '../../../catalogue/lanes.ts';
import type { OnLimit } from '../../../catalogue/states.ts';
import { ChannelError, type Client } from '../../../protocol/channel.ts';
import { parseBudget } from '../../../protocol/budget-argument.ts';
import type { RunRef, RunSummary, StartRun } from '../../../protocol/messages.ts';
import type { ApproveMode, BudgetAmounts } from '../../../protocol/rows.ts';
import type { Snapshot } from '../../../protocol/snapshot.ts';
import { forecastParts } from '../../../protocol/forecast-text.ts';
import { stopKey } from '../../../protocol/stop-key.ts';
import { createApprovals } from '../approvals.ts';
import { createBudgetStops } from '../budget-stops.ts';
import { checkPrompt, checkWorkspace } from '../checks.ts';
import { CliError, usage } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { interrupted } from '../interrupts.ts';
import { createProgressView } from '../progress-view.ts';
import type { ProgressView } from '../progress-view.ts';
import { createQuestions } from '../questions.ts';
import { exitCodeOfRun, lostResult, resultJson, resultRemarks } from '../result.ts';
import type { Result } from '../result.ts';
import { openSession } from '../session.ts';
import type { Session } from '../session.ts';
import { followSnapshots } from '../snapshots.ts';
import { readPrompt } from '../stdin-prompt.ts';
import { addresses } from './serve.ts';

const startTimeoutMs = 60_000;
const forecastTimeoutMs = 2500;
const drainMs = 30_000;

/** `haios run`: progress on stderr, the result on stdout, the exit code from how the run ended. */
export async function run(context: Context): Promise<ExitCode> {
  const { terminal, values, interrupts } = context;
  const request = await requestOf(context);
  const workspace = request.workspace ?? context.cwd;
  const view = createProgressView(terminal, values.has('quiet'));
  interrupts.onSecond(() => view.close());
  try {
    const prepare = (client: Client): void =>
      client.on('notice', (notice) => {
        // What stopped the run is said with its result.
        if (notice.level !== 'error' || notice.runId === null) view.note(`${notice.level}: ${notice.message}`);
      });
    const session = await openSession(context, {
      workspace,
      http: true,
      attended: isAttended(context, request),
      prepare,
    });
    try {
      if (values.has('serve')) for (const line of addresses(session.runtime)) view.note(line);
      const usually = await forecastLine(context, session.client, request);
      if (usually !== null) view.note(usually);
      const result = await follow(context, session, request, view);
      view.close();
      report(context, result);
      if (values.has('serve') && !interrupts.first.aborted) await serveOn(context, session);
      return exitCodeOfRun(result);
    } finally {
      await session.close();
    }
  } finally {
    view.close();
  }
}

/** What such a run usually takes; null when nobody would read it, or it cannot be said in time. */
async function forecastLine(
  { values, interrupts }: Context,
  client: Client,
  { prompt, workspace, model, resume }: StartRun,
): Promise<string | null> {
  if (prompt === null || resume !== null || values.has('quiet') || values.has('json')) return null;
  const asked = client.request('forecast', { prompt, workspace, model }, forecastTimeoutMs).catch(() => null);
  const forecast = await Promise.race([asked, interrupted(interrupts.first)]);
  if (forecast === null || forecast === 'interrupted') return null;
  if (forecast.kind === 'not_enough_history') return 'forecast: not enough history yet';
  return `forecast: usually ${forecastParts(forecast).join(', ')} (${forecast.samples} runs)`;
}

async function follow(context: Context, session: Session, request: StartRun, view: ProgressView): Promise<Result> {
  const { client } = session;
  const { terminal, interrupts, stdin } = context;
  let snapshot: Snapshot | null = null;
  let ref: RunRef | null = null;
  const early: RunSummary[] = [];
  let ended: (summary: RunSummary) => void = (summary) => void early.push(summary);

  const questions = answers(context) ? createQuestions({ terminal, view, stdin }) : null;
  const asks = { client, terminal, view };
  client.on('approval', createApprovals({ ...asks, questions }));
  client.on('budgetStop', createBudgetStops({ ...asks, questions: isAttended(context, request) ? questions : null }));
  client.on('runEnded', (summary) => ended(summary));
  followSnapshots(client, (next) => {
    snapshot = next;
    questions?.keep([...next.approvals.map(({ approvalId }) => approvalId), ...next.stops.map(stopKey)]);
    view.show(next, ref?.runId ?? null);
  });

  try {
    const started = await client.request('startRun', request, startTimeoutMs);
    ref = started;
    if (snapshot !== null) view.show(snapshot, started.runId);
    const summary = new Promise<RunSummary>((resolve) => {
      ended = (candidate) => {
        if (candidate.run === started.runId) resolve(candidate);
      };
      early.forEach((candidate) => ended(candidate));
    });
    const lost = session.ended.then((loss) => lostResult(started, viewOf(snapshot, started.runId), loss));
    const first = await Promise.race([summary, lost, interrupted(interrupts.first)]);
    if (first !== 'interrupted') return first;
    questions?.close();
    view.note('Cancelling; Ctrl-C again ends at once.');
    client.request('controlRun', { runId: started.runId, action: 'cancel' }).catch(() => undefined);
    const drained = await Promise.race([summary, lost, late(drainMs)]);
    if (drained !== 'late') return drained;
    return lostResult(started, viewOf(snapshot, started.runId), 'The HAiOS runtime did not end the run in time');
  } catch (error) {
    if (interrupts.first.aborted && error instanceof ChannelError)
      throw new CliError('CANCELLED', 'Stopped before the run began.');
    throw error;
  } finally {
    questions?.close();
  }
}

/** A person can answer: one sits there, and stdin is not the prompt. */
function answers({ terminal, argument }: Context): boolean {
  return terminal.interactive && argument !== '-';
}

/** A person can be asked at a budget's limit; who answers a script or allows nothing is not. */
function isAttended(context: Context, { approve }: StartRun): boolean {
  return answers(context) && !context.values.has('json') && approve !== 'none';
}

function report({ terminal, values }: Context, result: Result): void {
  if (values.has('json')) terminal.printRaw(resultJson(result));
  else if (result.text !== '') terminal.print(result.text.endsWith('\n') ? result.text : `${result.text}\n`);
  if (result.error !== null) terminal.say(`haios: ${result.error.message}`);
  if (!values.has('quiet')) for (const line of resultRemarks(result)) terminal.say(line);
}

async function serveOn({ terminal, values, interrupts }: Context, session: Session): Promise<void> {
  if (!values.has('quiet')) for (const line of [...addresses(session.runtime), 'Ctrl-C ends.']) terminal.say(line);
  await Promise.race([session.ended, interrupted(interrupts.first)]);
}

async function requestOf(context: Context): Promise<StartRun> {
  const { argument, values, cwd, stdin } = context;
  const resume = values.get('resume');
  const prompt = argument === '-' ? await readPrompt(stdin) : argument;
  if (prompt === null && resume === null) {
    throw new CliError('PROMPT_INVALID', 'The prompt is missing; write what to do, for instance haios run "todo".');
  }
  const approve = values.get('approve') as ApproveMode | null;
  const folder = values.get('workspace');
  return {
    prompt: prompt === null ? null : checkPrompt(prompt),
    // A resumed run stays where it was.
    workspace: folder === null && resume !== null ? null : await checkWorkspace(folder ?? cwd),
    model: values.get('model'),
    agent: values.get('agent'),
    budget: budgetOf(values.get('budget')),
    priority: (values.get('priority') ?? 'normal') as Priority,
    approve: approve ?? (answers(context) ? 'ask' : 'none'),
    labels: values.all('label').flatMap((given) => given.split(',').map((label) => label.trim())),
    onLimit: values.get('on-limit') as OnLimit | null,
    resume,
  };
}

function budgetOf(text: string | null): BudgetAmounts {
  if (text === null) return {};
  const parsed = parseBudget(text);
  if (!parsed.ok) throw usage(parsed.message);
  return parsed.budget;
}

function viewOf(snapshot: Snapshot | null, runId: string): Snapshot['runs'][number] | null {
  return snapshot?.runs.find((candidate) => candidate.runId === runId) ?? null;
}

function late(ms: number): Promise<'late'> {
  return new Promise((resolve) => {
    setTimeout(() => resolve('late'), ms).unref();
  });
}
