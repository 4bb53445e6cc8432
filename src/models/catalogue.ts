import { closest } from 'fastest-levenshtein';
import type { ModelConfig } from '../core/config.ts';
import { HaiosError } from '../core/errors.ts';
import type { HostModels, Model, ModelCatalogue, Prices, Tokenizer } from '../core/ports.ts';
import { hostModelName } from '../protocol/host-models.ts';
import type { ModelInfo } from '../protocol/messages.ts';
import type { RemoteOptions } from './ai-sdk.ts';
import { createAnthropicModel } from './anthropic.ts';
import { createOfflineModel } from './offline.ts';
import { createOpenAICompatibleModel } from './openai-compatible.ts';
import { createOpenAIModel } from './openai.ts';
import { createPrices } from './prices.ts';
import { listCard } from './prices/corrected.ts';
import { providerOfUrl, textModelIds } from './prices/library.ts';
import { correctedModelIds } from './prices/overlay.ts';
import type { OwnPrice } from './prices/own.ts';
import { createEditorModel } from './vscode.ts';

export interface CatalogueOptions {
  readonly models: readonly ModelConfig[];
  /** Keys a person stored, by model id or by `openai` / `anthropic`. */
  readonly keys: (id: string) => string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly tokenizer: Tokenizer;
  /** The editor's own models; null where the host is no editor. */
  readonly host: HostModels | null;
  /** How long a provider may send nothing, ms. */
  readonly idleMs?: number;
}

export interface PricedCatalogue extends ModelCatalogue {
  readonly prices: Prices;
  info(): readonly ModelInfo[];
  /** What `priceAs` takes: the configured models that have a price, then those of the two price lists. */
  priceIds(): readonly string[];
}

type RemoteProvider = 'openai' | 'openai-compatible' | 'anthropic';

const editorPrefix = 'vscode/';
const homes = {
  openai: { baseUrl: 'https://api.openai.com/v1', env: 'OPENAI_API_KEY' },
  anthropic: { baseUrl: 'https://api.anthropic.com/v1', env: 'ANTHROPIC_API_KEY' },
} as const;
const defaultMaxOutputTokens = 8192;
const defaultIdleMs = 120_000;
const offlineMaxOutputTokens = 16_384;

/**
 * The configured models, `offline`, the editor's own as `vscode/VENDOR/ID`, and every text model of OpenAI's and
 * Anthropic's price lists as `openai/ID` and `anthropic/ID`. `ids()` lists the first two, `info()` also the editor's,
 * `get` takes all of them.
 * `get` throws MODEL_UNKNOWN (naming the nearest id), API_KEY_MISSING, EDITOR_ONLY, or CONFIG_INVALID for an entry
 * without its address.
 */
export function createModelCatalogue(options: CatalogueOptions): PricedCatalogue {
  const entries = new Map<string, ModelConfig>([['offline', { id: 'offline', provider: 'offline' }]]);
  for (const entry of options.models) entries.set(entry.id, entry);
  const prices = createPrices({ own: ownPrices(options.models) });
  const find = (id: string): ModelConfig => {
    const entry = entries.get(id) ?? direct(id);
    if (entry === null) throw unknown(id, [...entries.keys()], offeredBy(options.host, []));
    return entry;
  };
  return {
    prices,
    ids: () => [...entries.keys()],
    get: (id) => build(find(id), options),
    priceIds: () => {
      const at = Date.now();
      const configured = [...entries.values()].flatMap(({ id, model = id }) => [id, model]);
      const ids = [...configured, ...listedIds(at)];
      return [...new Set(ids)].filter(
        (id) => prices.bound({ provider: null, model: id, tier: 'standard' }, 1, 1, at) !== null,
      );
    },
    info: () =>
      [...entries.values(), ...offeredBy(options.host, [...entries.values()])].map((entry) => {
        const tier = entry.service_tier;
        const subject = { provider: providerName(entry), model: entry.model ?? entry.id };
        const priced = prices.bound(tier === undefined ? subject : { ...subject, tier }, 1, 1, Date.now()) !== null;
        const about = { id: entry.id, provider: providerName(entry), model: entry.model ?? entry.id, priced };
        try {
          build(entry, options);
          const note = kindOf(entry) === 'vscode' ? notOffered(entry, options.host) : null;
          return { ...about, ready: note === null, note };
        } catch (error) {
          if (!(error instanceof HaiosError)) throw error;
          return { ...about, ready: false, note: error.message };
        }
      }),
  };
}

