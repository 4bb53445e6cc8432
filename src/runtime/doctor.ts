import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { getHeapStatistics } from 'node:v8';
import { isHaiosError, messageOf } from '../core/errors.ts';
import { backupText } from '../protocol/backup-text.ts';
import type { Check, ModelInfo } from '../protocol/messages.ts';
import type { Storage } from '../storage/storage.ts';
import type { ExporterState } from '../telemetry/export.ts';
import type { Loaded } from './config-store.ts';
import { checkToolServers, type ToolServerChecks } from './doctor-tool-servers.ts';

export interface DoctorOptions extends ToolServerChecks {
  readonly storage: Storage;
  readonly loadConfig: () => Promise<Loaded>;
  readonly models: () => Promise<readonly ModelInfo[]>;
  /** The host has models of its own to give. */
  readonly inEditor: boolean;
  readonly port: () => { wanted: number; actual: number | null; error: string | null };
  readonly exporter: () => Promise<ExporterState>;
}

const lowDiskBytes = 200 * 1024 * 1024;

/** What is well and what is not, with what to do. Changes nothing; the tool servers of a trusted workspace are started. */
export async function doctor(options: DoctorOptions): Promise<readonly Check[]> {
  const loaded = options.loadConfig();
  const servers = checkToolServers(options, loaded);
  const checks = await Promise.all([
    node(),
    memory(),
    configuration(loaded),
    dataFolder(options.storage),
    databases(options.storage),
    ledger(options.storage),
    port(options),
    models(options),
    exporter(options),
    trust(options),
  ]);
  return [...checks, ...(await servers)];
}

type Outcome = Omit<Check, 'name'>;
const ok = (message: string): Outcome => ({ status: 'ok', message, remedy: null });
const named = async (name: string, check: () => Promise<Outcome>): Promise<Check> => {
  try {
    return { name, ...(await check()) };
  } catch (error) {
    return { name, status: 'error', message: messageOf(error), remedy: null };
  }
};

function node(): Promise<Check> {
  return named('Node', async () => ok(`${process.version}, process ${process.pid}.`));
}

function memory(): Promise<Check> {
  return named('memory', async () => {
    const mib = (bytes: number): number => Math.round(bytes / 1048576);
    const { heap_size_limit: limit, used_heap_size: used } = getHeapStatistics();
    const { rss } = process.memoryUsage();
    return ok(`${mib(rss)} MiB resident; a heap of ${mib(used)} MiB that may grow to ${mib(limit)} MiB.`);
  });
}

function configuration(loaded: Promise<Loaded>): Promise<Check> {
  return named('configuration', async () => {
    try {
      const { error } = await loaded;
      if (error === null) return ok('Valid.');
      return {
        status: 'error',
        message: error.message,
        remedy: 'Correct that field; the last good configuration is in force.',
      };
    } catch (error) {
      if (!isHaiosError(error, 'CONFIG_INVALID')) throw error;
      return { status: 'error', message: error.message, remedy: 'Correct that field; no run starts until then.' };
    }
  });
}

function dataFolder(storage: Storage): Promise<Check> {
  return named('data folder', async () => {
    const folder = dirname(storage.databasePath);
    await access(folder, constants.W_OK);
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    const text = `${folder}, ${Math.floor(free / 1048576)} MB free.`;
    if (free >= lowDiskBytes) return ok(text);
    return {
      status: 'warning',
      message: text,
      remedy: 'Free some disk space: paid calls are refused when the ledger cannot be written.',
    };
  });
}

function databases(storage: Storage): Promise<Check> {
  return named('history database', async () => {
    const health = storage.health();
    if (health.history !== 'ok')
      return {
        status: 'error',
        message: health.message ?? 'Unavailable.',
        remedy: 'Free disk space or give another file with --db.',
      };
    const { history } = await storage.reader.integrity();
    if (history === 'ok') return ok(`${storage.databasePath} is sound.`);
    return {
      status: 'error',
      message: `${storage.databasePath}: ${history}`,
      remedy: 'It is set aside at the next start; its copy is kept.',
    };
  });
}

