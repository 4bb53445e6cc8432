import { fileURLToPath } from 'node:url';
import { realClock } from '../../src/runtime/platform.ts';
import { Sandboxes, type SandboxesOptions, type SandboxLimits } from '../../src/tools/sandbox/sandboxes.ts';

export const sandboxLimits: SandboxLimits = {
  inline: 32,
  threads: 2,
  processes: 8,
  process: { memBytes: 4096 * 1024 * 1024, cpuSeconds: 3600 },
};

/** The product's sandboxes, their threads from the source. */
export function testSandboxes(over: Partial<SandboxesOptions> = {}): Sandboxes {
  return new Sandboxes({
    limits: sandboxLimits,
    runtimeId: 'runtime-1',
    workerPath: fileURLToPath(new URL('../../src/tools/sandbox/worker.ts', import.meta.url)),
    records: null,
    clock: realClock,
    observe: () => undefined,
    ...over,
  });
}
