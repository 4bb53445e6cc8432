import type { ArtefactRow, IssueRow } from '../../protocol/rows.ts';
import type { Fields } from '../sql.ts';
import { number, numberOrNull, oneOf, text, textOrNull } from '../sql.ts';
import type { ReportRow, RuntimeRow } from '../storage.ts';

export function artefactFields(artefact: ArtefactRow): Fields {
  return {
    path: artefact.path,
    sha256: artefact.sha256,
    size: artefact.size,
    g: artefact.g,
    run_id: artefact.runId,
    task_id: artefact.taskId,
    trace_id: artefact.traceId,
    workspace: artefact.workspace,
    at: Math.round(artefact.at),
  };
}

export function artefactOf(fields: Fields): ArtefactRow {
  return {
    path: text(fields, 'path'),
    sha256: text(fields, 'sha256'),
    size: number(fields, 'size'),
    g: number(fields, 'g'),
    runId: text(fields, 'run_id'),
    taskId: textOrNull(fields, 'task_id'),
    traceId: text(fields, 'trace_id'),
    workspace: textOrNull(fields, 'workspace'),
    at: number(fields, 'at'),
  };
}

export function issueFields(issue: IssueRow): Fields {
  return {
    issue_id: issue.issueId,
    code: issue.code,
    message: issue.message,
    run_id: issue.runId,
    at: Math.round(issue.at),
    closed_at: issue.closedAt === null ? null : Math.round(issue.closedAt),
  };
}

export function issueOf(fields: Fields): IssueRow {
  return {
    issueId: text(fields, 'issue_id'),
    code: oneOf(fields, 'code'),
    message: text(fields, 'message'),
    runId: textOrNull(fields, 'run_id'),
    at: number(fields, 'at'),
    closedAt: numberOrNull(fields, 'closed_at'),
  };
}

export function reportFields(report: ReportRow): Fields {
  return {
    g: report.g,
    kind: report.kind,
    path: report.path,
    workspace: report.workspace,
    at: Math.round(report.at),
    sha256: report.sha256,
  };
}

export function runtimeFields(runtime: RuntimeRow): Fields {
  return {
    runtime_id: runtime.runtimeId,
    pid: runtime.pid,
    host: runtime.host,
    version: runtime.version,
    port: runtime.port,
    started_at: Math.round(runtime.startedAt),
    heartbeat: runtime.heartbeat,
  };
}

export function runtimeOf(fields: Fields): RuntimeRow {
  return {
    runtimeId: text(fields, 'runtime_id'),
    pid: number(fields, 'pid'),
    host: text(fields, 'host'),
    version: text(fields, 'version'),
    port: numberOrNull(fields, 'port'),
    startedAt: number(fields, 'started_at'),
    heartbeat: number(fields, 'heartbeat'),
  };
}
