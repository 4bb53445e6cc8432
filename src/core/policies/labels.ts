import type { Config } from '../config.ts';
import { matches } from '../budget/pattern.ts';
import { HaiosError } from '../errors.ts';

const maxLabels = 32;

/** The labels of a run, each once, in order. Throws USAGE for what is none. */
export function checkLabels(labels: readonly string[]): readonly string[] {
  const wrong = labels.find((label) => !/^[A-Za-z0-9._=/-]{1,64}$/.test(label));
  if (wrong !== undefined) {
    throw new HaiosError(
      'USAGE',
      `The label ${JSON.stringify(wrong.slice(0, 80))} is not 1 to 64 letters, digits and . _ - / =; give such a label.`,
    );
  }
  const each = [...new Set(labels)];
  if (each.length <= maxLabels) return each;
  throw new HaiosError('USAGE', `The run has ${each.length} labels; give at most ${maxLabels}.`);
}

/** Throws LABEL_REQUIRED or LABEL_DENIED, naming the rule, the labels and what to do. */
export function applyLabelRules(
  { required, allowed, denied }: Config['policies']['labels'],
  labels: readonly string[],
): void {
  const missing = required.filter((pattern) => !labels.some((label) => matches(pattern, label)));
  if (missing.length > 0) {
    const wanted = missing.map((pattern) => `a label “${pattern}”`).join(' and ');
    const has = labels.length === 0 ? 'has none' : `has ${labels.join(', ')}`;
    throw new HaiosError(
      'LABEL_REQUIRED',
      `policies.labels.required asks for ${wanted}, and the run ${has}; give it ${missing.length === 1 ? 'such a label' : 'such labels'} (in a terminal: --label).`,
      { details: { rule: 'policies.labels.required', missing } },
    );
  }
  for (const label of labels) {
    const pattern = denied.find((candidate) => matches(candidate, label));
    if (pattern !== undefined) throw refusal('policies.labels.denied', `denies “${pattern}”`, label);
    const side = allowed.find((patterns) => !patterns.some((candidate) => matches(candidate, label)));
    if (side !== undefined) throw refusal('policies.labels.allowed', `allows only ${side.join(', ')}`, label);
  }
}

function refusal(rule: string, says: string, label: string): HaiosError {
  return new HaiosError(
    'LABEL_DENIED',
    `${rule} ${says} and the run has the label “${label}”; start it without that label.`,
    {
      details: { rule, label },
    },
  );
}
