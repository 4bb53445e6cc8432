import type { Config, PartialConfig, StartLimits } from '../config.ts';
import { matches } from '../budget/pattern.ts';

/** Who asks to start. `repository` and `workspace` are absolute real paths; null: no folder. */
export interface StartSubject {
  readonly repository: string | null;
  readonly workspace: string | null;
  readonly agent: string;
}

/** How many runs that match all given members of `of` may be at work, wait, and start within an hour. */
export interface StartRule {
  /** The setting, e.g. `policies.repository`, `policies.agents.review*`. */
  readonly key: string;
  readonly of: {
    readonly repository: string | null;
    readonly workspace: string | null;
    /** A pattern with `*` and `?`. */
    readonly agent: string | null;
  };
  readonly concurrency: number | null;
  readonly queue: number;
  readonly startsPerHour: number | null;
}

export const defaultQueue = 100;

/**
 * The rules that a run falls under. The repository's count its runs wherever the limit was set; an agent's in the file
 * count the runs of the workspace, in the settings those of all workspaces. Without any limit there is no rule.
 */
export function startRules(
  sources: { readonly config: Config; readonly file: PartialConfig; readonly settings: PartialConfig },
  { repository, workspace, agent }: StartSubject,
): readonly StartRule[] {
  const rules: StartRule[] = [];
  if (repository !== null) {
    const of = { repository, workspace: null, agent: null };
    rules.push(ruleOf('policies.repository', of, sources.config.policies.repository));
  }
  const { file, settings } = sources;
  const agents = [
    ...Object.entries(file.policies?.agents ?? {}).map((entry) => [...entry, workspace] as const),
    ...Object.entries(settings.policies?.agents ?? {}).map((entry) => [...entry, null] as const),
  ];
  for (const [pattern, limits, bound] of agents) {
    if (!matches(pattern, agent)) continue;
    rules.push(ruleOf(`policies.agents.${pattern}`, { repository: null, workspace: bound, agent: pattern }, limits));
  }
  return rules.filter(({ concurrency, startsPerHour }) => concurrency !== null || startsPerHour !== null);
}

function ruleOf(key: string, of: StartRule['of'], limits: Partial<StartLimits>): StartRule {
  return {
    key,
    of,
    concurrency: limits.concurrency ?? null,
    queue: limits.queue ?? defaultQueue,
    startsPerHour: limits.starts_per_hour ?? null,
  };
}
