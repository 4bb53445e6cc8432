import { matches } from '../core/budget/pattern.ts';

const secretName = /(?:^|_)(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$/i;
const leastLength = 8;

/** The exact values that must appear nowhere: keys a person stored and what the environment calls a secret. */
export class Secrets {
  readonly #env: NodeJS.ProcessEnv;
  readonly #keys = new Map<string, string>();
  #all: readonly string[] = [];

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
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

  /** The variables of the environment and the stored keys of these names, with their values; none of them is written from now on. */
  named(patterns: readonly string[]): readonly { readonly name: string; readonly value: string }[] {
    const all = [...Object.entries(this.#env), ...this.#keys].flatMap(([name, value]) =>
      value !== undefined && value !== '' && patterns.some((pattern) => matches(pattern, name))
        ? [{ name, value }]
        : [],
    );
    const values = all.map(({ value }) => value).filter((value) => !this.#all.includes(value));
    if (values.length > 0) this.#all = [...this.#all, ...values];
    return all;
  }

  key(model: string): string | undefined {
    return this.#keys.get(model);
  }

  all(): readonly string[] {
    return this.#all;
  }
}
