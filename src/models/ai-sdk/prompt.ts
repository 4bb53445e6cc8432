import type { LanguageModelV4FunctionTool, LanguageModelV4Message, LanguageModelV4Prompt } from '@ai-sdk/provider';
import type { Message, ModelRequest } from '../../core/ports.ts';
import { objectArguments } from '../../protocol/conversation.ts';

/** Our conversation in the provider library's words. Empty messages, which some providers refuse, are left out. */
export function toPrompt(request: ModelRequest): LanguageModelV4Prompt {
  const system: LanguageModelV4Message[] = request.system === '' ? [] : [{ role: 'system', content: request.system }];
  return [...system, ...request.messages.flatMap(toMessage)];
}

export function toTools(request: ModelRequest): LanguageModelV4FunctionTool[] {
  return request.tools.map((tool) => ({
    type: 'function',
    name: tool.name,
    description: tool.description,
    inputSchema: { ...tool.parameters },
    // OpenAI's responses face makes every parameter required unless told otherwise.
    strict: false,
  }));
}

function toMessage(message: Message): LanguageModelV4Message[] {
  switch (message.role) {
    case 'user':
      return message.text === '' ? [] : [{ role: 'user', content: [{ type: 'text', text: message.text }] }];
    case 'assistant': {
      const text = message.text === '' ? [] : [{ type: 'text' as const, text: message.text }];
      const calls = message.toolCalls.map((call) => ({
        type: 'tool-call' as const,
        toolCallId: call.id,
        toolName: call.name,
        input: objectArguments(call),
      }));
      return text.length + calls.length === 0 ? [] : [{ role: 'assistant', content: [...text, ...calls] }];
    }
    case 'tool':
      if (message.results.length === 0) return [];
      return [
        {
          role: 'tool',
          content: message.results.map((result) => ({
            type: 'tool-result' as const,
            toolCallId: result.id,
            toolName: result.name,
            output: { type: result.isError ? ('error-text' as const) : ('text' as const), value: result.text },
          })),
        },
      ];
  }
}
