import type * as vscode from 'vscode';
import { objectArguments, type Message } from '../../protocol/conversation.ts';
import type { HostModelRequest } from '../../protocol/host-models.ts';

/** What the editor's API has for conversations. */
export type MessageApi = Pick<
  typeof vscode,
  'LanguageModelChatMessage' | 'LanguageModelTextPart' | 'LanguageModelToolCallPart' | 'LanguageModelToolResultPart'
>;

/** Our conversation in the editor's words. It knows no system role: those words come first, as the user's. */
export function toChatMessages(request: HostModelRequest, api: MessageApi): vscode.LanguageModelChatMessage[] {
  const system: Message[] = [{ role: 'user', text: request.system }];
  return [...system, ...request.messages].flatMap((message) => toChatMessage(message, api));
}

export function toChatTools(request: HostModelRequest): vscode.LanguageModelChatTool[] {
  return request.tools.map(({ name, description, parameters }) => ({ name, description, inputSchema: parameters }));
}

/** Empty messages, which some providers refuse, are left out. */
function toChatMessage(message: Message, api: MessageApi): vscode.LanguageModelChatMessage[] {
  const text = (value: string): vscode.LanguageModelTextPart[] =>
    value === '' ? [] : [new api.LanguageModelTextPart(value)];
  switch (message.role) {
    case 'user': {
      const parts = text(message.text);
      return parts.length === 0 ? [] : [api.LanguageModelChatMessage.User(parts)];
    }
    case 'assistant': {
      const calls = message.toolCalls.map(
        (call) => new api.LanguageModelToolCallPart(call.id, call.name, objectArguments(call)),
      );
      const parts = [...text(message.text), ...calls];
      return parts.length === 0 ? [] : [api.LanguageModelChatMessage.Assistant(parts)];
    }
    case 'tool': {
      const parts = message.results.map(
        (result) => new api.LanguageModelToolResultPart(result.id, [new api.LanguageModelTextPart(result.text)]),
      );
      return parts.length === 0 ? [] : [api.LanguageModelChatMessage.User(parts)];
    }
  }
}
