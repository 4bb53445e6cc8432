import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { Model } from '../core/ports.ts';
import { createAiSdkModel, type RemoteOptions } from './ai-sdk.ts';
import { openaiChatUsage } from './usage/openai-chat.ts';

/** Any server that speaks OpenAI's chat completions: Ollama, LM Studio, vLLM, OpenRouter and many more. */
export function createOpenAICompatibleModel(options: RemoteOptions): Model {
  const { serviceTier } = options;
  const tier = serviceTier === 'standard' ? 'default' : serviceTier;
  return createAiSdkModel(options, {
    connect: (fetch) =>
      createOpenAICompatible({
        name: options.provider,
        baseURL: options.baseUrl,
        fetch,
        // Without it, streams carry no usage.
        includeUsage: true,
        ...(options.apiKey === undefined ? {} : { apiKey: options.apiKey }),
        ...(tier === undefined ? {} : { transformRequestBody: (body) => ({ ...body, service_tier: tier }) }),
      }).chatModel(options.model),
    usage: openaiChatUsage,
  });
}
