import ignore, { type Ignore } from 'ignore';

/**
 * Finds the pattern that forbids a path. Patterns are those of `.gitignore`, compared without regard to case on every
 * system and in one Unicode form, so that another spelling of a forbidden name is forbidden too.
 */
export class DeniedPaths {
  readonly #rules: readonly { readonly pattern: string; readonly ignore: Ignore }[];

  constructor(patterns: readonly string[]) {
    this.#rules = patterns.map((pattern) => ({
      pattern,
      ignore: ignore({ ignorecase: true }).add(pattern.normalize('NFC')),
    }));
  }

  /** `path` is workspace-relative with `/`; '' and '.' are the workspace, which no pattern forbids. */
  rule(path: string): string | null {
    if (this.#rules.length === 0 || path === '' || path === '.') return null;
    const name = path.normalize('NFC');
    // A pattern that ends in `/` forbids folders: whether this is one need not be known to forbid it.
    const found = this.#rules.find(({ ignore: rule }) => rule.ignores(name) || rule.ignores(`${name}/`));
    return found?.pattern ?? null;
  }
}
