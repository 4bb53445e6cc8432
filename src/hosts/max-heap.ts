import { settingOf } from '../catalogue/settings.ts';

/**
 * The heap to start the runtime with, MiB: what a configuration says under `memory.max_heap_mb` if that may be, else
 * the default. Nothing is refused here: the runtime checks the whole configuration itself and says what is wrong.
 */
export function maxHeapMb(configuration: unknown): number {
  const { min, max, default: standard } = settingOf('memory.max_heap_mb');
  const given = member(member(configuration, 'memory'), 'max_heap_mb');
  const allowed = typeof given === 'number' && Number.isInteger(given) && given >= Number(min) && given <= Number(max);
  return allowed ? given : Number(standard);
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}
