import { noTokens } from '../../protocol/rows.ts';
import { countIn, fieldsIn, inAndOut, readCounts, refuse, requireWithin, type Fields } from './counts.ts';
import { reportedCost } from './reported-cost.ts';
import { lastWins, type UsageReader } from './reader.ts';

/**
 * Usage of OpenAI's chat completions (https://developers.openai.com/api/docs/api-reference/chat, `usage`) and of those who
 * speak it. It comes in the last chunk; some repeat the sum so far in every chunk. `prompt_tokens` holds what was read from
 * and written to a cache, `completion_tokens` the reasoning. Who differs:
 * - OpenRouter (https://openrouter.ai/docs/use-cases/usage-accounting): `prompt_tokens_details.cache_write_tokens`, `cost`.
 * - DeepSeek (https://api-docs.deepseek.com/guides/kv_cache): `prompt_cache_hit_tokens`, `prompt_cache_miss_tokens`.
 * - Moonshot (https://platform.moonshot.ai/docs): `cached_tokens` without a holder.
 * - xAI (https://docs.x.ai/developers/rest-api-reference): reasoning stands beside `completion_tokens`, which shows in the
 *   total; `cost_in_usd_ticks`.
 * - Gemini (https://ai.google.dev/gemini-api/docs/openai): thoughts are in the total only, without a count of their own.
 * - Ollama, vLLM, llama.cpp, LM Studio (https://docs.ollama.com/api/openai-compatibility): the two counts and their total.
 */
export const openaiChatUsage: UsageReader = {
  combine: lastWins,
  read: (raw) => ({
    ...readCounts(raw, (usage) => {
      const counts = inAndOut(usage, 'usage', ['prompt_tokens', 'completion_tokens']);
      if (counts === null) return null;
      const [prompt, completion] = counts;
      const details = fieldsIn(usage, 'usage', 'prompt_tokens_details');
      const read = cacheRead(usage, details);
      const written = countIn(details, 'usage.prompt_tokens_details', 'cache_write_tokens') ?? 0;
      requireWithin(read + written, 'the cached part of usage.prompt_tokens', prompt, 'usage.prompt_tokens');
      const outs = fieldsIn(usage, 'usage', 'completion_tokens_details');
      const reasoning = countIn(outs, 'usage.completion_tokens_details', 'reasoning_tokens');
      const outputs = partOutput(countIn(usage, 'usage', 'total_tokens'), prompt, completion, reasoning);
      return { ...noTokens, input: prompt - read - written, cache_read: read, cache_write: written, ...outputs };
    }),
    ...reportedCost(raw),
  }),
};

/** One count under three names: who gives several of them gives the same number. */
function cacheRead(usage: Fields, details: Fields): number {
  return Math.max(
    countIn(details, 'usage.prompt_tokens_details', 'cached_tokens') ?? 0,
    countIn(usage, 'usage', 'prompt_cache_hit_tokens') ?? 0,
    countIn(usage, 'usage', 'cached_tokens') ?? 0,
  );
}

/** Parts the reasoning from the rest of the output. What the total has beyond prompt and completion is reasoning too. */
function partOutput(
  total: number | undefined,
  prompt: number,
  completion: number,
  reasoning: number | undefined,
): { readonly output: number; readonly reasoning: number } {
  const beside = total === undefined ? 0 : total - prompt - completion;
  if (beside < 0) refuse(`usage.total_tokens is ${total}, less than the ${prompt + completion} of its parts`);
  if (beside === 0) {
    const within = reasoning ?? 0;
    requireWithin(within, 'usage.completion_tokens_details.reasoning_tokens', completion, 'usage.completion_tokens');
    return { output: completion - within, reasoning: within };
  }
  if (reasoning !== undefined && reasoning > 0 && reasoning !== beside) {
    refuse(`usage.total_tokens is ${total}, which leaves ${beside} for the ${reasoning} of reasoning_tokens`);
  }
  return { output: completion, reasoning: beside };
}
