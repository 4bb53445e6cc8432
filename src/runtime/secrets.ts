const secretName = /(?:^|_)(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$/i;
const leastLength = 8;

/** The exact values that must appear nowhere: keys a person stored and what the environment calls a secret. */
export class Secrets {
  readonly #keys = new Map<string, string>();
  #all: readonly string[] = [];

  constructor(env: NodeJS.ProcessEnv) {
    this.learn(env);
  }

  /** What an environment, e.g. one configured for a tool server, calls a secret is one from now on. */
  learn(env: Readonly<Record<string, string | undefined>>): void {
    const found = Object.entries(env).flatMap(([name, value]) =>
      value !== undefined && value.length >= leastLength && secretName.test(name) ? [value] : [],
    );
    if (found.some((value) => !this.#all.includes(value))) this.#all = [...new Set([...this.#all, ...found])];
  }

  /** Null forgets it, but it stays redacted: it may be in what was written before. */
  set(model: string, key: string | null): void {
    if (key === null) {
      this.#keys.delete(model);
      return;
    }
    this.#keys.set(model, key);
    this.#all = [...new Set([...this.#all, key])];
  }

  key(model: string): string | undefined {
    return this.#keys.get(model);
  }

  all(): readonly string[] {
    return this.#all;
  }
}
