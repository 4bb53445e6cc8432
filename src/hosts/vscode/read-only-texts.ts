import * as vscode from 'vscode';

const scheme = 'haios-text';
const kept = 20;

/** Texts that are shown in the editor without being files: nothing to save, nothing to change. */
export class ReadOnlyTexts implements vscode.Disposable {
  readonly #texts = new Map<string, string>();
  readonly #provider: vscode.Disposable;
  #last = 0;

  constructor() {
    this.#provider = vscode.workspace.registerTextDocumentContentProvider(scheme, {
      provideTextDocumentContent: (uri) => this.#texts.get(uri.query) ?? 'This text is no longer kept.',
    });
  }

  /** `name` is the tab’s title, and its extension decides the language. */
  async show(name: string, text: string): Promise<void> {
    this.#last += 1;
    const key = String(this.#last);
    this.#texts.set(key, text);
    this.#texts.delete(String(this.#last - kept));
    const document = await vscode.workspace.openTextDocument(vscode.Uri.from({ scheme, path: `/${name}`, query: key }));
    await vscode.window.showTextDocument(document, { preview: true });
  }

  dispose(): void {
    this.#provider.dispose();
  }
}
