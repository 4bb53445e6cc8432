import assert from 'node:assert/strict';
import type {
  Message,
  Model,
  ModelEvent,
  ModelRequest,
  ToolCall,
  ToolResultMessage,
  ToolSpec,
} from '../../src/core/ports.ts';

export type Finish = Extract<ModelEvent, { type: 'finish' }>;

export interface Turn {
  readonly events: readonly ModelEvent[];
  readonly text: string;
  readonly calls: readonly ToolCall[];
  readonly finish: Finish;
}

export function request(prompt: string, change: Partial<ModelRequest> = {}): ModelRequest {
  return {
    role: 'executor',
    system: '',
    messages: [{ role: 'user', text: prompt }],
    tools: [],
    maxOutputTokens: 4096,
    ...change,
  };
}

/** One call to its end; fails unless exactly one `finish` comes, and comes last. */
export async function callModel(
  model: Model,
  asked: ModelRequest,
  signal = new AbortController().signal,
): Promise<Turn> {
  const events: ModelEvent[] = [];
  for await (const event of model.stream(asked, signal)) events.push(event);
  const finishes = events.filter((event) => event.type === 'finish');
  const finish = events.at(-1);
  assert.equal(finishes.length, 1, 'one finish');
  assert.ok(finish?.type === 'finish', 'finish comes last');
  return {
    events,
    text: events.map((event) => (event.type === 'text' ? event.text : '')).join(''),
    calls: events.flatMap((event) => (event.type === 'tool_call' ? [event.call] : [])),
    finish,
  };
}

export interface Conversation {
  readonly text: string;
  readonly turns: readonly Turn[];
  readonly calls: readonly ToolCall[];
}

/** An agent's loop in small: calls the model and the tools until the model asks for no more. */
export async function converse(
  model: Model,
  prompt: string,
  tools: { readonly specs: readonly ToolSpec[]; run(call: ToolCall): ToolResultMessage | Promise<ToolResultMessage> },
  change: Partial<ModelRequest> = {},
): Promise<Conversation> {
  const messages: Message[] = [{ role: 'user', text: prompt }];
  const turns: Turn[] = [];
  for (let i = 0; i < 200; i++) {
    const turn = await callModel(model, request(prompt, { messages: [...messages], tools: tools.specs, ...change }));
    turns.push(turn);
    if (turn.calls.length === 0) return { text: turn.text, turns, calls: turns.flatMap((t) => t.calls) };
    messages.push({ role: 'assistant', text: turn.text, toolCalls: turn.calls });
    const results: ToolResultMessage[] = [];
    for (const call of turn.calls) results.push(await tools.run(call));
    messages.push({ role: 'tool', results });
  }
  throw new Error('The conversation did not end in 200 turns.');
}

/** A property of anything; undefined where there is none. */
export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
