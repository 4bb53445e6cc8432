import { openaiChatUsage } from '../../../src/models/usage/openai-chat.ts';
import { costs, dataset, pages, type Recorded } from './recorded.ts';

const details = (cached: number, write?: number): object => ({
  audio_tokens: 0,
  ...(write === undefined ? {} : { cache_write_tokens: write }),
  cached_tokens: cached,
});
const outs = (reasoning: number): object => ({
  accepted_prediction_tokens: 0,
  audio_tokens: 0,
  reasoning_tokens: reasoning,
  rejected_prediction_tokens: 0,
});
const usage = (prompt: number, completion: number, reasoning: number, of: object = details(0)): object => ({
  completion_tokens: completion,
  completion_tokens_details: outs(reasoning),
  prompt_tokens: prompt,
  prompt_tokens_details: of,
  total_tokens: prompt + completion,
});
const base = { provider: 'openai', page: pages.openai, from: dataset, tier: 'default' };
const july = Date.UTC(2026, 6, 20);

// Rates as in openai-responses.test.ts.
const rows: readonly Recorded[] = [
  {
    ...base,
    model: 'gpt-4o-2024-08-06',
    what: 'no caching',
    usage: usage(24, 8, 0),
    sum: '24 × 2500 + 8 × 10000',
    nusd: 140_000,
  },
  {
    ...base,
    model: 'o3-mini-2025-01-31',
    what: 'mostly reasoning',
    usage: usage(11, 809, 768),
    sum: '11 × 1100 + 809 × 4400',
    nusd: 3_571_700,
  },
  {
    ...base,
    model: 'gpt-5-2025-08-07',
    what: 'reasoning',
    usage: usage(12, 1888, 1600),
    sum: '12 × 1250 + 1888 × 10000',
    nusd: 18_895_000,
  },
  {
    ...base,
    model: 'gpt-4o-mini-2024-07-18',
    what: 'a small model',
    usage: usage(8, 9, 0),
    sum: '8 × 150 + 9 × 600',
    nusd: 6600,
  },
  {
    ...base,
    model: 'gpt-4.1-mini-2025-04-14',
    what: 'a tool call',
    usage: usage(50, 15, 0),
    sum: '50 × 400 + 15 × 1600',
    nusd: 44_000,
  },
  {
    ...base,
    model: 'gpt-5.6-sol',
    at: july,
    what: 'a write to the cache',
    usage: usage(4020, 4, 0, details(0, 4012)),
    sum: '8 × 5000 + 4012 × 6250 + 4 × 30000',
    nusd: 25_235_000,
  },
  {
    ...base,
    model: 'gpt-5.6-sol',
    at: july,
    what: 'a read from the cache',
    usage: usage(4020, 4, 0, details(4012, 0)),
    sum: '8 × 5000 + 4012 × 500 + 4 × 30000',
    nusd: 2_166_000,
  },
  {
    ...base,
    from: 'shape of https://developers.openai.com/api/docs/guides/batch',
    page: 'https://developers.openai.com/api/docs/guides/batch, 2026-11-26',
    model: 'gpt-4o-mini',
    tier: 'batch',
    what: 'a batch (0.075, 0.3)',
    usage: usage(22, 2, 0),
    sum: '22 × 75 + 2 × 300',
    nusd: 2250,
  },
];

describe('recorded usage: OpenAI chat', () => costs(openaiChatUsage, rows));