/** The own prices of a configuration, as `createPrices` takes them. */
function ownPrices(models: readonly ModelConfig[]): readonly OwnPrice[] {
  return models.flatMap((entry) =>
    entry.prices === undefined
      ? []
      : [{ id: entry.id, provider: providerName(entry), model: entry.model ?? entry.id, prices: entry.prices }],
  );
}

function build(entry: ModelConfig, options: CatalogueOptions): Model {
  const kind = kindOf(entry);
  if (kind === 'offline') {
    return createOfflineModel({
      id: entry.id,
      tokenizer: options.tokenizer,
      maxOutputTokens: entry.max_output_tokens ?? offlineMaxOutputTokens,
    });
  }
  if (kind === 'vscode') return buildEditorModel(entry, options);
  const baseUrl = addressOf(entry, kind);
  const remote: RemoteOptions = {
    id: entry.id,
    provider: providerName(entry),
    model: entry.model ?? entry.id,
    baseUrl,
    apiKey: keyOf(entry, kind, baseUrl, options),
    maxOutputTokens: entry.max_output_tokens ?? defaultMaxOutputTokens,
    ...(entry.service_tier === undefined ? {} : { serviceTier: entry.service_tier }),
    idleMs: options.idleMs ?? defaultIdleMs,
  };
  switch (kind) {
    case 'openai':
      return createOpenAIModel(remote);
    case 'anthropic':
      return createAnthropicModel(remote);
    case 'openai-compatible':
      return createOpenAICompatibleModel(remote);
  }
}

function buildEditorModel(entry: ModelConfig, { host, tokenizer, idleMs = defaultIdleMs }: CatalogueOptions): Model {
  if (host === null) {
    throw new HaiosError(
      'EDITOR_ONLY',
      `Model "${entry.id}" is one of the editor's own and works in the editor only; start the run there, or choose another model.`,
    );
  }
  return createEditorModel({
    id: entry.id,
    model: entry.model ?? entry.id,
    host,
    tokenizer,
    maxOutputTokens: entry.max_output_tokens ?? defaultMaxOutputTokens,
    asksForBound: entry.max_output_tokens !== undefined,
    idleMs,
  });
}

/** What the editor offers and nobody configured. */
function offeredBy(host: HostModels | null, configured: readonly ModelConfig[]): readonly ModelConfig[] {
  const known = new Set(configured.flatMap((entry) => (kindOf(entry) === 'vscode' ? (entry.model ?? []) : [])));
  return (host?.offered() ?? [])
    .map(hostModelName)
    .filter((model) => !known.has(model))
    .map((model) => ({ id: editorPrefix + model, provider: 'vscode', model }));
}

/** Why the editor would not answer, as far as it is known. Its providers may start late: the call itself decides. */
function notOffered({ id, model }: ModelConfig, host: HostModels | null): string | null {
  const offered = host?.offered()?.map(hostModelName);
  if (offered === undefined || model === undefined || offered.includes(model)) return null;
  const others = offered.length === 0 ? 'It offers none' : `It offers ${offered.slice(0, 10).join(', ')}`;
  return `The editor offers no model "${model}" for "${id}" now. ${others}; sign in to its provider, or correct \`model\`.`;
}

function keyOf(
  entry: ModelConfig,
  kind: RemoteProvider,
  baseUrl: string,
  options: CatalogueOptions,
): string | undefined {
  const home = kind === 'openai-compatible' ? null : homes[kind];
  // The maker's key goes to the maker only: an address in a shared file must not be able to ask for it.
  const atHome = home !== null && new URL(baseUrl).origin === new URL(home.baseUrl).origin;
  const local = isLocal(new URL(baseUrl).hostname);
  if (!atHome && !local) refuseForeignVariable(entry);
  const found = [
    options.keys(entry.id),
    entry.api_key_env === undefined ? undefined : options.env[entry.api_key_env],
    ...(atHome ? [options.keys(kind), options.env[home.env]] : []),
  ].find((key) => key !== undefined && key.trim() !== '');
  if (found !== undefined) {
    const key = found.trim();
    // What no header can carry would come back in an error of the network library, key and all.
    if (/^[\x21-\x7e]+$/.test(key)) return key;
    const what = `The API key of model "${entry.id}" holds blanks or characters that no key has`;
    throw new HaiosError('API_KEY_MISSING', `${what}: run “HAiOS: Set Model API Key…” again.`);
  }
  if (local) return undefined;
  const variable = entry.api_key_env ?? (atHome ? home.env : null);
  const remedy = variable === null ? '' : `, or set the environment variable ${variable}`;
  throw new HaiosError(
    'API_KEY_MISSING',
    `Model "${entry.id}" needs an API key: run “HAiOS: Set Model API Key…”${remedy}.`,
    { details: { model: entry.id, variable } },
  );
}

