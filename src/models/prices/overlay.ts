import type { ServiceTier } from '../../catalogue/states.ts';

/** USD per million tokens. A rate left out: cached input costs what other input does, reasoning what other output does. */
export interface ListRates {
  readonly input: number;
  readonly output: number;
  readonly cache_read?: number;
  readonly cache_write?: number;
  readonly cache_write_1h?: number;
}

/** Where a price is from. Pages were read as kept copies; `read` is the day of the copy where it has one, else of the reading. */
interface Sourced {
  /** The provider's page, and who else quotes it where the page itself could not be had. */
  readonly source: string;
  readonly read: string;
}

/** A standard price that stands before the library's. */
export interface Correction extends Sourced {
  readonly provider: string;
  /** Exact ids; dated snapshots of them (`ID-20261007`, `ID-2026-10-07`) are theirs. */
  readonly models: readonly string[];
  /** The first moment it holds: a day (UTC), or a day and time. The latest one of a model counts. */
  readonly from: string;
  /** Null: no longer sold under that id. */
  readonly rates: ListRates | null;
  /** Calls of more input tokens than that, cached ones included, have these rates, all of their tokens. */
  readonly above?: { readonly inputTokens: number; readonly rates: ListRates };
  /** Hours (UTC, from and to) of working days that have these rates. */
  readonly peak?: { readonly hours: readonly (readonly [number, number])[]; readonly rates: ListRates };
}

/** What a tier costs, as a multiple of the standard price in force. */
export interface TierPrice extends Sourced {
  readonly provider: string;
  readonly models: readonly string[] | 'all';
  readonly tier: Exclude<ServiceTier, 'standard'>;
  readonly from: string;
  readonly timesStandard: number;
  /** Known up to so many input tokens. */
  readonly upTo?: number;
}

const claudePrices = 'https://platform.claude.com/docs/en/about-claude/pricing';
const openaiPrices = 'https://developers.openai.com/api/docs/pricing';
const openaiFast = 'https://openai.com/api-fast-mode/';
const openaiFlex = 'https://developers.openai.com/api/docs/guides/flex-processing';
const openaiBatch = 'https://developers.openai.com/api/docs/guides/batch';
const xaiPrices = 'https://docs.x.ai/developers/pricing';
const deepseekPrices = 'https://api-docs.deepseek.com/quick_start/pricing';

