import type { AnsweredTier } from '../../core/ports.ts';
import { addTokens, noTokens, type Tokens } from '../../protocol/rows.ts';
import {
  countIn,
  describe,
  fieldsIn,
  inAndOut,
  isFields,
  readCounts,
  refuse,
  requireWithin,
  type Fields,
} from './counts.ts';
import type { UsageReader } from './reader.ts';
import { tierOf } from './service-tier.ts';

/**
 * Usage of Anthropic's messages (https://platform.claude.com/docs/en/api/messages, `usage`; streams:
 * https://platform.claude.com/docs/en/build-with-claude/streaming; caching and its two lifetimes:
 * https://platform.claude.com/docs/en/build-with-claude/prompt-caching). `input_tokens` is what stands beside the cached
 * tokens. A stream begins with a usage and gives it anew, cumulative, with `message_delta`. Writes to the cache that
 * `cache_creation` does not part are for five minutes, the default. `output_tokens` holds the thinking. Where there are
 * `iterations` (compaction), the bill is their sum.
 */
export const anthropicUsage: UsageReader = {
  combine(before, now) {
    if (!isFields(before) || !isFields(now)) return now;
    return { ...before, ...Object.fromEntries(Object.entries(now).filter(([, value]) => value !== null)) };
  },
  read(raw) {
    const tier = servedAt(raw);
    return {
      ...readCounts(raw, (usage) => iterations(usage) ?? tokensOf(usage, 'usage')),
      ...(tier === undefined ? {} : { serviceTier: tier }),
    };
  },
};

function tokensOf(usage: Fields, path: string): Tokens | null {
  const counts = inAndOut(usage, path, ['input_tokens', 'output_tokens']);
  if (counts === null) return null;
  const [input, output] = counts;
  const lifetimes = fieldsIn(usage, path, 'cache_creation');
  const minutes = countIn(lifetimes, `${path}.cache_creation`, 'ephemeral_5m_input_tokens') ?? 0;
  const hour = countIn(lifetimes, `${path}.cache_creation`, 'ephemeral_1h_input_tokens') ?? 0;
  const written = countIn(usage, path, 'cache_creation_input_tokens') ?? minutes + hour;
  requireWithin(minutes + hour, `${path}.cache_creation`, written, `${path}.cache_creation_input_tokens`);
  const outs = fieldsIn(usage, path, 'output_tokens_details');
  const thinking = countIn(outs, `${path}.output_tokens_details`, 'thinking_tokens') ?? 0;
  requireWithin(thinking, `${path}.output_tokens_details.thinking_tokens`, output, `${path}.output_tokens`);
  return {
    ...noTokens,
    input,
    cache_read: countIn(usage, path, 'cache_read_input_tokens') ?? 0,
    cache_write: written - hour,
    cache_write_1h: hour,
    output: output - thinking,
    reasoning: thinking,
  };
}

/** The sum of the rounds a call took at the provider; null where it does not tell of them. Another model's rounds have its price. */
function iterations(usage: Fields): Tokens | null {
  const rounds = usage['iterations'];
  if (rounds === undefined || rounds === null) return null;
  if (!Array.isArray(rounds)) refuse(`usage.iterations is ${describe(rounds)}, not a list`);
  const list: readonly unknown[] = rounds;
  if (list.length === 0) return null;
  return list.reduce<Tokens>((sum, round, i) => {
    const path = `usage.iterations[${i}]`;
    if (!isFields(round)) refuse(`${path} is ${describe(round)}, not an object`);
    if (round['type'] !== 'message' && round['type'] !== 'compaction') {
      refuse(`${path}.type is ${describe(round['type'])}, whose price may be another`);
    }
    return addTokens(sum, tokensOf(round, path) ?? refuse(`${path} has no counts`));
  }, noTokens);
}

/** Fast answers and a chosen region have prices of their own, which are not known here. */
function servedAt(raw: unknown): AnsweredTier | undefined {
  if (!isFields(raw)) return undefined;
  const { service_tier: tier, speed, inference_geo: region } = raw;
  const plain =
    (speed ?? 'standard') === 'standard' &&
    [undefined, null, '', 'global', 'not_available'].some((plainly) => region === plainly);
  return plain ? tierOf(tier) : 'other';
}
