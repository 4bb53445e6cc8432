import { join } from 'node:path';
import { messageOf, type HaiosError } from '../core/errors.ts';
import type { CoreEvent } from '../core/events.ts';
import { MemoryGuard } from '../core/lanes/memory-guard.ts';
import { Scheduler } from '../core/lanes/scheduler.ts';
import type { Prices } from '../core/ports.ts';
import { Tracer, type Span } from '../core/trace.ts';
import type { HttpServer } from '../http/server.ts';
import { createModelCatalogue, ownPrices } from '../models/catalogue.ts';
import { createPrices } from '../models/prices.ts';
import { createTokenizer } from '../models/tokenizer.ts';
import type { Hello, ModelInfo, Notice, Notifications, NotificationName } from '../protocol/messages.ts';
import type { RuntimeView } from '../protocol/snapshot.ts';
import type { Storage } from '../storage/storage.ts';
import type { TelemetryEvent } from '../telemetry/signals.ts';
import type { Tracing } from '../telemetry/spans.ts';
import { createTools } from '../tools/catalogue.ts';
import { CommandRecords } from '../tools/sandbox/command-records.ts';
import { Sandboxes } from '../tools/sandbox/sandboxes.ts';
import { Approvals } from './approvals.ts';
import { openBoard } from './board.ts';
import { ConfigStore, type Loaded } from './config-store.ts';
import type { Flags } from './flags.ts';
import { Household } from './household.ts';
import { idleBudgets } from './idle-budgets.ts';
import { laneLimits, memoryLimits, sandboxLimits } from './limits.ts';
import { LiveTrace } from './live-trace.ts';
import { openLocalPort, urlsOf } from './local-port.ts';
import { createObservers } from './observers.ts';
import { ownPlaces } from './own-files.ts';
import { openLog, openSignals } from './observability.ts';
import { patientLedger } from './patient-ledger.ts';
import { hostIdentity, processLives, realClock as clock, realIds as ids } from './platform.ts';
import { createQueries, type Queries } from './queries.ts';
import { recordEvents } from './records.ts';
import { clearRemains, commandsFolder } from './remains.ts';
import { ProcessSampler } from './resources.ts';
import { writeRunFiles } from './run-files.ts';
import { Runs } from './runs.ts';
import { Secrets } from './secrets.ts';
import { laneViews, type Snapshots } from './snapshots.ts';
import { deleteOldSpill } from './spill.ts';
import { every } from './ticks.ts';
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
  readonly port: { readonly wanted: number; readonly server: HttpServer | null; readonly error: string | null };
  readonly prices: () => Prices;
  readonly models: () => readonly ModelInfo[];
  /** Loads the first folder's configuration and takes it into force. */
  readonly reload: () => Promise<Loaded>;
  readonly reported: (at: number) => void;
  /** The root span of a cost report: stored and exported, in no run's tree. */
  readonly startReportSpan: (g: number) => Span;
  /** Idempotent and ordered: intake, calls, spans, port, household. The storage is closed by its opener. */
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
  readonly storage: Storage;
  readonly storageEvents: StorageEvents;
  readonly dataDir: string;
  /** Folder of the bundles. */
  readonly bundleDir: string;
  readonly hello: Hello;
  readonly tell: Tell;
}

const spillCapBytes = 256 * 1024 * 1024;
const secondMs = 1000;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

