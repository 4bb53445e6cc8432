/** What `policies` forbids a run's tools. Each answer is null, or the rule as a person knows it: `policies.denied_paths “.env*”`. */
export interface RunPolicy {
  /** Patterns of paths, for work that is done elsewhere than here. */
  readonly deniedPaths: readonly string[];
  /** `path` is workspace-relative, every link resolved, with `/`. */
  path(path: string): string | null;
  /** `folder` is where it runs, absolute. */
  command(argv: readonly string[], folder: string | null): string | null;
  /** Whether a blocked secret stands in the value or in any text inside it. The rule never holds the secret. */
  secret(value: unknown): string | null;
}
