import { HaiosError } from '../core/errors.ts';
import type { Handlers } from '../protocol/channel.ts';
import type { Hello, Welcome } from '../protocol/messages.ts';
import type { Storage } from '../storage/storage.ts';
import type { App } from './app.ts';
import { makeCostReport } from './cost-reports.ts';
import { doctor } from './doctor.ts';
import type { HostFeed } from './host-feed.ts';
import { urlsOf } from './local-port.ts';
import { realClock as clock } from './platform.ts';
import { version } from './version.ts';

export interface HandlersOptions {
  /** Resolves when the storage is open; rejects with why it is not. */
  readonly storage: Promise<Storage>;
  /** Makes the app from the host's first words. */
  readonly open: (hello: Hello) => Promise<{ app: App; feed: HostFeed }>;
  readonly dataDir: string;
  readonly shutdown: (graceMs: number) => Promise<void>;
}

/** What a host may ask. `hello` comes first; everything else waits for it. */
export function createHandlers({ storage, open, dataDir, shutdown }: HandlersOptions): Handlers {
  let opened: Promise<{ app: App; feed: HostFeed }> | undefined;
  let greeted = (_: Promise<{ app: App; feed: HostFeed }>): void => undefined;
  const greeting = new Promise<{ app: App; feed: HostFeed }>((resolve) => (greeted = resolve));
  const app = async (): Promise<App> => (await greeting).app;

  return {
    async hello(hello): Promise<Welcome> {
      if (opened === undefined) greeted((opened = open(hello)));
      const { app } = await opened;
      const port = app.port.server?.port() ?? null;
      return { runtimeId: app.runtimeId, version, port, ...urlsOf(port), databasePath: (await storage).databasePath };
    },
    startRun: async (request) => (await app()).runs.start(request),
    async controlRun({ runId, action }) {
      (await app()).runs.control(runId, action);
      return null;
    },
    async controlLane() {
      await app();
      throw notYet('Lanes cannot be controlled yet.');
    },
    async controlTask() {
      await app();
      throw notYet('Tasks cannot be controlled yet.');
    },
    async forecast() {
      await app();
      return { kind: 'not_enough_history', samples: 0 };
    },
    async answerApproval({ approvalId, decision }) {
      (await app()).approvals.answer(approvalId, decision);
      return null;
    },
    async setTrust({ trusted, workspaces }) {
      const { trust, reload, toolServers } = await app();
      trust.set(trusted, workspaces);
      if (!trusted) await toolServers.close();
      await reload();
      return null;
    },
    async setSettings({ settings }) {
      const { configs, reload } = await app();
      const error = configs.setSettings(settings);
      if (error === null) await reload();
      return { error };
    },
    async setKey({ model, key }) {
      (await app()).secrets.set(model, key);
      return null;
    },
    async newLedger() {
      await (await storage).newLedger();
      (await app()).snapshots.touch('runtime');
      return null;
    },
    subscribe: async () => (await greeting).feed.subscribe(),
    runs: async (params) => (await app()).queries.runs(params),
    run: async (params) => (await app()).queries.run(params),
    spans: async (params) => (await app()).queries.spans(params),
    trace: async (params) => (await app()).queries.trace(params),
    traceText: async (params) => (await app()).queries.traceText(params),
    costs: async (params) => (await app()).queries.costs(params),
    calls: async (params) => (await app()).queries.calls(params),
    explain: async (params) => (await app()).queries.explain(params),
    async report(query) {
      const { prices, trust, reported, startReportSpan } = await app();
      return makeCostReport(query, {
        storage: await storage,
        clock,
        version,
        dataDir,
        prices,
        trusted: () => trust.trusted,
        onWritten: reported,
        startSpan: startReportSpan,
      });
    },
    models: async () => (await app()).models(),
    async doctor() {
      const { reload, models, port, tracing, trust, toolServers } = await app();
      return doctor({
        storage: await storage,
        loadConfig: reload,
        models,
        port: () => ({ wanted: port.wanted, actual: port.server?.port() ?? null, error: port.error }),
        exporter: () => tracing.probe(),
        trusted: trust.trusted,
        workspace: trust.first,
        listTools: toolServers.list,
      });
    },
    async shutdown({ graceMs }) {
      await shutdown(graceMs);
      return null;
    },
  };
}

function notYet(sentence: string): HaiosError {
  return new HaiosError('INTERNAL', sentence);
}
