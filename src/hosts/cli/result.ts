import type { ExitCode } from '../../catalogue/cli.ts';
import { errors } from '../../catalogue/errors.ts';
import { resumable } from '../../catalogue/states.ts';
import { formatCost, formatG, formatInteger } from '../../protocol/money.ts';
import type { RunRef, RunSummary } from '../../protocol/messages.ts';
import { noTokens, totalTokens } from '../../protocol/rows.ts';
import type { RunView } from '../../protocol/snapshot.ts';
import { formatDuration } from '../../protocol/text.ts';

/** A run's result; what died with its runtime is null. */
export type Result = Omit<RunSummary, 'workerCalls'> & { readonly workerCalls: number | null };

export function exitCodeOfRun(result: Pick<Result, 'status' | 'error'>): ExitCode {
  switch (result.status) {
    case 'succeeded':
      return 0;
    case 'budget_exceeded':
    case 'waiting':
      return 3;
    case 'cancelled':
      return 130;
    case 'failed':
    case 'interrupted':
      return result.error === null ? 1 : errors[result.error.code].exit;
    case 'queued':
    case 'running':
      return 1;
  }
}

/** The one JSON document of `--json`; control characters are escaped, so that it can be looked at in a terminal. */
export function resultJson(result: Result): string {
  const {
    run,
    g,
    status,
    traceId,
    tasks,
    workerCalls,
    tokens,
    usd,
    usd_nano,
    durationMs,
    artefacts,
    issues,
    text,
    ...rest
  } = result;
  return asciiControls({
    run,
    g,
    status,
    traceId,
    tasks,
    workerCalls,
    tokens,
    usd,
    usd_nano,
    durationMs,
    artefacts,
    issues,
    text,
    ...rest,
  });
}

export function asciiControls(document: unknown): string {
  const json = JSON.stringify(document, null, 2);
  return `${json.replace(/[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;
}

/** What stands on stderr after a run: how it ended, what it wrote, what was raised, how to go on. */
export function resultRemarks(result: Result): readonly string[] {
  const calls = result.workerCalls === null ? [] : [`${formatInteger(result.workerCalls)} worker calls`];
  const cost = formatCost({ nusd: result.usd_nano, estimated: result.estimated, unpricedCalls: result.unpricedCalls });
  const parts = [
    `run g${formatG(result.g)} ${result.status.replaceAll('_', ' ')}`,
    `${formatInteger(result.tasks)} ${result.tasks === 1 ? 'task' : 'tasks'}`,
    ...calls,
    `${result.estimated ? '~' : ''}${formatInteger(result.tokens.total)} tokens`,
    `${cost}${result.priceAs === null ? '' : ` as ${result.priceAs}`}`,
    formatDuration(result.durationMs),
  ];
  return [
    parts.join(' · '),
    ...result.artefacts.map((path) => `wrote ${path}`),
    ...result.issues
      .filter((issue) => issue.closedAt === null && issue.message !== result.error?.message)
      .map((issue) => `issue ${issue.code}: ${issue.message}`),
    ...(resumable.includes(result.status) ? [resumeHint(result)] : []),
  ];
}

function resumeHint({ g, status }: Result): string {
  const stopped = status === 'budget_exceeded' || status === 'waiting';
  const budget = stopped ? ' (--budget usd=… sets a new total for the run)' : '';
  return `go on with: haios run --resume ${g}${budget}`;
}

/** What is known of a run whose runtime ended in the middle of it; `loss` says how, without a full stop. */
export function lostResult(ref: RunRef, view: RunView | null, loss: string): Result {
  const tokens = view?.cost.tokens ?? noTokens;
  return {
    run: ref.runId,
    g: ref.g,
    status: 'interrupted',
    traceId: ref.traceId,
    tasks: view?.tasksTotal ?? 0,
    workerCalls: null,
    tokens: { ...tokens, total: totalTokens(tokens) },
    usd: (view?.cost.nusd ?? 0) / 1e9,
    usd_nano: view?.cost.nusd ?? 0,
    durationMs: view?.elapsedMs ?? 0,
    artefacts: view === null || view.report === null ? [] : [view.report],
    issues: [],
    text: '',
    priceAs: view?.priceAs ?? null,
    estimated: true,
    unpricedCalls: view?.cost.unpricedCalls ?? 0,
    error: {
      code: 'RUNTIME_LOST',
      message: `${loss}; go on with “haios run --resume ${ref.g}”.`,
    },
  };
}
