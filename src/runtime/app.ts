import { join } from 'node:path';
import { ledgerLimits } from '../core/budget/limits.ts';
import { budgetUses } from '../core/budget/meter.ts';
import { messageOf } from '../core/errors.ts';
import type { CoreEvent } from '../core/events.ts';
import { MemoryGuard } from '../core/lanes/memory-guard.ts';
import { Scheduler } from '../core/lanes/scheduler.ts';
import type { Prices } from '../core/ports.ts';
import { reasonsNotReady } from '../http/ready.ts';
import { startHttpServer, type HttpServer } from '../http/server.ts';
import { createModelCatalogue, ownPrices } from '../models/catalogue.ts';
import { createPrices } from '../models/prices.ts';
import { createTokenizer } from '../models/tokenizer.ts';
import type { Hello, ModelInfo, Notice, Notifications, NotificationName } from '../protocol/messages.ts';
import { noCost, type ArtefactRow, type IssueRow } from '../protocol/rows.ts';
import type { RuntimeView, Section } from '../protocol/snapshot.ts';
import type { Storage } from '../storage/storage.ts';
import { createLogFile } from '../telemetry/log-file.ts';
import { createLog } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { createRedactor } from '../telemetry/redact.ts';
import { createTracing, type Tracing } from '../telemetry/spans.ts';
import type { TelemetryEvent } from '../telemetry/signals.ts';
import { createTools } from '../tools/catalogue.ts';
import { Approvals } from './approvals.ts';
import { BudgetWatch } from './budget-watch.ts';
import { ConfigStore, type Loaded } from './config-store.ts';
import { EventFeed } from './event-feed.ts';
import type { Flags } from './flags.ts';
import { Household } from './household.ts';
import { withRetriedSettlements } from './ledger-retry.ts';
import { laneLimits, memoryLimits } from './limits.ts';
import { LiveTrace } from './live-trace.ts';
import { hostIdentity, processLives, realClock as clock, realIds as ids } from './platform.ts';
import { createQueries, type Queries } from './queries.ts';
import { recordEvents } from './records.ts';
import { ProcessSampler } from './resources.ts';
import { writeRunFiles } from './run-files.ts';
import { RunViews } from './run-views.ts';
import { Runs } from './runs.ts';
import { Secrets } from './secrets.ts';
import { laneViews, Snapshots } from './snapshots.ts';
import { Today } from './today.ts';
import { Trust } from './trust.ts';
import { version } from './version.ts';

export type Tell = <N extends NotificationName>(name: N, value: Notifications[N]) => void;

/** A runtime at work: everything made once and connected. */
export interface App {
  readonly runtimeId: string;
  readonly runs: Runs;
  readonly approvals: Approvals;
  readonly configs: ConfigStore;
  readonly trust: Trust;
  readonly secrets: Secrets;
  readonly queries: Queries;
  readonly snapshots: Snapshots;
  readonly tracing: Tracing;
  readonly http: HttpServer | null;
  readonly portError: string | null;
  readonly wantedPort: number;
  prices(): Prices;
  models(): readonly ModelInfo[];
  /** Loads the first folder's configuration and takes it into force. */
  reload(): Promise<Loaded>;
  reported(at: number): void;
  touch(...sections: readonly Section[]): void;
  /** Idempotent and ordered: intake, calls, spans, port, household. The storage is closed by its opener. */
  stop(graceMs: number): Promise<void>;
}

/** What the storage tells before the app is there, and after. */
export interface StorageEvents {
  onPlatform: (event: TelemetryEvent) => void;
  onHealth: () => void;
}

export interface AppOptions {
  readonly flags: Flags;
  readonly storage: Storage;
  readonly storageEvents: StorageEvents;
  readonly dataDir: string;
  /** Folder of the bundles. */
  readonly bundleDir: string;
  readonly hello: Hello;
  readonly tell: Tell;
}

const spillCapBytes = 256 * 1024 * 1024;
const sampleMs = 1000;
const slowTickMs = 60_000;
const dayMs = 86_400_000;
const issuesShown = 20;

