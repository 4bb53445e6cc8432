import { laneNames, type LaneName } from '../catalogue/lanes.ts';
import type { AgentLimits } from '../core/agents/pool.ts';
import type { Config } from '../core/config.ts';
import type { MemoryLimits } from '../core/lanes/memory-guard.ts';
import type { LaneLimits } from '../core/lanes/scheduler.ts';

const queueLimit = 10_000;
const mib = 1024 * 1024;

export function laneLimits({ lanes }: Config): LaneLimits {
  const slots = Object.fromEntries(laneNames.map((name) => [name, lanes[name]])) as Record<LaneName, number>;
  return { global: lanes.global, lanes: slots, queue: queueLimit };
}

export function agentLimits({ agents }: Config): AgentLimits {
  return { capacity: agents.capacity, mailbox: agents.mailbox };
}

export function memoryLimits({ memory }: Config): MemoryLimits {
  return {
    guards: memory.guards,
    maxRssBytes: memory.max_rss_mb * mib,
    heapWarningBytes: memory.heap_warning_mb * mib,
  };
}