/** A workspace's file names both the variable and the address: it must not be able to send any secret anywhere. */
function refuseForeignVariable({ id, api_key_env: name }: ModelConfig): void {
  if (name === undefined) return;
  const makers: readonly string[] = Object.values(homes).map(({ env }) => env);
  if (name.endsWith('API_KEY') && !makers.includes(name)) return;
  throw new HaiosError(
    'CONFIG_INVALID',
    `\`api_key_env\` of model "${id}" is "${name}", which is not sent to that address; put the host's key into a variable of its own whose name ends with API_KEY.`,
  );
}

function addressOf(entry: ModelConfig, kind: RemoteProvider): string {
  const baseUrl = entry.base_url ?? (kind === 'openai-compatible' ? undefined : homes[kind].baseUrl);
  const example = 'give an address such as "http://127.0.0.1:11434/v1"';
  if (baseUrl === undefined) {
    throw new HaiosError('CONFIG_INVALID', `Model "${entry.id}" has no \`base_url\`; ${example}.`);
  }
  if (!URL.canParse(baseUrl) || !/^https?:$/.test(new URL(baseUrl).protocol)) {
    throw new HaiosError(
      'CONFIG_INVALID',
      `\`base_url\` of model "${entry.id}" is "${baseUrl}", no http address; ${example}.`,
    );
  }
  return baseUrl.replace(/\/+$/, '');
}

/** What the model's calls are named and priced by: the maker or host whose API the address is, else the kind. */
function providerName(entry: ModelConfig): string {
  const kind = kindOf(entry);
  if (kind === 'offline') return 'haios.offline';
  if (kind === 'openai-compatible') {
    return (
      (entry.base_url !== undefined && URL.canParse(entry.base_url) ? providerOfUrl(entry.base_url) : null) ?? kind
    );
  }
  return kind;
}

function kindOf(entry: ModelConfig): 'offline' | 'vscode' | RemoteProvider {
  if (entry.provider !== undefined) return entry.provider;
  return entry.id === 'offline' ? 'offline' : 'openai-compatible';
}

function direct(id: string): ModelConfig | null {
  if (/^vscode\/[^/]+\/.+$/.test(id)) return { id, provider: 'vscode', model: id.slice(editorPrefix.length) };
  for (const provider of ['openai', 'anthropic'] as const) {
    const model = id.startsWith(`${provider}/`) ? id.slice(provider.length + 1) : '';
    if (model !== '' && givesText(provider, model, Date.now())) {
      return { id, provider, model };
    }
  }
  return null;
}

function unknown(id: string, configured: readonly string[], offered: readonly ModelConfig[]): HaiosError {
  const nearest = closest(id, [...configured, ...offered.map((entry) => entry.id), ...listedIds(Date.now())]);
  return new HaiosError(
    'MODEL_UNKNOWN',
    `No model "${id.slice(0, 100)}" is configured; did you mean "${nearest}"? Configured: ${configured.join(', ')}.`,
    { details: { nearest } },
  );
}

function listedIds(at: number): readonly string[] {
  return (['openai', 'anthropic'] as const).flatMap((maker) => {
    const ids = [...correctedModelIds(maker), ...textModelIds(maker)];
    return [...new Set(ids)].filter((id) => givesText(maker, id, at)).map((id) => `${maker}/${id}`);
  });
}

/** Output has a price: of embeddings it has none. */
function givesText(maker: string, id: string, at: number): boolean {
  return listCard(maker, id, 'standard', at)?.rates(0)?.output !== undefined;
}

function isLocal(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  return (
    /^(localhost|.*\.localhost|.*\.local|host\.docker\.internal|::1|f[cd][0-9a-f]{2}:.*)$/.test(host) ||
    /^(127|10)(\.\d+){3}$|^192\.168(\.\d+){2}$|^172\.(1[6-9]|2\d|3[01])(\.\d+){2}$/.test(host)
  );
}
