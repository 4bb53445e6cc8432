import { join } from 'node:path';
import type { TaskMessage } from '../core/agent/task-message.ts';
import { AgentPool } from '../core/agents/pool.ts';
import { Overrides } from '../core/budget/overrides.ts';
import { Waker } from '../core/budget/waker.ts';
import { messageOf, type HaiosError } from '../core/errors.ts';
import type { CoreEvent } from '../core/events.ts';
import type { Guards } from '../core/lanes/worker-call.ts';
import type { Prices } from '../core/ports.ts';
import { Tracer, type Span } from '../core/trace.ts';
import type { HttpServer } from '../http/server.ts';
import type { PricedCatalogue } from '../models/catalogue.ts';
import { createTokenizer } from '../models/tokenizer.ts';
import type { Check, Hello, LedgerBackup, ModelInfo, Notice, ReportQuery, ReportResult } from '../protocol/messages.ts';
import type { RuntimeView } from '../protocol/snapshot.ts';
import type { Storage } from '../storage/storage.ts';
import { logOverruns } from '../telemetry/overruns.ts';
import type { TelemetryEvent } from '../telemetry/signals.ts';
import { createTools } from '../tools/catalogue.ts';
import { CommandRecords } from '../tools/sandbox/command-records.ts';
import { Sandboxes } from '../tools/sandbox/sandboxes.ts';
import { Approvals } from './approvals.ts';
import { openBoard } from './board.ts';
import { ConfigStore, type Loaded } from './config-store.ts';
import type { CostReportOptions } from './cost-reports.ts';
import type { Flags } from './flags.ts';
import { HostModelCalls } from './host-models.ts';
import { Forecasts } from './forecasts.ts';
import type { Tell } from './host-teller.ts';
import { Household } from './household.ts';
import { idleBudgets } from './idle-budgets.ts';
import { applyLimits, createGuards } from './guards.ts';
import { agentLimits, memoryLimits, sandboxLimits } from './limits.ts';
import { DailyBackup } from './ledger-backups.ts';
import { LiveTrace } from './live-trace.ts';
import { openLocalPort, urlsOf } from './local-port.ts';
import { createObservers } from './observers.ts';
import { ownPlaces } from './own-files.ts';
import { openLog, openSignals } from './observability.ts';
import { checkPolicies } from './policies.ts';
import { patientLedger } from './patient-ledger.ts';
import { hostIdentity, processLives, realClock as clock, realIds as ids } from './platform.ts';
import { createQueries, type Queries } from './queries.ts';
import { recordEvents } from './records.ts';
import { clearRemains, commandsFolder } from './remains.ts';
import { cpuSecondsOf, ProcessSampler } from './resources.ts';
import { writeRunFiles } from './run-files.ts';
import { RunQueue } from './run-queue.ts';
import { Runs } from './runs.ts';
import { Secrets } from './secrets.ts';
import { laneViews, type Snapshots } from './snapshots.ts';
import { deleteOldSpill } from './spill.ts';
import { every } from './ticks.ts';
import { runtimeTools, type RuntimeTools } from './tool-servers.ts';
import { Trust } from './trust.ts';
import { version } from './version.ts';
import { WeeklyReport } from './weekly-report.ts';

/** A runtime at work: everything made once and connected. */
export interface App {
  readonly runtimeId: string;
  readonly runs: Runs;
  readonly guards: Guards;
  readonly approvals: Approvals;
  readonly configs: ConfigStore;
  readonly trust: Trust;
  readonly secrets: Secrets;
  readonly toolServers: Pick<RuntimeTools, 'list' | 'close'>;
  readonly queries: Queries;
  readonly snapshots: Snapshots;
  readonly hostModels: HostModelCalls;
  readonly models: () => Promise<readonly ModelInfo[]>;
  /** Loads the first folder's configuration and takes it into force. */
  readonly reload: () => Promise<Loaded>;
  readonly report: (query: ReportQuery) => Promise<ReportResult>;
  readonly doctor: () => Promise<readonly Check[]>;
  /** Sets a budget's limit for all windows of the user. Throws BUDGET_DECISION, LEDGER_*. */
  readonly setBudget: Runs['setBudget'];
  readonly newLedger: () => Promise<void>;
  readonly ledgerBackup: () => Promise<LedgerBackup | null>;
  readonly restoreLedger: () => Promise<LedgerBackup>;
  /** Idempotent and ordered: intake, calls, tool servers, spans, port, household. The storage is closed by its opener. */
  readonly stop: (graceMs: number) => Promise<void>;
}

