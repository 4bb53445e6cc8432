import { LLMock, type ChatCompletionRequest } from '@copilotkit/aimock';

export interface MeteredProvider {
  /** With `/v1`. */
  readonly baseUrl: string;
  /** The models that were asked, one for each call. */
  readonly asked: readonly string[];
  /** Lets the call that is held, or will be, go on. */
  release(): void;
  stop(): Promise<void>;
}

/** What one call is answered after, and how many output tokens it is said to have taken. */
interface Turn {
  readonly held: boolean;
  readonly output: number;
}

/**
 * A provider whose conversations cost what their prompt says: `spend 90*10 held 1 1` is answered in twelve calls, ten of
 * 90 output tokens, then one that is held until it is released. All but the last look at the folder.
 */
export async function startMeteredProvider(): Promise<MeteredProvider> {
  const mock = new LLMock({ port: 0 });
  const asked: string[] = [];
  let release = (): void => undefined;
  let released = new Promise<void>((resolve) => (release = resolve));
  mock.onMessage(/spend/, async (request) => {
    asked.push(request.model);
    const turns = turnsOf(request);
    const at = request.messages.filter(({ role }) => role === 'assistant').length;
    const turn = turns[at];
    if (turn === undefined) throw new Error('The conversation has no such turn.');
    if (turn.held) {
      await released;
      released = new Promise((resolve) => (release = resolve));
    }
    const usage = { prompt_tokens: 1, completion_tokens: turn.output, total_tokens: turn.output + 1 };
    if (at === turns.length - 1) return { content: 'All is spent.', usage };
    return { toolCalls: [{ name: 'list_files', arguments: '{}' }], usage };
  });
  await mock.start();
  return {
    baseUrl: `${mock.url}/v1`,
    asked,
    release: () => release(),
    stop: async () => {
      await mock.stop();
    },
  };
}

function turnsOf({ messages }: ChatCompletionRequest): readonly Turn[] {
  const content = messages.find(({ role }) => role === 'user')?.content ?? '';
  const prompt = typeof content === 'string' ? content : content.map(({ text }) => text ?? '').join('');
  return [...prompt.matchAll(/(held )?(\d+)(?:\*(\d+))?/g)].flatMap(([, held, output, times = '1']) =>
    Array.from({ length: Number(times) }, () => ({ held: held !== undefined, output: Number(output) })),
  );
}
