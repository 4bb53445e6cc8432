import { laneNames, lanes as catalogue, type LaneName } from '../catalogue/lanes.ts';
import type { AgentLimits } from '../core/agents/pool.ts';
import type { Config } from '../core/config.ts';
import type { MemoryLimits } from '../core/lanes/memory-guard.ts';
import type { TimeoutSettings } from '../core/lanes/adaptive-timeouts.ts';
import type { LaneLimits } from '../core/lanes/limits.ts';
import type { SandboxLimits } from '../tools/sandbox/sandboxes.ts';

const mib = 1024 * 1024;

export function laneLimits({ lanes }: Config): LaneLimits {
  const slots = Object.fromEntries(laneNames.map((name) => [name, lanes[name]])) as Record<LaneName, number>;
  const maximum = Object.fromEntries(
    laneNames.map((name) => [name, lanes.maximum[name] ?? catalogue[name].maximum]),
  ) as Record<LaneName, number>;
  return { global: lanes.global, lanes: slots, maximum, queue: lanes.queue, rebalance: lanes.rebalance };
}

export function timeoutSettings({ timeouts }: Config): TimeoutSettings {
  return {
    defaultMs: timeouts.default_ms,
    factor: timeouts.escalation_factor,
    graceMs: timeouts.kill_grace_ms,
    adaptive: timeouts.adaptive,
    adaptiveMinMs: timeouts.adaptive_min_ms,
  };
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

export function sandboxLimits({ sandbox, lanes }: Config): SandboxLimits {
  return {
    inline: lanes.global,
    threads: sandbox.threads,
    processes: sandbox.processes,
    process: { memBytes: sandbox.process_memory_mb * mib, cpuSeconds: sandbox.process_cpu_seconds },
  };
}
