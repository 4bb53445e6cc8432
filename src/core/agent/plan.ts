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

/** Nano-dollars. */
export interface GateMoney {
  /** The most that a step's first call can cost: what will be reserved for it. */
  readonly callNusd: number;
  /** What a step usually costs, at the high end; null without enough history. */
  readonly expectedStepNusd: number | null;
  /** What the tightest usd budget still allows. */
  readonly leftNusd: number;
}

/**
 * The budget gate: what a plan may go on as (`money` null: no usd budget in force or no price). A call whose reservation
 * does not fit is refused whatever the history says. Whether all steps fit is judged by what such steps cost before, and
 * only without such history by the worst case of their first calls. The ledger still decides each call.
 */
export function gate(plan: Plan, money: GateMoney | null, replanned: boolean): GateDecision {
  if (money !== null && money.callNusd > money.leftNusd) return 'reject';
  if (plan.steps.length === 1) return 'pass';
  if (money !== null && !replanned) {
    const stepNusd = money.expectedStepNusd ?? money.callNusd;
    if (stepNusd * plan.steps.length > money.leftNusd) return 'replan';
  }
  return 'decompose';
}
