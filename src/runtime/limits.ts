import { laneNames, type LaneName } from '../catalogue/lanes.ts';
import type { Config } from '../core/config.ts';
import type { MemoryLimits } from '../core/lanes/memory-guard.ts';
import type { LaneLimits } from '../core/lanes/scheduler.ts';
import type { SandboxLimits } from '../tools/sandbox/sandboxes.ts';

const queueLimit = 10_000;
const mib = 1024 * 1024;

export function laneLimits({ lanes }: Config): LaneLimits {
  const slots = Object.fromEntries(laneNames.map((name) => [name, lanes[name]])) as Record<LaneName, number>;
  return { global: lanes.global, lanes: slots, queue: queueLimit };
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
