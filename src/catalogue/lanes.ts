/** Lane names and their default slots (source 001, DESIGN §2). Order is display order. */
export const lanes = {
  model_call: { limit: 4, holds: 'calls to language models' },
  tool_call: { limit: 8, holds: 'commands and every other tool' },
  file_read: { limit: 16, holds: 'listing, reading and searching files' },
  file_write: { limit: 4, holds: 'writing files' },
  critic: { limit: 3, holds: 'checks of what a task produced' },
  forecast_model: { limit: 1, holds: 'predictions of duration and cost' },
} as const satisfies Record<string, { limit: number; holds: string }>;

export type LaneName = keyof typeof lanes;
export const laneNames = Object.keys(lanes) as readonly LaneName[];
export const priorities = ['high', 'normal', 'low'] as const;
export type Priority = (typeof priorities)[number];
