/** A conversation with a language model, as providers get it and as it crosses to a host that has models of its own. */

export type Message =
  | { readonly role: 'user'; readonly text: string }
  | { readonly role: 'assistant'; readonly text: string; readonly toolCalls: readonly ToolCall[] }
  | { readonly role: 'tool'; readonly results: readonly ToolResultMessage[] };

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** Parsed JSON arguments, or the raw text when it was no JSON (`invalid` then says why). */
  readonly arguments: unknown;
  readonly invalid?: string;
}
export interface ToolResultMessage {
  readonly id: string;
  readonly name: string;
  readonly text: string;
  readonly isError: boolean;
}
export interface ToolSpec {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments object. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** What every provider is asked to repeat of a call: an object; what the model wrote instead is wrapped. */
export function objectArguments(call: ToolCall): object {
  const value = call.arguments;
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : { arguments: value ?? null };
}