function ledger(storage: Storage): Promise<Check> {
  return named('ledger', async () => {
    const health = storage.health();
    if (health.ledger === 'ok') {
      const { ledger: found } = await storage.reader.integrity();
      if (found === 'ok') return ok(`${storage.ledgerPath} is sound.`);
      return { status: 'error', message: `${storage.ledgerPath}: ${found}`, remedy: await choices(storage) };
    }
    const remedy =
      health.ledger === 'damaged'
        ? await choices(storage)
        : 'Free disk space or close the program that holds the file.';
    return { status: 'error', message: health.message ?? `The ledger is ${health.ledger}.`, remedy };
  });
}

/** What can be done about a damaged ledger; it is set aside and kept in each case. */
async function choices({ backups }: Storage): Promise<string> {
  const backup = await backups.newest();
  const anew = '`haios doctor --new-ledger` to begin a new one; budgets then start at zero';
  if (backup === null) return `Run ${anew}. There is no whole backup.`;
  return `Run \`haios doctor --restore-ledger\` to put its backup of ${backupText(backup, Date.now())} in its place, or ${anew}.`;
}

function port(options: DoctorOptions): Promise<Check> {
  return named('port', async () => {
    const { wanted, actual, error } = options.port();
    if (error !== null)
      return { status: 'error', message: error, remedy: 'Give another port with --port N or the setting port.' };
    if (actual === null) return ok('Off for this command.');
    if (wanted === 0 || wanted === actual) return ok(`http://127.0.0.1:${actual}`);
    return {
      status: 'warning',
      message: `Port ${wanted} is taken, so ${actual} is used until it is free.`,
      remedy: 'Close the program that holds it, or set another port.',
    };
  });
}

function models(options: DoctorOptions): Promise<Check> {
  return named('models', async () => {
    const infos = await options.models();
    // The editor's own need no key, and their subscription has no price per call.
    const [editor, others] = [infos.filter(isEditors), infos.filter((info) => !isEditors(info))];
    const missing = others.filter(({ ready }) => !ready);
    const unpriced = others.filter(({ ready, priced, id }) => ready && !priced && id !== 'offline');
    const text = infos.map(({ id, ready, note }) => (ready ? id : `${id} (${note ?? 'not ready'})`)).join(', ');
    if (missing.length > 0)
      return {
        status: 'warning',
        message: text,
        remedy: 'Set the key with “HAiOS: Set Model API Key…” or the environment variable named above.',
      };
    if (unpriced.length > 0)
      return {
        status: 'warning',
        message: `${text}; no price is known for ${unpriced.map(({ id }) => id).join(', ')}`,
        remedy: 'Give prices under models, or rely on the token budget.',
      };
    const absent = options.inEditor ? editor.filter(({ ready }) => !ready) : [];
    if (absent.length > 0)
      return { status: 'warning', message: text, remedy: 'Do what is said beside the model, or remove it.' };
    return ok(text);
  });
}

function isEditors({ provider }: ModelInfo): boolean {
  return provider === 'vscode';
}

function exporter(options: DoctorOptions): Promise<Check> {
  return named('trace exporter', async () => {
    const state = await options.exporter();
    switch (state.kind) {
      case 'off':
        return ok('Off: telemetry.otlp.endpoint is not set.');
      case 'ok':
        return ok('Reached.');
      case 'idle':
        return { status: 'warning', message: 'Not reached yet.', remedy: null };
      case 'failing':
        return {
          status: 'error',
          message: state.message,
          remedy: 'Start the receiver, or correct telemetry.otlp.endpoint.',
        };
    }
  });
}

function trust({ trusted }: DoctorOptions): Promise<Check> {
  return named('workspace trust', async () => {
    if (trusted) return ok('Trusted.');
    return {
      status: 'warning',
      message: 'Not trusted: no command, write or workspace setting takes effect.',
      remedy: 'Trust the workspace in the editor.',
    };
  });
}
