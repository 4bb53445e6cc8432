import type { Handlers } from '../protocol/channel.ts';
import type { Hello, Welcome } from '../protocol/messages.ts';
import type { App } from './app.ts';
import type { Opened } from './open.ts';
import { version } from './version.ts';

export interface HandlersOptions {
  readonly runtimeId: string;
  /** The database in use, absolute. Throws DATABASE_NEWER. */
  readonly databasePath: () => string;
  /** Opens everything with the host's first words; rejects with why it cannot be. */
  readonly open: (hello: Hello) => Promise<Opened>;
  readonly shutdown: (graceMs: number) => Promise<void>;
}

/** What a host may ask. `hello` comes first; everything else waits until the runtime is open. */
export function createHandlers({ runtimeId, databasePath, open, shutdown }: HandlersOptions): Handlers {
  let greet = (_: Promise<Opened>): void => undefined;
  const opened = new Promise<Opened>((resolve) => (greet = resolve));
  // Who asks hears why it could not be opened; nobody may be asking.
  opened.catch(() => undefined);
  const app = async (): Promise<App> => (await opened).app;

  return {
    async hello(hello): Promise<Welcome> {
      const welcome = { runtimeId, version, databasePath: databasePath() };
      greet(open(hello));
      return welcome;
    },
    runtime: async () => (await app()).snapshots.whole().runtime,
    startRun: async (request) => (await app()).runs.start(request),
    async controlRun({ runId, action }) {
      (await app()).runs.control(runId, action);
      return null;
    },
    async decideBudget({ runId, decision }) {
      await (await app()).runs.decide(runId, decision);
      return null;
    },
    async setBudget({ budget, limit, until }) {
      await (await app()).setBudget(budget, limit, until);
      return null;
    },
    priceIds: async (params) => (await app()).queries.priceIds(params),
    async controlLane({ lane, action }) {
      const { guards, snapshots } = await app();
      // Its end is seen in the lane's view; nobody waits here for calls that may take long.
      if (action === 'drain') void guards.scheduler.drain(lane);
      else guards.scheduler[action](lane);
      snapshots.touch('lanes');
      return null;
    },
    async controlTask({ runId, taskId, action }) {
      (await app()).runs.controlTask(runId, taskId, action);
      return null;
    },
    forecast: async (query) => (await app()).runs.forecast(query),
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
    async setHostModels({ models }) {
      (await app()).hostModels.setOffered(models);
      return null;
    },
    hostModelParts: async ({ callId, parts }) => (await app()).hostModels.take(callId, parts),
    async newLedger() {
      await (await app()).newLedger();
      return null;
    },
    ledgerBackup: async () => (await app()).ledgerBackup(),
    restoreLedger: async () => (await app()).restoreLedger(),
    subscribe: async () => (await opened).feed.subscribe(),
    runs: async (params) => (await app()).queries.runs(params),
    run: async (params) => (await app()).queries.run(params),
    spans: async (params) => (await app()).queries.spans(params),
    trace: async (params) => (await app()).queries.trace(params),
    traceText: async (params) => (await app()).queries.traceText(params),
    costs: async (params) => (await app()).queries.costs(params),
    calls: async (params) => (await app()).queries.calls(params),
    explain: async (params) => (await app()).queries.explain(params),
    report: async (query) => (await app()).report(query),
    models: async () => (await app()).models(),
    doctor: async () => (await app()).doctor(),
    async shutdown({ graceMs }) {
      await shutdown(graceMs);
      return null;
    },
  };
}
