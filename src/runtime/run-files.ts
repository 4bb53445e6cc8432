import type { RunContext } from '../core/agent/services.ts';
import type { Run } from '../core/agent/run.ts';
import type { RunSummary } from '../protocol/messages.ts';
import { totalTokens, type ArtefactRow, type IssueRow, type RunRow, type TaskRow } from '../protocol/rows.ts';
import { execStatus, execStatusName } from '../reports/exec-status.ts';
import { runReport, runReportName } from '../reports/run-report.ts';
import type { Storage } from '../storage/storage.ts';
import type { Redactor } from '../telemetry/redact.ts';
import { writeOwnFile, type OwnFile } from './own-files.ts';

export interface RunFilesOptions {
  readonly storage: Storage;
  readonly redactor: Redactor;
  readonly dataDir: string;
  readonly version: string;
  readonly now: () => number;
  readonly onArtefact: (artefact: ArtefactRow) => void;
  /** Something could not be read or written; the run's end is told all the same. */
  readonly onProblem: (error: unknown) => void;
}

export interface RunFiles {
  readonly summary: RunSummary;
  /** Shown path of the report; null when the run left none. */
  readonly report: string | null;
}

/** Writes what a run leaves behind for its people: the execution status always, the report when there is a result. Never rejects. */
export async function writeRunFiles(run: Run, context: RunContext, options: RunFilesOptions): Promise<RunFiles> {
  const { storage, redactor, onProblem } = options;
  const { reader } = storage;
  const row = redactor.value(run.row());
  const orNone = <T>(read: Promise<readonly T[]>): Promise<readonly T[]> =>
    read.catch((error: unknown) => {
      onProblem(error);
      return [];
    });
  await storage.flush().catch(onProblem);
  const [tasks, written, issues] = await Promise.all([
    orNone(reader.tasks(row.runId)),
    orNone(reader.artefacts(row.runId)),
    orNone(reader.issues({ runId: row.runId, limit: 100 })),
  ]);
  const report = await write(row, context, { tasks, written, issues }, options).catch((error: unknown) => {
    onProblem(error);
    return null;
  });
  const artefacts = [...new Set([...written.map(({ path }) => path), ...(report === null ? [] : [report.shown])])];
  return { summary: summaryOf(row, artefacts, issues), report: report?.shown ?? null };
}

interface Found {
  readonly tasks: readonly TaskRow[];
  readonly written: readonly ArtefactRow[];
  readonly issues: readonly IssueRow[];
}

async function write(
  row: RunRow,
  context: RunContext,
  found: Found,
  options: RunFilesOptions,
): Promise<OwnFile | null> {
  const { storage, version, now } = options;
  const { tasks, written, issues } = found;
  const place = { workspace: context.trusted() ? context.workspace : null, dataDir: options.dataDir };
  await writeOwnFile(place, execStatusName(row.g), execStatus(row, tasks, now()));
  if (row.text === '') return null;
  const artefacts = written.filter(({ path }) => !path.startsWith('.haios/'));
  const text = runReport({ run: row, artefacts, issues, version, writtenAt: now() });
  const report = await writeOwnFile(place, `reports/${runReportName(row.g)}`, text);
  options.onArtefact(artefactOf(report, row, now()));
  const { absolute: path, sha256 } = report;
  storage.write([
    { type: 'report', row: { g: row.g, kind: 'run', path, workspace: row.workspace, at: now(), sha256 } },
  ]);
  await storage.flush();
  return report;
}

function summaryOf(row: RunRow, artefacts: readonly string[], issues: RunSummary['issues']): RunSummary {
  const { cost } = row;
  return {
    run: row.runId,
    g: row.g,
    status: row.status,
    traceId: row.traceId,
    tasks: row.tasks,
    workerCalls: row.workerCalls,
    tokens: { ...cost.tokens, total: totalTokens(cost.tokens) },
    usd: cost.nusd / 1e9,
    usd_nano: cost.nusd,
    durationMs: Math.round(row.durationMs),
    artefacts,
    issues,
    text: row.text,
    priceAs: row.priceAs,
    estimated: cost.estimated,
    unpricedCalls: cost.unpricedCalls,
    error: row.error,
  };
}

function artefactOf(file: OwnFile, row: RunRow, at: number): ArtefactRow {
  return {
    path: file.shown,
    sha256: file.sha256,
    size: file.size,
    g: row.g,
    runId: row.runId,
    taskId: null,
    traceId: row.traceId,
    workspace: row.workspace,
    at,
  };
}
