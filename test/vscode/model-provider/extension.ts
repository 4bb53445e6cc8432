import * as vscode from 'vscode';

/** Two models that answer alike; the editor asks for the person's consent before others may use the second. */
const models = ['open', 'guarded'].map((id) => ({
  id,
  name: `Test ${id}`,
  family: 'test',
  version: '1',
  maxInputTokens: 100_000,
  maxOutputTokens: 10_000,
  capabilities: { toolCalling: true },
  // Of the editor's API for providers like Copilot, which asks for consent; its types are not published.
  ...(id === 'guarded' ? { requiresAuthorization: { label: 'a test account' } } : {}),
}));

/** Registers a provider of models that list the folder's files by a tool call, and then say what they saw. */
export function activate(context: vscode.ExtensionContext): void {
  context.subscriptions.push(
    vscode.lm.registerLanguageModelChatProvider('haios-test', {
      provideLanguageModelChatInformation: () => models,
      provideTokenCount: async () => 1,
      async provideLanguageModelChatResponse(model, messages, options, progress) {
        const seen = messages.at(-1)?.content.find((part) => part instanceof vscode.LanguageModelToolResultPart);
        if (seen === undefined) {
          const tool = options.tools?.find(({ name }) => name === 'list_files');
          if (tool === undefined) throw new Error('The test needs the tool “list_files”.');
          progress.report(new vscode.LanguageModelTextPart('I look. '));
          progress.report(new vscode.LanguageModelToolCallPart('call-1', tool.name, { glob: '**/*.js' }));
          return;
        }
        const there = JSON.stringify(seen.content).includes('greet.js');
        for (const word of ['Model ', model.id, there ? ' saw greet.js.' : ' saw nothing.']) {
          progress.report(new vscode.LanguageModelTextPart(word));
        }
      },
    }),
  );
}
