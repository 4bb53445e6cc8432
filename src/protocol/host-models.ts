import type { ErrorCode } from '../catalogue/errors.ts';
import type { Message, ToolCall, ToolSpec } from './conversation.ts';

/** A language model that the host has, e.g. one of the editor's subscription. */
export interface HostModel {
  /** Whose it is, e.g. `copilot`. */
  readonly vendor: string;
  readonly id: string;
}

/** How a host's model is named: `VENDOR/ID`. */
export const hostModelName = ({ vendor, id }: HostModel): string => `${vendor}/${id}`;

export interface HostModelRequest {
  /** `VENDOR/ID`. */
  readonly model: string;
  readonly system: string;
  readonly messages: readonly Message[];
  readonly tools: readonly ToolSpec[];
  /** Asked of the provider; null: it decides. The runtime bounds the answer itself in either case. */
  readonly maxOutputTokens: number | null;
}

/** What comes back of a call. `end` and `error` are the last of it. */
export type HostModelPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'tool_call'; readonly call: ToolCall }
  | { readonly type: 'end' }
  | { readonly type: 'error'; readonly code: ErrorCode; readonly message: string; readonly retryable: boolean };