/** What the storage tells before the app is there, and after. */
export interface StorageEvents {
  onPlatform: (event: TelemetryEvent) => void;
  onHealth: () => void;
  onNotice: (notice: Notice) => void;
  onError: (error: HaiosError) => void;
}

export interface AppOptions {
  readonly flags: Flags;
  readonly runtimeId: string;
  /** Being opened meanwhile. */
  readonly storage: Promise<Storage>;
  readonly storageEvents: StorageEvents;
  readonly dataDir: string;
  /** Folder of the bundles. */
  readonly bundleDir: string;
  readonly hello: Hello;
  readonly tell: Tell;
}

const spillCapBytes = 256 * 1024 * 1024;
const secondMs = 1000;
const usesMs = 5000;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const backupTickMs = 10 * minuteMs;

export async function openApp(options: AppOptions): Promise<App> {
  const { flags, runtimeId, storageEvents, dataDir, bundleDir, hello, tell } = options;
  const startedAt = clock.now();
  const secrets = new Secrets(process.env);
  const trust = new Trust(hello.trusted, hello.workspaces);
  const {
    redactor,
    log,
    close: closeLog,
  } = openLog(dataDir, secrets, flags.logLevel ?? 'info', (level, line) => tell('log', { level, line }));
  const notice = (said: Notice): void => tell('notice', redactor.value(said));

  const configs = new ConfigStore(flags.configFile);
  let configError = configs.setSettings(hello.settings);
  // A wrong configuration must not keep the history from being read: runs are refused until it is right.
  await configs.load(trust.first, trust.trusted).catch((error: unknown) => {
    configError = error instanceof Error ? error.message : String(error);
  });
  const storage = await options.storage;
  const config = configs.current;
  log.setLevel(flags.logLevel ?? config.log_level);

  const onTickError = (error: unknown): void => log.warn('Regular work failed', { error });
  const { observe, add } = createObservers((error, event) => log.error('An observer failed', { error, event }));

  const guards = createGuards(config, clock, {
    changed: (lane) => observe({ type: 'lane_changed', lane }),
    onListenerError: (error) => log.error('A listener of the lanes failed', { error }),
    onHeapWarning: ({ heap }) => log.warn('The heap is over memory.heap_warning_mb', { heap }),
  });
  const host = hostIdentity();
  const sandboxes = new Sandboxes({
    limits: sandboxLimits(config),
    runtimeId,
    workerPath: join(bundleDir, 'sandbox.cjs'),
    records: new CommandRecords(commandsFolder(dataDir, runtimeId), host),
    clock,
    observe,
  });
  const sampler = new ProcessSampler(secondMs, (use) => guards.memory.sample(use));
  const agents = new AgentPool<TaskMessage>(agentLimits(config), clock, observe);
  const approvals = new Approvals(clock, ids, observe);
  const tokenizer = createTokenizer(join(bundleDir, 'tokenizer.cjs'));
  const ledger = patientLedger(storage.ledger, (error) =>
    log.error('The ledger cannot be written; a settlement waits for it', { error }),
  );
  const overrides = new Overrides({ ledger, clock, ids, observe });
  const hostModels = new HostModelCalls(tell, ids);
  // Providers and price lists are large: a bundle of their own, loaded when the first of them is needed.
  const catalogueOf = async ({ models, timeouts }: Loaded['config']): Promise<PricedCatalogue> => {
    const { createModelCatalogue } = await import('../models/catalogue.ts');
    const keys = (id: string): string | undefined => secrets.key(id);
    const host = hello.host === 'vscode' ? hostModels : null;
    return createModelCatalogue({ models, keys, env: process.env, tokenizer, host, idleMs: timeouts.model_idle_ms });
  };
  const prices = async (): Promise<Prices> => (await catalogueOf(configs.current)).prices;
  const priceIds = async (): Promise<readonly string[]> => (await catalogueOf(configs.current)).priceIds();
  const models = async (): Promise<readonly ModelInfo[]> => (await catalogueOf(configs.current)).info();
  const apply = (loaded: Loaded): void => {
    configError = loaded.error?.message ?? null;
    applyLimits(guards, loaded.config);
    agents.setLimits(agentLimits(loaded.config));
    sandboxes.setLimits(sandboxLimits(loaded.config));
    log.setLevel(flags.logLevel ?? loaded.config.log_level);
    board.snapshots.touch('lanes', 'global', 'runtime');
  };

  let leader = false;
  let spansDropped = 0;
  let lastReportAt: number | null = null;
  const runtimeView = (): RuntimeView => {
    const health = storage.health();
    const number = port.server?.port() ?? null;
    return {
      id: runtimeId,
      version,
      pid: process.pid,
      startedAt,
      mode: configs.current.mode,
      port: number,
      ...urlsOf(number),
      memory: sampler.memory,
      memoryLimit: memoryLimits(configs.current).maxRssBytes,
      cpuRatio: sampler.cpuRatio,
      ledger: health.ledger,
      history: health.history,
      trusted: trust.trusted,
      spansDropped,
      configError,
    };
  };

  const household = new Household({
    runtimes: storage.runtimes,
    self: { runtimeId, pid: process.pid, host, version, startedAt },
    clock,
    port: () => port.server?.port() ?? null,
    processLives,
    onBuried(dead, runIds) {
      clearRemains(dead, { storage, dataDir, host, clock, observe })
        .then(({ endedCommands }) => {
          if (endedCommands > 0)
            log.warn('Commands of a dead runtime were still running and were ended', { endedCommands });
        })
        .catch(onTickError);
      if (runIds.length === 0) return;
      const text = `A runtime ended unexpectedly; ${runIds.length} of its runs can be resumed`;
      board.feed.add({ at: clock.now(), level: 'warning', runId: null, text });
      board.snapshots.touch('events');
    },
    onLead: (leads) => (leader = leads),
    onError: (error) => log.warn('The list of runtimes cannot be read', { error }),
  });

  const live = new LiveTrace();
  const files = { storage, redactor, dataDir, version, now: () => clock.now() };
  const onProblem = (error: unknown): void => {
    log.error('What a run leaves behind could not be written', { error });
    notice({
      level: 'warning',
      code: 'INTERNAL',
      message: `The run’s report could not be written: ${messageOf(error)}`,
      runId: null,
    });
  };
  const forecasts = new Forecasts({
    reader: storage.reader,
    write: (rows) => storage.write(rows),
    guards,
    clock,
    ids,
    observe,
    redactor,
    onError: (error) => log.debug('No forecast could be made', { error }),
  });
  const tools = runtimeTools({
    builtIn: createTools({
      spillCapBytes,
      dataDirs: ownPlaces(storage, dataDir),
      sandboxes,
    }),
    trust,
    secrets,
    clock,
    version,
    protocolPath: join(bundleDir, 'mcp.cjs'),
    spillCapBytes,
    log,
    notice,
  });
  const runs: Runs = new Runs({
    services: { runtimeId, clock, ids, observe, guards, agents, ledger, overrides, waker: new Waker(clock), tokenizer },
    storage,
    configs,
    approvals,
    forecasts,
    redactor,
    queue: new RunQueue({ places: storage.places, runtimeId, clock, notice, onError: onTickError }),
    checkPolicies: (loaded, subject) => checkPolicies(loaded, subject, secrets),
    tools: tools.of,
    dataDir,
    catalogueOf: (loaded) => catalogueOf(loaded.config),
    apply,
    trusted: () => trust.trusted,
    attended: hello.attended,
    runtimeLives: (id) => household.lives(id),
    notice,
    async onEnd(run, context) {
      const onArtefact = (artefact: Extract<CoreEvent, { type: 'artefact' }>['artefact']): void =>
        observe({ type: 'artefact', artefact });
      const { summary, report } = await writeRunFiles(run, context, { ...files, onArtefact, onProblem });
      if (report !== null) board.runs.reported(run.id, report);
      live.forget(run.id);
      forecasts.forget();
      tell('runEnded', summary);
      await board.today.read().catch(onTickError);
      board.snapshots.touch('runs', 'today', 'budgets');
    },
  });

  const board = await openBoard({
    storage,
    clock,
    redactor,
    guards,
    runtime: runtimeView,
    liveRow: (runId) => runs.liveRow(runId),
    approvals: () => approvals.views(),
    warnAt: () => configs.current.budgets.warn_at,
    observe,
    notice,
    stopped: (stop) => tell('budgetStop', redactor.value(stop)),
  });
  const { metrics, tracing } = openSignals({
    config,
    otlpEndpoint: flags.otlpEndpoint ?? (config.telemetry.enabled ? config.telemetry.otlp.endpoint : null),
    runtimeId,
    redactor,
    log,
    store: (row, payload) => storage.write([{ type: 'span', row, payload }]),
    sources: {
      lanes: () => laneViews(guards),
      budgets: () => board.budgets.views(),
      warnAt: () => configs.current.budgets.warn_at,
      memory: () => sampler.memory,
      cpuRatio: () => sampler.cpuRatio,
      lastCostReportAt: () => lastReportAt,
      sandboxes: () => sandboxes.figures(),
      known: () => ({ agents: ['haios'], models: config.models.map(({ id }) => id) }),
    },
  });
  add(
    recordEvents(storage, redactor),
    (event) => live.observe(event),
    (event) => tracing.observe(event),
    (event) => metrics.observe(event),
    logOverruns(log),
    (event) => board.observe(event),
    (event) => {
      if (event.type === 'approval_asked') tell('approval', event.approval);
    },
  );
  storageEvents.onPlatform = (event) => {
    metrics.observe(event);
    if (event.type === 'spans_dropped') spansDropped += event.spans;
  };
  storageEvents.onHealth = () => board.snapshots.touch('runtime');
  storageEvents.onNotice = notice;
  storageEvents.onError = (error) => log.error('The storage failed', { error });

  const queries = createQueries({ storage, live, clock, version, prices, models, priceIds });
  const wanted = flags.port ?? config.port;
  let port: { server: HttpServer | null; error: string | null } = { server: null, error: null };
  port = await openLocalPort({
    flags,
    wanted,
    bundleDir,
    runtimeId,
    storage,
    metrics,
    tracing,
    snapshots: board.snapshots,
    queries,
    models,
    view: runtimeView,
    facts: () => ({
      runsActive: runs.activeCount,
      leader,
      uptimeSeconds: Math.round((clock.now() - startedAt) / 1000),
      // Its own share: jobs in its threads are in the cost records of their tasks.
      cpuSeconds: Math.max(0, cpuSecondsOf(process.cpuUsage()) - sandboxes.threadCpuSeconds),
    }),
    log,
  });

  let shared: Loaded | null = null;
  /** What other windows spend, and the limits that are set there, is seen here. */
  const readUses = async (): Promise<void> => {
    if (shared === null) return;
    await board.today.read();
    board.snapshots.touch('today');
    const budgets = await idleBudgets(shared, trust.first, ledger, clock.now());
    observe({ type: 'budget_changed', runId: '', budgets });
  };
  const readShared = async (): Promise<void> => {
    shared = await configs.load(trust.first, trust.trusted);
    await readUses();
  };
  // Others take the calls of a runtime without a row for a dead one's: nothing is answered before.
  await household.start();
  // Views are told of it when it is there.
  const firstRead = readShared().catch(onTickError);
  /** The root span of a cost report: stored and exported, in no run's tree. */
  const startReportSpan = (g: number, runId: string): Span => {
    const common = { 'haios.run_id': runId, 'haios.g': g, 'haios.agent': 'haios' };
    const observeSpan = (event: CoreEvent): void => tracing.observe(event);
    const tracer = new Tracer({ traceId: ids.traceId(), runId, common }, clock, ids, observeSpan);
    return tracer.start({ name: 'plan', kind: 'plan', parent: null });
  };

  const reporting: CostReportOptions = {
    storage,
    clock,
    version,
    dataDir,
    prices,
    budgets: () => board.budgets.views(),
    trusted: () => trust.trusted,
    onWritten: (at) => (lastReportAt = at),
    startSpan: startReportSpan,
  };
  const weekly = new WeeklyReport({
    reader: storage.reader,
    clock,
    observe,
    make: async (week, remarks) => (await import('./cost-reports.ts')).makeWeekReport(week, remarks, reporting),
    onLast: (at) => (lastReportAt = at),
    onError: onTickError,
  });
  void firstRead.then(() => weekly.look(leader));
  const backup = new DailyBackup({
    storage,
    clock,
    leads: () => leader,
    onMade: ({ calls }) => log.info('The ledger was backed up', { calls }),
  });
  const onBackupError = (error: unknown): void => log.warn('The ledger was not backed up', { error });
  void backup.tick().catch(onBackupError);
  const ticks = [
    every(secondMs, () => board.snapshots.touch('runtime'), onTickError),
    every(
      2 * secondMs,
      async () => {
        await port.server?.claim();
      },
      onTickError,
    ),
    every(minuteMs, readShared, onTickError),
    every(minuteMs, () => weekly.look(leader), onTickError),
    every(backupTickMs, () => backup.tick(), onBackupError),
    every(usesMs, readUses, onTickError),
    every(
      hourMs,
      async () => {
        if (!leader) return;
        const before = clock.now() - configs.current.telemetry.retention_days * dayMs;
        await deleteOldSpill(dataDir, before, storage.reader);
        await storage.retain(before);
      },
      onTickError,
    ),
  ];

  const reload = async (): Promise<Loaded> => {
    const loaded = await configs.load(trust.first, trust.trusted);
    apply(loaded);
    return loaded;
  };
  let stopping: Promise<void> | undefined;
  const stop = async (graceMs: number): Promise<void> => {
    const since = clock.monotonic();
    await runs.stop(graceMs);
    await tools.stop(Math.max(0, Math.min(secondMs, graceMs - (clock.monotonic() - since))));
    for (const end of ticks) end();
    sampler.stop();
    guards.load.stop();
    await sandboxes.close();
    await firstRead;
    await weekly.stop();
    await tracing.shutdown(Math.min(graceMs, 3000));
    await port.server?.close(secondMs);
    await storage.flush();
    await backup.settle(Math.min(graceMs, secondMs));
    await household.stop();
    closeLog();
  };

  log.info('The runtime is ready', { runtimeId, version, port: port.server?.port() ?? null });
  for (const said of storage.notices) notice(said);
  return {
    runtimeId,
    runs,
    guards,
    approvals,
    configs,
    trust,
    secrets,
    toolServers: tools,
    queries,
    snapshots: board.snapshots,
    hostModels,
    models,
    reload,
    async report(query) {
      const { makeCostReport } = await import('./cost-reports.ts');
      return makeCostReport(query, reporting);
    },
    async doctor() {
      const { doctor } = await import('./doctor.ts');
      return doctor({
        storage,
        loadConfig: reload,
        models,
        inEditor: hello.host === 'vscode',
        port: () => ({ wanted, actual: port.server?.port() ?? null, error: port.error }),
        exporter: () => tracing.probe(),
        trusted: trust.trusted,
        workspace: trust.first,
        listTools: tools.list,
      });
    },
    async setBudget(budget, limit, until) {
      await runs.setBudget(budget, limit, until);
      await readShared();
    },
    async newLedger() {
      await storage.newLedger();
      board.snapshots.touch('runtime');
    },
    ledgerBackup: () => storage.backups.newest(),
    async restoreLedger() {
      const restored = await storage.backups.restore();
      board.snapshots.touch('runtime');
      await readShared().catch(onTickError);
      return restored;
    },
    stop: (graceMs) => (stopping ??= stop(graceMs)),
  };
}
