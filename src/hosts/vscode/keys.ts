import * as vscode from 'vscode';
import { askChoice, askSteps, askText } from './quick-input.ts';
import type { RuntimeHost } from './runtime-host.ts';
import { oneLine } from './text.ts';

export interface ModelKey {
  readonly model: string;
  readonly key: string | null;
}

const prefix = 'haios.key.';
/** Providers that take no key. */
const keyless: readonly string[] = ['haios.offline', 'vscode'];
const indexKey = 'haios.keyedModels';

/** API keys of models: kept in the editor's secret storage and nowhere else; the names of their models in `memory`. */
export class Keys {
  readonly #secrets: vscode.SecretStorage;
  readonly #memory: vscode.Memento;

  constructor(secrets: vscode.SecretStorage, memory: vscode.Memento) {
    this.#secrets = secrets;
    this.#memory = memory;
  }

  async all(): Promise<readonly ModelKey[]> {
    const keys = await Promise.all(this.#models().map((model) => this.get(model)));
    return keys.filter((key) => key.key !== null);
  }

  async get(model: string): Promise<ModelKey> {
    return { model, key: (await this.#secrets.get(prefix + model)) ?? null };
  }

  /** Null removes it. */
  async set(model: string, key: string | null): Promise<void> {
    const others = this.#models().filter((known) => known !== model);
    if (key === null) await this.#secrets.delete(prefix + model);
    else await this.#secrets.store(prefix + model, key);
    await this.#memory.update(indexKey, key === null ? others : [...others, model]);
  }

  /** Called when a key changed, in whichever window. */
  onDidChange(listener: (model: string) => void): vscode.Disposable {
    return this.#secrets.onDidChange(({ key }) => {
      if (key.startsWith(prefix)) listener(key.slice(prefix.length));
    });
  }

  #models(): readonly string[] {
    return this.#memory.get<readonly string[]>(indexKey, []);
  }
}

/** Asks for a model and its key, and stores it. An empty key removes the stored one. */
export async function setKeyCommand(host: RuntimeHost, keys: Keys): Promise<void> {
  let model = '';
  let key = '';
  const sure = await askSteps('Set Model API Key', [
    async (place) => {
      const models = (await host.request('models', {})).filter(({ provider }) => !keyless.includes(provider));
      if (models.length === 0) {
        throw new Error(
          'No model that takes a key is configured. Add one under “haios.models” in the settings, or under “models” in haios.config.json.',
        );
      }
      const choices = models.map((info) => ({
        label: oneLine(info.id),
        description: oneLine(info.provider, 40),
        ...(info.note === null ? {} : { detail: oneLine(info.note, 200) }),
        value: info.id,
      }));
      const answer = await askChoice(place, 'The model that the key is for', choices);
      if (answer.kind === 'value') model = answer.value;
      return answer.kind;
    },
    async (place) => {
      const answer = await askText(place, {
        prompt: `API key of ${oneLine(model)}. It is kept in the editor’s secret storage. Empty: remove the stored key.`,
        value: '',
        placeholder: '',
        password: true,
        check: (text) =>
          text.length > 10_000 || /[\r\n]/.test(text) ? 'A key is one line of at most 10,000 characters.' : null,
      });
      if (answer.kind === 'value') key = answer.value.trim();
      return answer.kind;
    },
  ]);
  if (!sure) return;
  await keys.set(model, key === '' ? null : key);
  const done = key === '' ? 'removed' : 'stored';
  await vscode.window.showInformationMessage(`The API key of ${oneLine(model)} is ${done}.`);
}
