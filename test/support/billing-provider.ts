import { LLMock, type ChatCompletionRequest } from '@copilotkit/aimock';

export interface BillingProvider {
  /** With `/v1`. */
  readonly baseUrl: string;
  /** What each call was served for, nano-dollars, from the moment its request was taken. */
  readonly billed: ReadonlyMap<string, number>;
  /** Calls whose request came twice. */
  readonly twice: readonly string[];
  stop(): Promise<void>;
}

/** GPT-5 mini's list prices in nano-dollars per token (USD 0.25 and 2.00 per million: https://openai.com/api/pricing). */
const inputNusd = 250;
const outputNusd = 2000;
export const maxOutputTokens = 400;

/** Longer than any count of input tokens that is billed, as a request's bytes always are. */
export const systemText = 'Answer in one word. '.repeat(20);

/** What a call uses is fixed by its id, so that a test knows the whole bill beforehand. */
export function usageOf(callId: string): { readonly input: number; readonly output: number } {
  let hash = 7;
  for (const letter of callId) hash = (hash * 31 + letter.charCodeAt(0)) % 1_000_003;
  return { input: 100 + (hash % 200), output: 20 + (hash % (maxOutputTokens - 19)) };
}

export function billOf(callId: string): number {
  const { input, output } = usageOf(callId);
  return input * inputNusd + output * outputNusd;
}

/** A provider server that we did not write, slow, which keeps its own books: the user's message is the call's id. */
export async function startBillingProvider(slowMs: number): Promise<BillingProvider> {
  const billed = new Map<string, number>();
  const twice: string[] = [];
  const mock = new LLMock({ port: 0 });
  mock.onMessage(/./, async (request) => {
    const callId = userText(request);
    if (billed.has(callId)) twice.push(callId);
    billed.set(callId, billOf(callId));
    const { input, output } = usageOf(callId);
    await new Promise((resolve) => setTimeout(resolve, slowMs / 2 + (output % 20) * (slowMs / 20)));
    return {
      content: 'Done.',
      usage: { input_tokens: input, output_tokens: output, total_tokens: input + output },
    };
  });
  await mock.start();
  return {
    baseUrl: `${mock.url}/v1`,
    billed,
    twice,
    async stop() {
      await mock.stop();
    },
  };
}

function userText({ messages }: ChatCompletionRequest): string {
  const content = messages.findLast(({ role }) => role === 'user')?.content ?? '';
  return typeof content === 'string' ? content : content.map(({ text }) => text ?? '').join('');
}