/** Prices that the library (genai-prices 0.1.8) has not, or not any more right. */
export const corrections: readonly Correction[] = [
  {
    provider: 'anthropic',
    models: ['claude-sonnet-5-5'],
    from: '2026-09-28',
    rates: { input: 2, output: 10, cache_read: 0.2, cache_write: 2.5, cache_write_1h: 4 },
    source: 'https://platform.claude.com/docs/zh-CN/models/sonnet-5-5/overview',
    read: '2026-11-26',
  },
  {
    provider: 'anthropic',
    models: ['claude-sonnet-5-5'],
    from: '2026-10-07',
    rates: { input: 2, output: 10, cache_read: 0.1, cache_write: 2.5, cache_write_1h: 4 },
    source: `${claudePrices}, as quoted by https://github.com/kurofune/claudit/releases/tag/v1.9.2`,
    read: '2026-10-24',
  },
  {
    provider: 'anthropic',
    models: ['claude-haiku-5-5'],
    from: '2026-10-07',
    rates: { input: 0.1, output: 0.5, cache_read: 0.01, cache_write: 0.125, cache_write_1h: 0.2 },
    above: {
      inputTokens: 100_000,
      rates: { input: 0.5, output: 2.5, cache_read: 0.05, cache_write: 0.625, cache_write_1h: 1 },
    },
    source: `${claudePrices}, as quoted by https://github.com/kurofune/claudit/releases/tag/v1.9.2`,
    read: '2026-10-24',
  },
  {
    provider: 'anthropic',
    models: ['claude-fable-5-2'],
    from: '2026-11-09',
    rates: { input: 8, output: 40, cache_read: 0.2, cache_write: 10, cache_write_1h: 16 },
    source: `${claudePrices}, as quoted by https://github.com/archid21/rightsize/releases/tag/v0.10.2`,
    read: '2026-11-26',
  },
  {
    provider: 'openai',
    models: ['gpt-6.1-sol'],
    from: '2026-09-29',
    rates: { input: 2, output: 10, cache_read: 0.1, cache_write: 2.5 },
    above: { inputTokens: 272_000, rates: { input: 4, output: 15, cache_read: 0.2, cache_write: 5 } },
    source: `${openaiPrices}, as quoted by https://github.com/KZCFG/AILSA-SubSwitch/releases/tag/v1.0.0-g`,
    read: '2026-10-01',
  },
  {
    provider: 'openai',
    models: ['gpt-6.2-sol'],
    from: '2026-11-17',
    rates: { input: 2, output: 10, cache_read: 0.1, cache_write: 2.5 },
    above: { inputTokens: 272_000, rates: { input: 4, output: 15, cache_read: 0.2, cache_write: 5 } },
    source: `${openaiPrices}, as quoted by https://github.com/iyulab/TokenMeter/releases/tag/v0.17.0`,
    read: '2026-11-26',
  },
  {
    provider: 'openai',
    models: ['gpt-6.2-astra'],
    from: '2026-11-17',
    rates: { input: 8, output: 40, cache_read: 0.4, cache_write: 10 },
    above: { inputTokens: 272_000, rates: { input: 16, output: 60, cache_read: 0.8, cache_write: 20 } },
    source: `${openaiPrices}, as quoted by https://github.com/iyulab/TokenMeter/releases/tag/v0.17.0`,
    read: '2026-11-26',
  },
  {
    provider: 'x-ai',
    models: ['grok-4.7'],
    from: '2026-09-21',
    rates: { input: 2, output: 6, cache_read: 0.5 },
    above: { inputTokens: 199_999, rates: { input: 4, output: 12, cache_read: 1 } },
    source: xaiPrices,
    read: '2026-11-26',
  },
  {
    // The library has 2, 0.2 and 6, and no long context.
    provider: 'x-ai',
    models: ['grok-4.20-multi-agent', 'grok-4.20-multi-agent-0309'],
    from: '2026-09-21',
    rates: { input: 1.25, output: 2.5, cache_read: 0.2 },
    above: { inputTokens: 199_999, rates: { input: 2.5, output: 5, cache_read: 0.4 } },
    source: xaiPrices,
    read: '2026-11-26',
  },
  {
    // The library has the prices of early 2025 for both names to this day.
    provider: 'deepseek',
    models: ['deepseek-chat', 'deepseek-reasoner'],
    from: '2025-09-29',
    rates: { input: 0.28, output: 0.42, cache_read: 0.028 },
    source: `${deepseekPrices}, as quoted by https://github.com/RooCodeInc/Roo-Code (packages/types/src/providers/deepseek.ts)`,
    read: '2025-12-09',
  },
  {
    provider: 'deepseek',
    models: ['deepseek-chat', 'deepseek-reasoner'],
    from: '2026-07-24T15:59:00Z',
    rates: null,
    source: `${deepseekPrices}, as quoted by https://dev.to/ahab_indieseek/deepseek-v4-api-migration-before-july-24-42b4`,
    read: '2026-11-26',
  },
  {
    // Both older names are served by the new model at its price.
    provider: 'deepseek',
    models: ['deepseek-flash', 'deepseek-v4-flash', 'deepseek-v4-flash-vision-exp'],
    from: '2026-09-10T04:00:00Z',
    rates: { input: 0.15, output: 0.6, cache_read: 0.003 },
    peak: {
      hours: [
        [1, 4],
        [6, 10],
      ],
      rates: { input: 0.3, output: 1.2, cache_read: 0.006 },
    },
    source: deepseekPrices,
    read: '2026-11-15',
  },
  {
    // The library has the peak price at weekends too.
    provider: 'deepseek',
    models: ['deepseek-v4-pro'],
    from: '2026-08-17',
    rates: { input: 0.66, output: 1.98, cache_read: 0.022 },
    peak: {
      hours: [
        [1, 4],
        [6, 10],
      ],
      rates: { input: 1.32, output: 3.96, cache_read: 0.044 },
    },
    source: deepseekPrices,
    read: '2026-11-15',
  },
];

