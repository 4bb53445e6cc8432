import type { LanguageModelV4Usage } from '@ai-sdk/provider';
import type { Tokens } from '../../protocol/rows.ts';

export interface ReadUsage {
  readonly tokens: Tokens | null;
  /** Set when the provider sent counts that contradict themselves. */
  readonly error?: string;
  /** A cost the provider itself reports (OpenRouter's `usage.cost`, USD), in nano-dollars. */
  readonly reportedNusd?: number;
}

/**
 * Token counts in disjoint buckets: cached tokens are taken out of the input, reasoning out of the output. This is the
 * only place where the provider's overlapping counts become ours.
 */
export function readUsage(usage: LanguageModelV4Usage): ReadUsage {
  const raw: Record<string, unknown> = usage.raw ?? {};
  const cost = reportedNusd(raw);
  const withCost = (result: ReadUsage): ReadUsage => (cost === null ? result : { ...result, reportedNusd: cost });
  const input = usage.inputTokens.total;
  const output = usage.outputTokens.total;
  if (input === undefined || output === undefined) return withCost({ tokens: null });

  const cacheRead = usage.inputTokens.cacheRead ?? 0;
  const cacheWrite = usage.inputTokens.cacheWrite ?? detail(raw, 'prompt_tokens_details', 'cache_write_tokens');
  const reasoning = usage.outputTokens.reasoning ?? 0;
  for (const [name, count] of Object.entries({ input, output, cacheRead, cacheWrite, reasoning })) {
    if (!Number.isSafeInteger(count) || count < 0) {
      return withCost({ tokens: null, error: `the ${name} count is ${count}` });
    }
  }
  if (input + output === 0) return withCost({ tokens: null, error: 'all counts are 0' });
  if (cacheRead + cacheWrite > input) {
    return withCost({ tokens: null, error: `${cacheRead + cacheWrite} cached of ${input} input tokens` });
  }
  // Some providers (xAI) count reasoning beside the output, which shows in their total.
  const beside = reasoning > 0 && raw['total_tokens'] === input + output + reasoning;
  if (!beside && reasoning > output) {
    return withCost({ tokens: null, error: `${reasoning} reasoning of ${output} output tokens` });
  }
  return withCost({
    tokens: {
      input: input - cacheRead - cacheWrite,
      cache_read: cacheRead,
      cache_write: cacheWrite,
      cache_write_1h: 0,
      output: beside ? output : output - reasoning,
      reasoning,
    },
  });
}

function detail(raw: Record<string, unknown>, holder: string, name: string): number {
  const details = raw[holder];
  if (typeof details !== 'object' || details === null) return 0;
  const value: unknown = Reflect.get(details, name);
  return typeof value === 'number' ? value : 0;
}

function reportedNusd(raw: Record<string, unknown>): number | null {
  const cost = raw['cost'];
  if (typeof cost !== 'number' || !Number.isFinite(cost) || cost < 0) return null;
  const nusd = Math.round(cost * 1e9);
  return Number.isSafeInteger(nusd) ? nusd : null;
}
