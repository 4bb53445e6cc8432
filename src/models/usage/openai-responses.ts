import { noTokens } from '../../protocol/rows.ts';
import { countIn, fieldsIn, inAndOut, readCounts, requireWithin } from './counts.ts';
import { reportedCost } from './reported-cost.ts';
import { lastWins, type UsageReader } from './reader.ts';

/**
 * Usage of OpenAI's responses (https://developers.openai.com/api/docs/api-reference/responses, `usage`; cache writes:
 * https://developers.openai.com/api/docs/guides/prompt-caching). It comes once, in the last event. `input_tokens` holds
 * what was read from and written to the cache, `output_tokens` the reasoning. Writes kept for 12 hours
 * (`ttl_12h_tokens`, never asked for by us) are dearer than those kept for 30 minutes: they are no short writes.
 */
export const openaiResponsesUsage: UsageReader = {
  combine: lastWins,
  read: (raw) => ({
    ...readCounts(raw, (usage) => {
      const counts = inAndOut(usage, 'usage', ['input_tokens', 'output_tokens']);
      if (counts === null) return null;
      const [input, output] = counts;
      const ins = fieldsIn(usage, 'usage', 'input_tokens_details');
      const insPath = 'usage.input_tokens_details';
      const read = countIn(ins, insPath, 'cached_tokens') ?? 0;
      const written = countIn(ins, insPath, 'cache_write_tokens') ?? 0;
      const kinds = fieldsIn(ins, insPath, 'cache_write_tokens_details');
      const long = countIn(kinds, `${insPath}.cache_write_tokens_details`, 'ttl_12h_tokens') ?? 0;
      const outs = fieldsIn(usage, 'usage', 'output_tokens_details');
      const reasoning = countIn(outs, 'usage.output_tokens_details', 'reasoning_tokens') ?? 0;
      requireWithin(read + written, 'the cached part of usage.input_tokens', input, 'usage.input_tokens');
      requireWithin(long, `${insPath}.cache_write_tokens_details.ttl_12h_tokens`, written, 'cache_write_tokens');
      requireWithin(reasoning, 'usage.output_tokens_details.reasoning_tokens', output, 'usage.output_tokens');
      const total = countIn(usage, 'usage', 'total_tokens');
      if (total !== undefined) requireWithin(input + output, 'input and output', total, 'usage.total_tokens');
      return {
        ...noTokens,
        input: input - read - written,
        cache_read: read,
        cache_write: written - long,
        cache_write_1h: long,
        output: output - reasoning,
        reasoning,
      };
    }),
    ...reportedCost(raw),
  }),
};
