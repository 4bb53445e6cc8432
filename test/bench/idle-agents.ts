import { AgentPool } from '../../src/core/agents/pool.ts';
import { realClock as clock } from '../../src/runtime/platform.ts';

const capacity = 928;
const pool = new AgentPool<number>({ capacity, mailbox: 1000 }, clock, () => undefined);
const used = (): number => {
  for (let n = 0; n < 4; n++) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function round(): Promise<{ idle: number; left: number }> {
  const controller = new AbortController();
  const before = used();
  const agents = Array.from({ length: capacity }, () =>
    pool.start({ tier: 'worker', runId: 'bench', signal: controller.signal }),
  );
  const reading = agents.map((agent) => agent.receive().catch(() => undefined));
  await turn();
  const idle = used() - before;
  for (const agent of agents) agent.end();
  await Promise.all(reading);
  agents.length = 0;
  reading.length = 0;
  await turn();
  return { idle, left: used() - before };
}

/** Bytes of heap that 928 idle agents take, and that are left when they have ended. Needs `--expose-gc`, in a process of its own. */
export async function measureIdleAgents(): Promise<{ idle: number; left: number }> {
  // The first round compiles the code and warms its caches, which is not the agents' memory.
  await round();
  return round();
}
