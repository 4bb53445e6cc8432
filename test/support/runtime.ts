import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { forkRuntime, type RuntimeProcess } from '../../src/hosts/runtime-process.ts';
import type { Notice, RunSummary, StartRun, Welcome } from '../../src/protocol/messages.ts';
import type { ApprovalView, RuntimeView } from '../../src/protocol/snapshot.ts';

export const bundle = join(import.meta.dirname, '../../dist/runtime.cjs');

export interface TestRuntime extends RuntimeProcess {
  readonly welcome: Welcome & Pick<RuntimeView, 'port' | 'panelUrl' | 'metricsUrl'>;
  readonly notices: Notice[];
  readonly approvals: ApprovalView[];
  readonly logs: string[];
  /** Starts a run and resolves with its summary. */
  run(request: Partial<StartRun>): Promise<RunSummary>;
  start(request: Partial<StartRun>): ReturnType<RuntimeProcess['client']['request']>;
}

export interface TestRuntimeOptions {
  readonly folder: string;
  readonly workspace?: string | null;
  readonly trusted?: boolean;
  /** Default: the terminal. */
  readonly host?: 'vscode' | 'cli';
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** A real runtime process on a database of the folder's. Needs `npm run build`. */
export async function startRuntime(options: TestRuntimeOptions): Promise<TestRuntime> {
  if (!existsSync(bundle)) throw new Error('dist/runtime.cjs is missing: run `npm run build` first.');
  let stderr = '';
  const runtime = forkRuntime({
    bundle,
    args: ['--db', join(options.folder, 'haios.db'), '--port', '0', ...(options.args ?? [])],
    env: { ...process.env, ...options.env },
    onStderr: (text) => (stderr += text),
  });
  const notices: Notice[] = [];
  const approvals: ApprovalView[] = [];
  const logs: string[] = [];
  const ended = new Map<string, (summary: RunSummary) => void>();
  const summaries = new Map<string, RunSummary>();
  runtime.client.on('notice', (notice) => notices.push(notice));
  runtime.client.on('approval', (approval) => approvals.push(approval));
  runtime.client.on('log', ({ line }) => logs.push(line));
  runtime.client.on('runEnded', (summary) => {
    summaries.set(summary.run, summary);
    ended.get(summary.run)?.(summary);
  });
  const welcome = await runtime.client
    .request('hello', {
      host: options.host ?? 'cli',
      attended: options.host === 'vscode',
      workspaces: options.workspace == null ? [] : [options.workspace],
      trusted: options.trusted ?? true,
      settings: options.settings ?? {},
    })
    .then(async (answer) => {
      const { port, panelUrl, metricsUrl } = await runtime.client.request('runtime', {});
      return { ...answer, port, panelUrl, metricsUrl };
    })
    .catch(async (error: unknown) => {
      await runtime.stop(1000);
      throw Object.assign(error instanceof Error ? error : new Error(String(error)), { stderr });
    });
  const start = (request: Partial<StartRun>) =>
    runtime.client.request('startRun', {
      prompt: null,
      workspace: options.workspace ?? null,
      model: null,
      agent: null,
      budget: {},
      priority: 'normal',
      approve: 'none',
      labels: [],
      onLimit: null,
      resume: null,
      ...request,
    });
  return {
    ...runtime,
    welcome,
    notices,
    approvals,
    logs,
    start,
    async run(request) {
      const { runId } = await start(request);
      return summaries.get(runId) ?? new Promise<RunSummary>((resolve) => ended.set(runId, resolve));
    },
  };
}

export async function killRuntime(runtime: RuntimeProcess): Promise<void> {
  process.kill(runtime.pid, 'SIGKILL');
  await runtime.exited;
}

export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'haios-test-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Row = Record<string, string | number | null>;

/** Reads rows straight from a database file, as a user would with the sqlite3 shell. */
export function rows(file: string, sql: string, ...parameters: (string | number)[]): Row[] {
  const db = new Database(file, { readonly: true });
  try {
    return db.prepare(sql).all(...parameters) as Row[];
  } finally {
    db.close();
  }
}

export async function until(what: string, holds: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`It did not happen within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
