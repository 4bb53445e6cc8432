import type { RunContext } from '../core/agent/services.ts';
import type { Run } from '../core/agent/run.ts';
import type { RunSummary } from '../protocol/messages.ts';
import { totalTokens, type ArtefactRow, type RunRow } from '../protocol/rows.ts';
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
}

export interface RunFiles {
  readonly summary: RunSummary;
  /** Shown path of the report; null when the run left none. */
  readonly report: string | null;
}

/** Writes what a run leaves behind for its people: the execution status always, the report when there is a result. */
export async function writeRunFiles(run: Run, context: RunContext, options: RunFilesOptions): Promise<RunFiles> {
  const { storage, redactor, version, now } = options;
  const { reader } = storage;
  await storage.flush();
  const row = redactor.value(run.row());
  const [tasks, written, issues] = await Promise.all([
    reader.tasks(row.runId),
    reader.artefacts(row.runId),
    reader.issues({ runId: row.runId, limit: 100 }),
  ]);
  const place = { workspace: context.trusted() ? context.workspace : null, dataDir: options.dataDir };
  await writeOwnFile(place, execStatusName(row.g), execStatus(row, tasks, now()));

  let report: OwnFile | null = null;
  if (row.text !== '') {
    const changed = written.filter(({ path }) => !path.startsWith('.haios/'));
    const text = runReport({ run: row, artefacts: changed, issues, version, writtenAt: now() });
    report = await writeOwnFile(place, `reports/${runReportName(row.g)}`, text);
    const artefact = artefactOf(report, row, now());
    options.onArtefact(artefact);
    storage.write([
      {
        type: 'report',
        row: {
          g: row.g,
          kind: 'run',
          path: report.absolute,
          workspace: row.workspace,
          at: now(),
          sha256: report.sha256,
        },
      },
    ]);
  }
  await storage.flush();
  const artefacts = [...new Set([...written.map(({ path }) => path), ...(report === null ? [] : [report.shown])])];
  return { summary: summaryOf(row, artefacts, issues), report: report?.shown ?? null };
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
