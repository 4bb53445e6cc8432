import { createOpenAI } from '@ai-sdk/openai';
import type { Model } from '../core/ports.ts';
import { createAiSdkModel, type RemoteOptions } from './ai-sdk.ts';
import { openaiResponsesUsage } from './usage/openai-responses.ts';

/**
 * OpenAI itself, through its responses face: some of its models (the `-pro` and `-codex` ones) have no other, it
 * always reports usage in streams, and it takes one name for the output limit whatever the model.
 * Nothing is stored at the provider. Without a tier of ours the one set for the project there is served.
 */
export function createOpenAIModel(options: RemoteOptions): Model {
  const { serviceTier } = options;
  return createAiSdkModel(options, {
    connect: (fetch) =>
      // A key is always given, else the library would look for one in the environment by itself.
      createOpenAI({ baseURL: options.baseUrl, apiKey: options.apiKey ?? 'none', fetch }).responses(options.model),
    usage: openaiResponsesUsage,
    providerOptions: {
      openai: {
        store: false,
        ...(serviceTier === undefined ? {} : { serviceTier: serviceTier === 'standard' ? 'default' : serviceTier }),
      },
    },
  });
}
