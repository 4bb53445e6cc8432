import type { Config } from '../core/config.ts';
import { AdaptiveTimeouts } from '../core/lanes/adaptive-timeouts.ts';
import { Deadlines } from '../core/lanes/deadlines.ts';
import { LateCalls } from '../core/lanes/late-calls.ts';
import { LoadControl } from '../core/lanes/load.ts';
import { MemoryGuard, type MemoryUse } from '../core/lanes/memory-guard.ts';
import { Scheduler, type SchedulerEvents } from '../core/lanes/scheduler.ts';
import { LaneStatistics } from '../core/lanes/statistics.ts';
import type { Guards } from '../core/lanes/worker-call.ts';
import type { Clock } from '../core/ports.ts';
import { laneLimits, memoryLimits } from './limits.ts';

export interface GuardEvents extends SchedulerEvents {
  readonly onHeapWarning: (use: MemoryUse) => void;
}

/** The guards of this runtime, at the limits of a configuration. */
export function createGuards(config: Config, clock: Clock, events: GuardEvents): Guards {
  const scheduler = new Scheduler(laneLimits(config), events);
  const guards: Guards = {
    scheduler,
    memory: new MemoryGuard(memoryLimits(config), events.onHeapWarning),
    load: new LoadControl('model_call', scheduler, clock, Math.random),
    adaptive: new AdaptiveTimeouts(),
    statistics: new LaneStatistics(),
    late: new LateCalls(),
    deadlines: new Deadlines(clock),
  };
  applyLimits(guards, config);
  return guards;
}

/** Takes the limits of a configuration into force while calls run. */
export function applyLimits({ scheduler, memory, load }: Guards, config: Config): void {
  scheduler.setLimits(laneLimits(config));
  memory.setLimits(memoryLimits(config));
  load.enabled = config.lanes.adapt_to_load;
}