export async function openApp(options: AppOptions): Promise<App> {
  const { flags, storage, storageEvents, dataDir, bundleDir, hello, tell } = options;
  const runtimeId = ids.unique();
  const startedAt = clock.now();
  const secrets = new Secrets(process.env);
  const redactor = createRedactor({ secrets: () => secrets.all() });
  const trust = new Trust(hello.trusted, hello.workspaces);
  const configs = new ConfigStore(flags.configFile);
  let configError = configs.setSettings(hello.settings);
  const notice = (said: Notice): void => tell('notice', redactor.value(said));

  const logFile = createLogFile({ path: join(dataDir, 'logs', 'haios.log'), maxBytes: 5 * 1024 * 1024, keep: 3 });
  const log = createLog({
    level: flags.logLevel ?? 'info',
    redactor,
    destinations: [logFile, { write: (line) => tell('log', { level: levelOf(line), line: line.trimEnd() }) }],
  });

  // A wrong configuration must not keep the history from being read: runs are refused until it is right.
  const first = await configs.load(trust.first, trust.trusted).catch((error: unknown): null => {
    configError = error instanceof Error ? error.message : String(error);
    return null;
  });
  const config = first?.config ?? configs.current;
  log.setLevel(flags.logLevel ?? config.log_level);
  const otlpEndpoint = flags.otlpEndpoint ?? (config.telemetry.enabled ? config.telemetry.otlp.endpoint : null);

  // --- what shows ---
  const issues: IssueRow[] = [...(await storage.reader.issues({ open: true, limit: issuesShown }))];
  const live = new LiveTrace();
  const feed = new EventFeed();
  const today = new Today(storage.reader, clock);
  let lastReportAt: number | null = null;

  // --- one stream of events, many who hear it ---
  const listeners: ((event: CoreEvent) => void)[] = [];
  const observe = (event: CoreEvent): void => {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        log.error('An observer failed', { error, event: event.type });
      }
    }
  };
  const budgets = new BudgetWatch(
    () => configs.current.budgets.warn_at,
    (budget, runId) => observe({ type: 'budget_warning', budget, runId }),
  );

  // --- the core ---
  const scheduler = new Scheduler(laneLimits(config), (lane) => observe({ type: 'lane_changed', lane }));
  const memory = new MemoryGuard(memoryLimits(config), ({ heap }) => log.warn('The heap is over memory.heap_warning_mb', { heap }));
  const sampler = new ProcessSampler(sampleMs, (use) => memory.sample(use));
  const approvals = new Approvals(clock, ids, observe);
  const tokenizer = createTokenizer(join(bundleDir, 'tokenizer.cjs'));
  const ledger = withRetriedSettlements(storage.ledger, clock, (waiting) =>
    log.error('The ledger cannot be written; settlements wait for it', { waiting }),
  );
  const catalogueOf = (loaded: Loaded) => ({
    models: createModelCatalogue({
      models: loaded.config.models,
      keys: (id) => secrets.key(id),
      env: process.env,
      tokenizer,
      idleMs: loaded.config.timeouts.model_idle_ms,
    }),
    prices: createPrices({ own: ownPrices(loaded.config.models) }),
  });
  const current = (): Loaded => ({ config: configs.current, file: {}, settings: {}, error: null });
  const apply = (loaded: Loaded): void => {
    configError = loaded.error?.message ?? null;
    scheduler.setLimits(laneLimits(loaded.config));
    memory.setLimits(memoryLimits(loaded.config));
    log.setLevel(flags.logLevel ?? loaded.config.log_level);
    touch('lanes', 'global', 'runtime');
  };

  // --- telemetry ---
  const metrics = createMetrics({
    prefix: config.metrics.prefix,
    sources: {
      lanes: () => laneViews(scheduler),
      budgets: () => budgets.views(),
      warnAt: () => configs.current.budgets.warn_at,
      memory: () => sampler.memory,
      cpuRatio: () => sampler.cpuRatio,
      lastCostReportAt: () => lastReportAt,
      known: () => ({ agents: ['haios'], models: config.models.map(({ id }) => id) }),
    },
  });
  const tracing = createTracing({
    version,
    environment: config.mode,
    runtimeId,
    sampleRate: config.telemetry.enabled ? config.telemetry.span_sample_rate : 0,
    otlpEndpoint,
    redactor,
    sink: ({ row, payload }) => storage.write([{ type: 'span', row, payload }]),
    onExport: (spans, result) => metrics.observe({ type: 'spans_exported', spans, result }),
    log,
  });

  // --- runs ---
  const views = new RunViews((runId) => runs.liveRow(runId));
  const household = new Household({
    runtimes: storage.runtimes,
    self: { runtimeId, pid: process.pid, host: hostIdentity(), version, startedAt },
    clock,
    port: () => http?.port() ?? null,
    processLives,
    onBuried: (runIds) => {
      if (runIds.length === 0) return;
      const text = `A runtime ended unexpectedly; ${runIds.length} of its runs can be resumed`;
      feed.add({ at: clock.now(), level: 'warning', runId: null, text });
      touch('events');
    },
    onLead: (leads) => (leader = leads),
    onError: (error) => log.warn('The list of runtimes cannot be read', { error }),
  });
  const runs: Runs = new Runs({
    services: { runtimeId, clock, ids, observe, scheduler, memory, ledger, tokenizer },
    storage,
    configs,
    approvals,
    redactor,
    tools: createTools({ spillCapBytes, dataDirs: [dataDir], searchWorkerPath: join(bundleDir, 'search.cjs') }),
    dataDir,
    catalogueOf,
    apply,
    trusted: () => trust.trusted,
    runtimeLives: (id) => household.lives(id),
    notice,
    async onEnd(run, context) {
      const onArtefact = (artefact: ArtefactRow): void => observe({ type: 'artefact', artefact });
      const { summary, report } = await writeRunFiles(run, context, { storage, redactor, dataDir, version, now: () => clock.now(), onArtefact });
      if (report !== null) views.reported(run.id, report);
      live.forget(run.id);
      await today.read();
      touch('runs', 'today', 'budgets');
      tell('runEnded', summary);
    },
  });

  // --- the snapshot ---
  const runtimeView = (): RuntimeView => {
    const health = storage.health();
    const port = http?.port() ?? null;
    return {
      id: runtimeId,
      version,
      pid: process.pid,
      startedAt,
      mode: configs.current.mode,
      port,
      ...urlsOf(port),
      memory: sampler.memory,
      memoryLimit: configs.current.memory.max_rss_mb * 1024 * 1024,
      cpuRatio: sampler.cpuRatio,
      ledger: health.ledger,
      history: health.history,
      trusted: trust.trusted,
      spansDropped,
      configError,
    };
  };
  const snapshots = new Snapshots(
    {
      runtime: runtimeView,
      runs: () => redactor.value(views.views()),
      lanes: () => laneViews(scheduler),
      global: () => scheduler.status().global,
      budgets: () => budgets.views(),
      today: () => today.view(),
      approvals: () => approvals.views(),
      issues: () => issues.slice(-issuesShown),
      events: () => redactor.value(feed.views()),
    },
    clock,
  );
  const touch = (...sections: readonly Section[]): void => snapshots.touch(...sections);
  let spansDropped = 0;
  let leader = false;

  listeners.push(
    recordEvents(storage, redactor),
    (event) => live.observe(event),
    (event) => tracing.observe(event),
    (event) => metrics.observe(event),
    (event) => {
      if (views.observe(event)) touch('runs');
      if (feed.observe(event, clock.now())) touch('events');
      if (budgets.observe(event)) touch('budgets');
      if (today.observe(event)) touch('today');
      if (event.type === 'lane_changed') touch('lanes', 'global');
      if (event.type === 'issue') {
        issues.push(event.issue);
        touch('issues');
        notice({ level: 'error', code: 'BUDGET_EXCEEDED', message: event.issue.message, runId: event.issue.runId });
      }
      if (event.type === 'budget_warning') {
        const { name, resource, ratio } = event.budget;
        const message = `Budget “${name}” (${resource}) is ${Math.floor(ratio * 100)} % used.`;
        notice({ level: 'warning', code: 'BUDGET_WARNING', message, runId: event.runId });
      }
      if (event.type === 'approval_asked') tell('approval', event.approval);
      if (event.type === 'approval_asked' || event.type === 'approval_answered') touch('approvals', 'runs');
    },
  );
  storageEvents.onPlatform = (event) => {
    metrics.observe(event);
    if (event.type !== 'spans_dropped') return;
    spansDropped += event.spans;
    touch('runtime');
  };
  storageEvents.onHealth = () => touch('runtime');

  const readIdleBudgets = async (): Promise<void> => {
    const loaded = await configs.load(trust.first, trust.trusted);
    const sources = {
      file: loaded.file.budgets ?? {},
      settings: loaded.settings.budgets ?? {},
      defaults: loaded.config.budgets,
      run: {},
      windows: loaded.config.window_limits,
    };
    const subject = { runId: '', taskId: '', model: '', workspace: trust.first };
    const limits = ledgerLimits(sources, subject, clock.now()).filter(({ window }) => window !== 'lifetime');
    const uses = await ledger.use(limits);
    const pairs = limits.flatMap((limit, at) => {
      const use = uses[at];
      return use === undefined ? [] : [{ limit, use }];
    });
    const none = { runId: '', taskId: '', run: noCost, task: noCost };
    observe({ type: 'budget_changed', runId: '', budgets: budgetUses(pairs, [], none) });
  };

  // --- the port ---
  const queries = createQueries({ storage, live, clock, version, prices: () => catalogueOf(current()).prices });
  const models = (): readonly ModelInfo[] => catalogueOf(current()).models.info();
  const wantedPort = flags.port ?? config.port;
  let portError: string | null = null;
  let http: HttpServer | null = null;
  if (flags.http) {
    try {
      http = await startHttpServer({
        port: wantedPort,
        listen: flags.listen === null ? null : { address: flags.listen, allowHosts: flags.allowHosts },
        runtimeId,
        assetsDir: join(bundleDir, 'webview'),
        metrics,
        health: () => ({
          status: 'ok',
          ...runtimeView(),
          runsActive: runs.activeCount,
          leader,
          uptimeSeconds: Math.round((clock.now() - startedAt) / 1000),
        }),
        ready: async () =>
          reasonsNotReady({
            mode: configs.current.mode,
            storage: storage.health(),
            missingSeries: await metrics.missing(),
            exporter: configs.current.mode === 'strict' ? await tracing.probe() : tracing.exporter(),
          }),
        targets: async () =>
          (await storage.runtimes.list()).flatMap(({ runtimeId: id, pid, port }) => (port === null ? [] : [{ runtimeId: id, pid, port }])),
        snapshot: () => snapshots.whole(),
        subscribe: (listener) => snapshots.subscribe(listener),
        query: (method, params) => {
          if (method === 'models') return Promise.resolve(models());
          const query = queries[method] as (given: unknown) => Promise<unknown>;
          return query(params);
        },
        onRequest: ({ status, durationMs }) => metrics.observe({ type: 'http_served', status, durationMs }),
        onError: (error, path) => log.error('A request failed', { error, path }),
      });
    } catch (error) {
      portError = messageOf(error);
      log.error('The local port could not be opened', { error });
    }
  }

  await household.start();
  await today.read();
  await readIdleBudgets().catch((error: unknown) => log.warn('The budgets in force cannot be read', { error }));

  const fastTick = setInterval(() => touch('runtime'), sampleMs);
  const claimTick = setInterval(() => void http?.claim().then((ours) => ours && touch('runtime')), 2 * sampleMs);
  const slowTick = setInterval(() => {
    void today.read().then(() => touch('today'));
    void readIdleBudgets().catch(() => undefined);
  }, slowTickMs);
  const retention = setInterval(() => {
    if (leader) void storage.retain(clock.now() - configs.current.telemetry.retention_days * dayMs);
  }, slowTickMs * 60);
  for (const timer of [fastTick, claimTick, slowTick, retention]) timer.unref();

  let stopping: Promise<void> | undefined;
  const stop = async (graceMs: number): Promise<void> => {
    await runs.stop(graceMs);
    for (const timer of [fastTick, claimTick, slowTick, retention]) clearInterval(timer);
    sampler.stop();
    await tracing.shutdown(Math.min(graceMs, 3000));
    await http?.close(1000);
    await storage.flush();
    await household.stop();
    logFile.close();
  };

  log.info('The runtime is ready', { runtimeId, version, port: http?.port() ?? null });
  for (const said of storage.notices) notice(said);
  return {
    runtimeId,
    runs,
    approvals,
    configs,
    trust,
    secrets,
    queries,
    snapshots,
    tracing,
    http,
    portError,
    wantedPort,
    prices: () => catalogueOf(current()).prices,
    models,
    async reload() {
      const loaded = await configs.load(trust.first, trust.trusted);
      apply(loaded);
      return loaded;
    },
    reported: (at) => (lastReportAt = at),
    touch,
    stop: (graceMs) => (stopping ??= stop(graceMs)),
  };
}

export function urlsOf(port: number | null): { panelUrl: string | null; metricsUrl: string | null } {
  if (port === null) return { panelUrl: null, metricsUrl: null };
  const base = `http://127.0.0.1:${port}`;
  return { panelUrl: `${base}/`, metricsUrl: `${base}/metrics` };
}

function levelOf(line: string): 'debug' | 'info' | 'warn' | 'error' {
  const level = /"level":"(debug|info|warn|error)"/.exec(line)?.[1];
  return level === 'debug' || level === 'warn' || level === 'error' ? level : 'info';
}
