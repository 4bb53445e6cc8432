import * as z from 'zod';
import { taskSizes, taskTypes } from '../../catalogue/states.ts';
import type { Step } from './checkpoint.ts';
import type { Triage } from './triage.ts';

export interface Plan extends Triage {
  readonly steps: readonly Step[];
}

const maxSteps = 12;
const planSchema = z.object({
  type: z.enum(taskTypes),
  size: z.enum(taskSizes),
  steps: z
    .array(z.object({ title: z.string().min(1).max(200), prompt: z.string().min(1).max(20_000) }))
    .min(1)
    .max(maxSteps),
});

/** Reads a planner's answer: the first JSON object in it. Null when there is none of the right shape. */
export function parsePlan(text: string): Plan | null {
  const start = text.indexOf('{');
  const end = text.lastIndexOf('}');
  if (start < 0 || end <= start) return null;
  try {
    const parsed = planSchema.safeParse(JSON.parse(text.slice(start, end + 1)));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

export type GateDecision = 'pass' | 'decompose' | 'replan' | 'reject';

/**
 * The budget gate: what a plan may go on as. `stepNusd` is the most one step's first call can cost and `leftNusd` what
 * the tightest usd budget still allows (null: none in force or no price).
 */
export function gate(
  plan: Plan,
  money: { stepNusd: number; leftNusd: number } | null,
  replanned: boolean,
): GateDecision {
  if (money !== null && money.stepNusd > money.leftNusd) return 'reject';
  if (plan.steps.length === 1) return 'pass';
  if (money !== null && money.stepNusd * plan.steps.length > money.leftNusd && !replanned) return 'replan';
  return 'decompose';
}
