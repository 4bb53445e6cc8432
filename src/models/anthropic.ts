import { createAnthropic } from '@ai-sdk/anthropic';
import type { Model } from '../core/ports.ts';
import { createAiSdkModel, type RemoteOptions } from './ai-sdk.ts';

/** Anthropic's messages. Its input count excludes cached tokens at the source; the library adds them, we part them again. */
export function createAnthropicModel(options: RemoteOptions): Model {
  return createAiSdkModel(options, {
    connect: (fetch) =>
      // A key is always given, else the library would look for one in the environment by itself.
      createAnthropic({ baseURL: options.baseUrl, apiKey: options.apiKey ?? 'none', fetch })(options.model),
  });
}
