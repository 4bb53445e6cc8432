import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { laneNames, lanes, type LaneName } from '../../src/catalogue/lanes.ts';
import type { Agent } from '../../src/core/agents/agent.ts';
import { AgentPool } from '../../src/core/agents/pool.ts';
import { workerCall } from '../../src/core/lanes/worker-call.ts';
import { Tracer } from '../../src/core/trace.ts';
import { realClock as clock, realIds as ids } from '../../src/runtime/platform.ts';
import { anybody, guards, timeouts } from '../support/lanes.ts';
import { median, percentile, type Row } from './rows.ts';

const capacity = 928;
const rounds = 5;
const messages = 2_000_000;
const turn = 250;
const never = new AbortController().signal;
const idleScript = `
  const { measureIdleAgents } = await import(${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'idle-agents.ts')).href)});
  process.stdout.write(JSON.stringify(await measureIdleAgents()));`;
const limits = { capacity, mailbox: 1000 };

/** Messages from each of 928 agents to random others, each agent reading as it sends: every message sent is read and counted. */
export async function benchAgentMessages(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const mailbox of [limits.mailbox, 16]) {
    const rates: number[] = [];
    let waits = 0;
    for (let round = 0; round < rounds; round++) {
      const { perSecond, waited } = await exchange(mailbox);
      rates.push(perSecond);
      waits = waited;
    }
    const note = `${capacity} agents, ${messages} messages to random others, none lost; ${waits} waited for room; medians of ${rounds}`;
    rows.push({ what: `messages between agents, mailboxes of ${mailbox}`, value: median(rates), unit: '/s', note });
  }
  return rows;
}

async function exchange(mailbox: number): Promise<{ perSecond: number; waited: number }> {
  let told = 0;
  const pool = new AgentPool<number>({ capacity, mailbox }, clock, (event) => {
    if (event.type === 'messages_sent') told += event.count;
  });
  const controller = new AbortController();
  const asked = { tier: 'worker', runId: 'bench', signal: controller.signal } as const;
  const agents = Array.from({ length: capacity }, () => pool.start(asked));
  const names = agents.map(({ id }) => id);
  const each = Math.ceil(messages / capacity);
  const all = each * capacity;
  let read = 0;
  let sum = 0;
  let waited = 0;
  let seed = 1;
  const random = (): number => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff);
  const send = async (agent: Agent<number>): Promise<void> => {
    for (let n = 1; n <= each; n++) {
      const sent = agent.send(names[(random() >>> 8) % capacity] ?? '', n);
      if (typeof sent !== 'string') {
        waited += 1;
        await sent;
      } else if (n % turn === 0) await Promise.resolve();
    }
  };
  const receive = async (agent: Agent<number>): Promise<void> => {
    while (read < all) {
      for (const { body } of await agent.receive()) {
        sum += body;
        read += 1;
      }
    }
    controller.abort(new Error('All is read.'));
  };
  const start = performance.now();
  const readers = Promise.allSettled(agents.map(receive));
  await Promise.all(agents.map(send));
  await readers;
  const seconds = (performance.now() - start) / 1000;
  for (const agent of agents) agent.end();
  const expected = (capacity * each * (each + 1)) / 2;
  if (read !== all || told !== all || sum !== expected) throw new Error(`Lost: read ${read}, told ${told} of ${all}.`);
  return { perSecond: all / seconds, waited };
}

/** From asking for an agent to its being ready, a full pool of them, as the runtime's own events tell it. */
export function benchAgentStartup(): readonly Row[] {
  const startups: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const pool = new AgentPool<number>(limits, clock, (event) => {
      if (event.type === 'agent_started') startups.push(event.startupMs);
    });
    const agents = Array.from({ length: capacity }, () =>
      pool.start({ tier: 'worker', runId: 'bench', signal: never }),
    );
    for (const agent of agents) agent.end();
  }
  const note = `${capacity} started, ${rounds} rounds; target < 100 ms`;
  return [{ what: 'agent start-up, p95', value: percentile(startups, 95), unit: 'ms', note }];
}

/** What the runtime itself adds to a worker call while every lane is at half its slots: from asking to its end, less its work. */
export async function benchResponseAtHalfLoad(): Promise<readonly Row[]> {
  const deps = { guards: guards(clock), clock, observe: () => undefined };
  const tracer = new Tracer({ traceId: ids.traceId(), runId: 'bench', common: {} }, clock, ids, deps.observe);
  const parent = tracer.start({ name: 'plan', kind: 'plan', parent: null });
  const scope = anybody();
  const own: number[] = [];
  const until = performance.now() + 3000;
  const caller = async (lane: LaneName): Promise<void> => {
    while (performance.now() < until) {
      let worked = 0;
      const asked = performance.now();
      const run = async (): Promise<void> => {
        const began = performance.now();
        await new Promise((resolve) => setTimeout(resolve, 1 + Math.random() * 4));
        worked = performance.now() - began;
      };
      const call = {
        lane,
        what: 'bench',
        priority: 'normal',
        scope,
        signal: never,
        tracer,
        parent,
        timeouts,
        run,
      } as const;
      await workerCall(call, deps);
      own.push(performance.now() - asked - worked);
    }
  };
  await Promise.all(
    laneNames.flatMap((lane) => Array.from({ length: Math.floor(lanes[lane].limit / 2) }, () => caller(lane))),
  );
  const note = `${own.length} calls of 1–5 ms in all lanes`;
  return [
    { what: 'response at half load, p95', value: percentile(own, 95), unit: 'ms', note: `${note}; target < 50 ms` },
    { what: 'response at half load, p99', value: percentile(own, 99), unit: 'ms', note: `${note}; target < 100 ms` },
  ];
}

/** Memory of a full pool of idle agents, each waiting for its messages, and what is left after they ended. */
export function benchIdleAgents(): readonly Row[] {
  const idle: number[] = [];
  const left: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const child = spawnSync(process.execPath, ['--expose-gc', '--input-type=module', '-e', idleScript], {
      encoding: 'utf8',
    });
    if (child.status !== 0) throw new Error(child.stderr);
    const bytes = JSON.parse(child.stdout) as { idle: number; left: number };
    idle.push(bytes.idle);
    left.push(bytes.left);
  }
  const note = `${capacity} agents waiting for messages; a process of its own, medians of ${rounds}`;
  return [
    { what: 'idle agents, memory of all', value: median(idle) / 1024, unit: 'KB', note: `${note}; target ≤ 1024 KB` },
    { what: 'after all agents ended', value: median(left) / 1024, unit: 'KB', note: 'over the start' },
  ];
}
