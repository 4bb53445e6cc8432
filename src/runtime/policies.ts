import { HaiosError } from '../core/errors.ts';
import { applyLabelRules, checkLabels } from '../core/policies/labels.ts';
import type { RunPolicy } from '../core/policies/run-policy.ts';
import type { Loaded } from './config-store.ts';
import { commandWords } from './command-words.ts';
import { createRunPolicy } from './run-policy.ts';
import type { Secrets } from './secrets.ts';

/** A run that asks to start, as far as policies look at it. */
export interface PolicySubject {
  readonly prompt: string;
  readonly labels: readonly string[];
  readonly workspace: string | null;
  readonly trusted: boolean;
  /** Workspace-relative path of the file whose instructions it follows, if there is one. */
  readonly agentFile: string | null;
  readonly instructions: string | null;
}

/**
 * What `policies` says of a run before anything of it has begun: the rules its tools will heed, and its labels. Throws
 * POLICY, LABEL_REQUIRED or LABEL_DENIED, which name the rule, and USAGE for labels that are none.
 */
export function checkPolicies(
  { config }: Loaded,
  subject: PolicySubject,
  secrets: Secrets,
): { readonly policy: RunPolicy; readonly labels: readonly string[] } {
  const labels = checkLabels(subject.labels);
  applyLabelRules(config.policies.labels, labels);
  const policy = createRunPolicy(config.policies, secrets, subject.workspace);
  for (const [what, text] of [
    ['prompt', subject.prompt] as const,
    ['agent’s instructions', subject.instructions] as const,
  ]) {
    const rule = policy.secret(text);
    if (rule !== null)
      throw refusal(
        rule,
        `The ${what} hold a secret that ${rule} blocks; take it out.`.replace('prompt hold', 'prompt holds'),
      );
  }
  const file = subject.agentFile === null ? null : policy.path(subject.agentFile);
  if (file !== null) {
    throw refusal(
      file,
      `The run’s agent has its instructions in ${subject.agentFile}, which is forbidden by ${file}; choose another agent.`,
    );
  }
  if (!subject.trusted) return { policy, labels };
  const programs = [
    ...config.critics.map(({ name, command }) => [`critic “${name}”`, commandWords(command)] as const),
    ...Object.entries(config.mcp.servers).flatMap(([name, { command, args = [] }]) =>
      command === undefined ? [] : [[`tool server “${name}”`, [command, ...args]] as const],
    ),
  ];
  for (const [what, argv] of programs) {
    const rule = policy.command(argv, subject.workspace);
    if (rule !== null)
      throw refusal(
        rule,
        `The run’s ${what} is a command that is forbidden by ${rule}; take it out of the configuration.`,
      );
  }
  return { policy, labels };
}

function refusal(rule: string, message: string): HaiosError {
  return new HaiosError('POLICY', message, { details: { rule } });
}
