import Bottleneck from 'bottleneck';
import * as fastq from 'fastq';
import pLimit from 'p-limit';
import PQueue from 'p-queue';
import { priorities } from '../../../src/catalogue/lanes.ts';
import { checkResources } from '../../../src/core/budget/meter.ts';
import { Scope } from '../../../src/core/lanes/scope.ts';
import { noCost } from '../../../src/protocol/rows.ts';
import { limits, scheduler } from '../../support/lanes.ts';

/** A queue that runs 32 jobs at once. */
export interface Contestant {
  /** Queues one more job. */
  readonly add: () => void;
  /** Resolves when every job has ended. */
  readonly idle: () => Promise<unknown>;
}

export const atOnce = 32;
const runs = 8;
const trivial = (): Promise<void> => Promise.resolve();

/** Runs in turn, all three priorities, ageing, and a signal for each run that can abort its calls. */
function lanes(queue: number, job: () => Promise<void>): Contestant {
  const lane = scheduler(limits({ global: atOnce, slots: { file_read: atOnce }, queue, rebalance: true }));
  const scopes = Array.from({ length: runs }, () => new Scope({ signal: new AbortController().signal }));
  let n = 0;
  return {
    add() {
      const scope = scopes[n % runs];
      const priority = priorities[n % priorities.length];
      n++;
      if (scope !== undefined && priority !== undefined) void lane.run('file_read', scope, priority, job);
    },
    idle: () => lane.drain('file_read').finally(() => lane.resume('file_read')),
  };
}

/** Before each job, five resources against their limits for its task and for its run. */
function guarded(): () => Promise<void> {
  const resources = ['usd', 'tokens', 'cpu_seconds', 'mem_bytes', 'disk_bytes'] as const;
  const budget = resources.flatMap((resource) =>
    (['run', 'task'] as const).map((scope) => ({ name: scope, resource, scope, limit: 1e15 })),
  );
  const used = { run: noCost, task: noCost };
  return () => {
    checkResources(budget, used);
    return Promise.resolve();
  };
}

export const contestants: Readonly<Record<string, (jobs: number) => Contestant>> = {
  lanes: (jobs) => lanes(jobs + 1, trivial),
  'lanes with budgets': (jobs) => lanes(jobs + 1, guarded()),
  fastq() {
    const queue = fastq.promise(trivial, atOnce);
    return { add: () => void queue.push(null), idle: () => queue.drained() };
  },
  'p-queue'() {
    const queue = new PQueue({ concurrency: atOnce });
    return { add: () => void queue.add(trivial), idle: () => queue.onIdle() };
  },
  'p-limit'() {
    const limit = pLimit(atOnce);
    let last: Promise<void> = Promise.resolve();
    return { add: () => void (last = limit(trivial)), idle: () => last };
  },
  bottleneck() {
    const limiter = new Bottleneck({ maxConcurrent: atOnce });
    let last: Promise<void> = Promise.resolve();
    return { add: () => void (last = limiter.schedule(trivial)), idle: () => last };
  },
};
