/**
 * Lane names, their default slots (source 001, DESIGN §2) and the most slots they may have with those borrowed from idle
 * lanes. Order is display order.
 */
export const lanes = {
  model_call: { limit: 4, maximum: 4, holds: 'calls to language models' },
  tool_call: { limit: 8, maximum: 16, holds: 'commands and every other tool' },
  file_read: { limit: 16, maximum: 24, holds: 'listing, reading and searching files' },
  file_write: { limit: 4, maximum: 4, holds: 'writing files' },
  critic: { limit: 3, maximum: 6, holds: 'checks of what a task produced' },
  forecast_model: { limit: 1, maximum: 1, holds: 'predictions of duration and cost' },
} as const satisfies Record<string, { limit: number; maximum: number; holds: string }>;

export type LaneName = keyof typeof lanes;
export const laneNames = Object.keys(lanes) as readonly LaneName[];
export const priorities = ['high', 'normal', 'low'] as const;
export type Priority = (typeof priorities)[number];

/** Where the work of a call runs: our own short code, a thread that can be terminated, processes that can be killed. */
export const sandboxes = ['inline', 'thread', 'process'] as const;
export type SandboxType = (typeof sandboxes)[number];

/** Who an agent is in its run: the one that plans and sums up, or one that does a step. */
export const agentTiers = ['lead', 'worker'] as const;
export type AgentTier = (typeof agentTiers)[number];
