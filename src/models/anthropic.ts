import { createAnthropic } from '@ai-sdk/anthropic';
import type { Model } from '../core/ports.ts';
import { createAiSdkModel, type RemoteOptions } from './ai-sdk.ts';
import { anthropicUsage } from './usage/anthropic.ts';

/**
 * Anthropic's messages. Nothing of a request is marked for its cache, so it writes none by itself. Its priority tier is
 * capacity that an organisation has a contract for; `standard` asks for none of it.
 */
export function createAnthropicModel(options: RemoteOptions): Model {
  const { serviceTier } = options;
  return createAiSdkModel(options, {
    connect: (fetch) =>
      // A key is always given, else the library would look for one in the environment by itself.
      createAnthropic({ baseURL: options.baseUrl, apiKey: options.apiKey ?? 'none', fetch })(options.model),
    usage: anthropicUsage,
    ...(serviceTier === undefined
      ? {}
      : { providerOptions: { anthropic: { serviceTier: serviceTier === 'standard' ? 'standard_only' : 'auto' } } }),
  });
}
