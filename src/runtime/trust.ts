/** What the host said of the folders it has open. */
export class Trust {
  #trusted: boolean;
  #workspaces: readonly string[];

  constructor(trusted: boolean, workspaces: readonly string[]) {
    this.#trusted = trusted;
    this.#workspaces = workspaces;
  }

  set(trusted: boolean, workspaces: readonly string[]): void {
    this.#trusted = trusted;
    this.#workspaces = workspaces;
  }

  get trusted(): boolean {
    return this.#trusted;
  }

  /** The folder whose configuration is the runtime's. */
  get first(): string | null {
    return this.#workspaces[0] ?? null;
  }
}