export async function openApp(options: AppOptions): Promise<App> {
  const { flags, storage, storageEvents, dataDir, bundleDir, hello, tell } = options;
  const runtimeId = ids.unique();
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
  const config = configs.current;
  log.setLevel(flags.logLevel ?? config.log_level);

  const onTickError = (error: unknown): void => log.warn('Regular work failed', { error });
  const { observe, add } = createObservers((error, event) => log.error('An observer failed', { error, event }));

  const scheduler = new Scheduler(laneLimits(config), (lane) => observe({ type: 'lane_changed', lane }));
  const memory = new MemoryGuard(memoryLimits(config), ({ heap }) =>
    log.warn('The heap is over memory.heap_warning_mb', { heap }),
  );
  const host = hostIdentity();
  const sandboxes = new Sandboxes({
    limits: sandboxLimits(config),
    runtimeId,
    workerPath: join(bundleDir, 'sandbox.cjs'),
    records: new CommandRecords(commandsFolder(dataDir, runtimeId), host),
    clock,
    observe,
  });
  const sampler = new ProcessSampler(secondMs, (use) => memory.sample(use));
  const approvals = new Approvals(clock, ids, observe);
  const tokenizer = createTokenizer(join(bundleDir, 'tokenizer.cjs'));
  const ledger = patientLedger(storage.ledger, (error) =>
    log.error('The ledger cannot be written; a settlement waits for it', { error }),
  );
  const catalogueOf = ({ models, timeouts }: Loaded['config']) => ({
    models: createModelCatalogue({
      models,
      keys: (id) => secrets.key(id),
      env: process.env,
      tokenizer,
      idleMs: timeouts.model_idle_ms,
    }),
    prices: createPrices({ own: ownPrices(models) }),
  });
  const prices = (): Prices => catalogueOf(configs.current).prices;
  const models = (): readonly ModelInfo[] => catalogueOf(configs.current).models.info();
  const apply = (loaded: Loaded): void => {
    configError = loaded.error?.message ?? null;
    scheduler.setLimits(laneLimits(loaded.config));
    memory.setLimits(memoryLimits(loaded.config));
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
  const runs: Runs = new Runs({
    services: { runtimeId, clock, ids, observe, scheduler, memory, ledger, tokenizer },
    storage,
    configs,
    approvals,
    redactor,
    tools: createTools({
      spillCapBytes,
      dataDirs: ownPlaces(storage, dataDir),
      sandboxes,
    }),
    dataDir,
    catalogueOf: (loaded) => catalogueOf(loaded.config),
    apply,
    trusted: () => trust.trusted,
    runtimeLives: (id) => household.lives(id),
    notice,
    async onEnd(run, context) {
      const onArtefact = (artefact: Extract<CoreEvent, { type: 'artefact' }>['artefact']): void =>
        observe({ type: 'artefact', artefact });
      const { summary, report } = await writeRunFiles(run, context, { ...files, onArtefact, onProblem });
      if (report !== null) board.runs.reported(run.id, report);
      live.forget(run.id);
      tell('runEnded', summary);
      await board.today.read().catch(onTickError);
      board.snapshots.touch('runs', 'today', 'budgets');
    },
  });

  const board = await openBoard({
    storage,
    clock,
    redactor,
    scheduler,
    runtime: runtimeView,
    liveRow: (runId) => runs.liveRow(runId),
    approvals: () => approvals.views(),
    warnAt: () => configs.current.budgets.warn_at,
    observe,
    notice,
  });
  const { metrics, tracing } = openSignals({
    config,
    otlpEndpoint: flags.otlpEndpoint ?? (config.telemetry.enabled ? config.telemetry.otlp.endpoint : null),
    runtimeId,
    redactor,
    log,
    store: (row, payload) => storage.write([{ type: 'span', row, payload }]),
    sources: {
      lanes: () => laneViews(scheduler),
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

  const queries = createQueries({ storage, live, clock, version, prices });
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
    }),
    log,
  });

  const readShared = async (): Promise<void> => {
    await board.today.read();
    board.snapshots.touch('today');
    const loaded = await configs.load(trust.first, trust.trusted);
    const budgets = await idleBudgets(loaded, trust.first, ledger, clock.now());
    observe({ type: 'budget_changed', runId: '', budgets });
  };
  await household.start();
  await readShared().catch(onTickError);
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

  let stopping: Promise<void> | undefined;
  const stop = async (graceMs: number): Promise<void> => {
    await runs.stop(graceMs);
    for (const end of ticks) end();
    sampler.stop();
    await sandboxes.close();
    await tracing.shutdown(Math.min(graceMs, 3000));
    await port.server?.close(secondMs);
    await storage.flush();
    await household.stop();
    closeLog();
  };

  log.info('The runtime is ready', { runtimeId, version, port: port.server?.port() ?? null });
  for (const said of storage.notices) notice(said);
  return {
    runtimeId,
    runs,
    approvals,
    configs,
    trust,
    secrets,
    queries,
    snapshots: board.snapshots,
    tracing,
    port: { wanted, ...port },
    prices,
    models,
    async reload() {
      const loaded = await configs.load(trust.first, trust.trusted);
      apply(loaded);
      return loaded;
    },
    reported: (at) => (lastReportAt = at),
    startReportSpan(g) {
      const runId = `cost-report-${g}`;
      const common = { 'haios.run_id': runId, 'haios.g': g, 'haios.agent': 'haios' };
      const tracer = new Tracer({ traceId: ids.traceId(), runId, common }, clock, ids, (event) =>
        tracing.observe(event),
      );
      return tracer.start({ name: 'plan', kind: 'plan', parent: null });
    },
    stop: (graceMs) => (stopping ??= stop(graceMs)),
  };
}
