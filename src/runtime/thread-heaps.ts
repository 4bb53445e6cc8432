import { setFlagsFromString } from 'node:v8';

/**
 * The heap limit that the process was started with would hold for each thread too, whatever its `resourceLimits` say.
 * This thread's heap has its limit already and keeps it; from now on those of new threads are what they are given.
 */
export function giveThreadsTheirOwnHeapLimits(): void {
  setFlagsFromString('--max-old-space-size=0');
}