/** The library knows standard prices only. A tier that is not here has no known price. */
export const tierPrices: readonly TierPrice[] = [
  // 10 / 1 / 60 of 5 / 0.5 / 30 and the like; the page gives no price for long contexts.
  ...openaiPriority(2, ['gpt-5', 'gpt-5.1', 'gpt-5.2', 'gpt-5.4', 'gpt-5.4-mini'], openaiFast, '2026-11-26'),
  ...openaiPriority(2, ['gpt-5-codex', 'gpt-5.1-codex'], openaiFast, '2026-11-26'),
  ...openaiPriority(2.5, ['gpt-5.5'], openaiFast, '2026-11-26'),
  ...openaiPriority(1.8, ['gpt-5-mini'], openaiFast, '2026-11-26'),
  ...openaiPriority(1.75, ['gpt-4.1'], openaiFast, '2026-11-26'),
  ...openaiPriority(
    2,
    ['gpt-5.6-sol', 'gpt-5.6-terra', 'gpt-5.6-luna'],
    `${openaiPrices}, as quoted by https://github.com/api-evangelist/openai (plans/openai-plans-pricing.yml)`,
    '2026-08-27',
  ),
  ...openaiPriority(
    2,
    ['gpt-6.1-sol', 'gpt-6.2-sol', 'gpt-6.2-astra'],
    `${openaiPrices}, as quoted by https://github.com/iyulab/TokenMeter/releases/tag/v0.17.0`,
    '2026-11-26',
  ),
  {
    provider: 'openai',
    models: [
      ...['gpt-5', 'gpt-5-mini', 'gpt-5-nano', 'o3', 'o4-mini', 'gpt-5.4-mini', 'gpt-5.4-nano', 'gpt-5.5'],
      ...['gpt-5.6-sol', 'gpt-5.6-terra', 'gpt-5.6-luna', 'gpt-6.1-sol'],
    ],
    tier: 'flex',
    from: '2025-08-07',
    timesStandard: 0.5,
    source: `${openaiFlex}; models as in https://github.com/BerriAI/litellm (model_prices_and_context_window.json)`,
    read: '2026-11-26',
  },
  {
    provider: 'openai',
    models: [
      ...[
        'gpt-4o',
        'gpt-4o-mini',
        'gpt-4.1',
        'gpt-4.1-mini',
        'gpt-4.1-nano',
        'o3-pro',
        'gpt-5-pro',
        'gpt-5',
        'gpt-5-mini',
      ],
      ...['gpt-5.4', 'gpt-5.4-mini', 'gpt-5.4-nano', 'gpt-5.5', 'gpt-5.6-sol', 'gpt-5.6-terra', 'gpt-5.6-luna'],
    ],
    tier: 'batch',
    from: '2024-08-06',
    timesStandard: 0.5,
    source: openaiBatch,
    read: '2026-11-26',
  },
  {
    // Caching stacks with it: https://platform.claude.com/docs/en/build-with-claude/batch-processing.
    provider: 'anthropic',
    models: 'all',
    tier: 'batch',
    from: '2024-10-08',
    timesStandard: 0.5,
    source: claudePrices,
    read: '2026-11-26',
  },
];

/**
 * Writes of Claude models to the cache for an hour cost twice the input, where no price says otherwise
 * (https://platform.claude.com/docs/en/build-with-claude/prompt-caching, read 2026-11-26).
 */
export const hourWrites = { models: /claude/i, timesInput: 2 } as const;

/** The ids that a provider's corrections are for. */
export function correctedModelIds(provider: string): readonly string[] {
  return corrections.flatMap((row) => (row.provider === provider ? row.models : []));
}

function openaiPriority(
  timesStandard: number,
  models: readonly string[],
  source: string,
  read: string,
): readonly TierPrice[] {
  return [
    { provider: 'openai', models, tier: 'priority', from: '2025-08-07', timesStandard, upTo: 271_999, source, read },
  ];
}
