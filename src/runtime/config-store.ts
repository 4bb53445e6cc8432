import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { mergeConfig, parseConfig, settingsToConfig, type Config, type PartialConfig } from '../core/config.ts';
import { HaiosError, messageOf } from '../core/errors.ts';

export const configFileName = 'haios.config.json';
const maxBytes = 1024 * 1024;

/** A workspace's configuration in force and where its parts are from. */
export interface Loaded {
  readonly config: Config;
  readonly file: PartialConfig;
  readonly settings: PartialConfig;
  /** The file is wrong: `config` is the last good one. */
  readonly error: HaiosError | null;
}

/**
 * The configuration per workspace: file and settings, merged. A bad file or setting leaves the last good one in force;
 * when there is none yet, `load` throws CONFIG_INVALID. The file of an untrusted workspace is not read.
 */
export class ConfigStore {
  readonly #explicitFile: string | null;
  readonly #good = new Map<string, PartialConfig>();
  #settings: PartialConfig = {};
  #current: Config = mergeConfig({}, {});

  constructor(explicitFile: string | null) {
    this.#explicitFile = explicitFile;
  }

  /** The configuration that was loaded last: what belongs to the runtime and not to a run. */
  get current(): Config {
    return this.#current;
  }

  /** Returns the sentence of what is wrong; the settings then stay as they were. */
  setSettings(nested: Readonly<Record<string, unknown>>): string | null {
    const parsed = settingsToConfig(nested);
    if (!parsed.ok) return parsed.error.message;
    this.#settings = parsed.config;
    // Until the file is read: a file that turns out wrong must not take the settings with it.
    this.#current = mergeConfig({}, this.#settings);
    return null;
  }

  async load(workspace: string | null, trusted: boolean): Promise<Loaded> {
    const path = this.#explicitFile ?? (workspace !== null && trusted ? join(workspace, configFileName) : null);
    if (path === null) return this.#loaded({}, null);
    const text = await readConfigFile(path, this.#explicitFile !== null);
    const parsed = text === null ? ({ ok: true, config: {} } as const) : parse(text, path);
    if (parsed.ok) {
      this.#good.set(path, parsed.config);
      return this.#loaded(parsed.config, null);
    }
    const lastGood = this.#good.get(path);
    if (lastGood === undefined) throw parsed.error;
    return this.#loaded(lastGood, parsed.error);
  }

  #loaded(file: PartialConfig, error: HaiosError | null): Loaded {
    this.#current = mergeConfig(file, this.#settings);
    return { config: this.#current, file, settings: this.#settings, error };
  }
}

function parse(text: string, path: string): ReturnType<typeof parseConfig> {
  return parseConfig(text, { file: path });
}

async function readConfigFile(path: string, mustExist: boolean): Promise<string | null> {
  try {
    const { size } = await stat(path);
    if (size > maxBytes) {
      throw new HaiosError(
        'CONFIG_INVALID',
        `${path} has ${size} bytes; a configuration may have at most ${maxBytes}.`,
      );
    }
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof HaiosError) throw error;
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (missing && !mustExist) return null;
    throw new HaiosError(
      'CONFIG_INVALID',
      `${path} cannot be read (${messageOf(error)}); give a file that can be read.`,
      { cause: error },
    );
  }
}
