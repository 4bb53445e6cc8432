import type { Message, ModelRequest, ToolCall, ToolResultMessage } from '../../core/ports.ts';

/** What the model answers in one turn. */
export interface Reply {
  readonly text: string;
  readonly calls: readonly ToolCall[];
}

export interface ToolUse {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/**
 * An intent's work: it yields the tool calls it wants next, all of them independent of each other, with a line that
 * says what for; it is given their results in the same order; it returns its findings in Markdown.
 */
export type Work = Generator<Batch, string, readonly ToolResultMessage[]>;

export interface Batch {
  readonly saying: string;
  readonly calls: readonly ToolUse[];
}

/** The text of the last user message, or ''. */
export function lastPrompt(messages: readonly Message[]): string {
  return messages.findLast((m) => m.role === 'user')?.text ?? '';
}

/**
 * Replays the work over the results that the conversation already holds, and answers with what is still missing. Call
 * ids are numbered by turn and place, so that a result finds its call again however the results are grouped.
 */
export function replay(work: Work, request: ModelRequest): Reply {
  const results = resultsAfterPrompt(request.messages);
  let step = work.next();
  for (let turn = 1; step.done !== true; turn++) {
    const { saying, calls } = step.value;
    const wanted = calls.map((call, i): ToolCall => ({ id: `offline_${turn}_${i + 1}`, ...call }));
    const missing = wanted.filter((call) => !results.has(call.id));
    if (missing.length > 0) {
      // Said once, with the first calls of the batch.
      return { text: missing.length === wanted.length ? `${saying}\n` : '', calls: missing };
    }
    step = work.next(wanted.flatMap((call) => results.get(call.id) ?? []));
  }
  return { text: step.value, calls: [] };
}

function resultsAfterPrompt(messages: readonly Message[]): ReadonlyMap<string, ToolResultMessage> {
  const start = messages.findLastIndex((m) => m.role === 'user');
  return new Map(
    messages
      .slice(start + 1)
      .flatMap((m) => (m.role === 'tool' ? m.results : []))
      .map((result) => [result.id, result]),
  );
}
