import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errors, type ErrorCode } from '../../src/catalogue/errors.ts';
import { ChannelError } from '../../src/protocol/channel.ts';
import type { RunRef } from '../../src/protocol/messages.ts';
import { killRuntime, startRuntime, until, withFolder, type TestRuntime } from '../support/runtime.ts';
import { writeSampleTree } from '../support/sample-tree.ts';

// Waits for an approval, so that it is at work until it is answered.
const held = { prompt: 'replace hello with goodbye in src/*.ts', approve: 'ask' } as const;

async function start(runtime: TestRuntime, request: Parameters<TestRuntime['start']>[0] = held): Promise<RunRef> {
  return (await runtime.start(request)) as RunRef;
}

async function statusOf(runtime: TestRuntime, runId: string): Promise<string> {
  return (await runtime.client.request('run', { run: runId })).status;
}

const becomes = (runtime: TestRuntime, runId: string, status: string): Promise<void> =>
  until(`${runId} is ${status}`, async () => (await statusOf(runtime, runId)) === status);

const cancel = (runtime: TestRuntime, runId: string): Promise<null> =>
  runtime.client.request('controlRun', { runId, action: 'cancel' });

async function refused(code: ErrorCode, says: RegExp, starting: Promise<unknown>): Promise<void> {
  await assert.rejects(starting, (error) => {
    assert.ok(error instanceof ChannelError);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, says);
    return true;
  });
  assert.equal(errors[code].exit, 2);
}

describe('policies: runs at once', () => {
  it('queues what is over the limit in two windows, starts it in order, and refuses what the queue cannot hold', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder);
      const settings = { policies: { repository: { concurrency: 1, queue: 2 } } };
      const [one, two] = await Promise.all([0, 1].map(() => startRuntime({ folder, workspace, settings })));
      assert.ok(one !== undefined && two !== undefined);
      try {
        const first = await start(one);
        await becomes(one, first.runId, 'waiting');
        const second = await start(two);
        const third = await start(one);
        await refused(
          'RUNS_FULL',
          /policies\.repository\.queue = 2 .*start it when one has ended, or raise/,
          start(two),
        );
        assert.deepEqual([await statusOf(two, second.runId), await statusOf(one, third.runId)], ['queued', 'queued']);
        assert.match(two.notices.map(({ message }) => message).join('\n'), /policies\.repository\.concurrency = 1/);
        await cancel(one, first.runId);
        await becomes(two, second.runId, 'waiting');
        assert.equal(await statusOf(one, third.runId), 'queued');
        await cancel(two, second.runId);
        await becomes(one, third.runId, 'waiting');
        await cancel(one, third.runId);
        await becomes(one, third.runId, 'cancelled');
      } finally {
        await Promise.all([one.stop(5000), two.stop(5000)]);
      }
    }));

  it('gives the place of a killed runtime to the next, and lets one that waits be cancelled', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder);
      await mkdir(join(workspace, '.git'));
      await mkdir(join(workspace, 'src', 'deep'), { recursive: true });
      const settings = { policies: { repository: { concurrency: 1 } } };
      const doomed = await startRuntime({ folder, workspace: join(workspace, 'src'), settings });
      const other = await startRuntime({ folder, workspace, settings });
      try {
        const first = await start(doomed, { ...held, prompt: 'replace hello with goodbye in *.ts' });
        await becomes(doomed, first.runId, 'waiting');
        const given_up = await start(other);
        const next = await start(other);
        await cancel(other, given_up.runId);
        await becomes(other, given_up.runId, 'cancelled');
        assert.equal(await statusOf(other, next.runId), 'queued');
        await killRuntime(doomed);
        await becomes(other, next.runId, 'waiting');
        assert.equal(await statusOf(other, first.runId), 'interrupted');
        await cancel(other, next.runId);
      } finally {
        await other.stop(5000);
      }
    }));

  it('interrupts what waits when its window closes; resumed, it waits again and then goes on', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder);
      const settings = { policies: { agents: { 'ha*': { concurrency: 1 } } } };
      const one = await startRuntime({ folder, workspace, settings });
      const two = await startRuntime({ folder, workspace, settings });
      let third: TestRuntime | undefined;
      try {
        const first = await start(one);
        await becomes(one, first.runId, 'waiting');
        const waits = await start(two);
        await two.stop(5000);
        await becomes(one, waits.runId, 'interrupted');
        third = await startRuntime({ folder, workspace, settings });
        const again = await start(third, { resume: waits.runId, approve: 'ask' });
        assert.equal(again.g, waits.g);
        assert.equal(await statusOf(third, waits.runId), 'queued');
        const apart = await start(third, { ...held, agent: 'other' });
        // Another agent's run does not wait. It holds the file while it asks.
        await becomes(third, apart.runId, 'waiting');
        await cancel(third, apart.runId);
        await cancel(one, first.runId);
        await becomes(third, waits.runId, 'waiting');
      } finally {
        await Promise.all([one.stop(5000), third?.stop(5000)]);
      }
    }));

  it('refuses more starts than an hour may have and says when the next may be', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder);
      const runtime = await startRuntime({
        folder,
        workspace,
        settings: { policies: { repository: { starts_per_hour: 2 } } },
      });
      try {
        const first = await runtime.run({ prompt: 'inventory' });
        await runtime.run({ prompt: 'inventory' });
        const says = /policies\.repository\.starts_per_hour = 2 .*the next may start at .*\d\d:\d\d:\d\d\./;
        await refused('RUNS_FULL', says, start(runtime, { prompt: 'inventory' }));
        assert.equal(first.status, 'succeeded');
        const { rows } = await runtime.client.request('runs', { limit: 10, cursor: null });
        assert.equal(rows.length, 2);
      } finally {
        await runtime.stop(5000);
      }
    }));
});

describe('policies: what a run may be and do', () => {
  it('refuses labels, secrets and commands before anything has begun, naming the rule and never the secret', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder);
      const secret = 'tr0ub4dor-and-3-more';
      const config = {
        policies: { labels: { required: ['team/*'], denied: ['prod'] }, denied_commands: ['git push*'] },
        critics: [{ name: 'release', command: 'env A=1 git -C . push origin' }],
      };
      const settings = { policies: { labels: { allowed: ['team/*', 'prod', 'x'] }, blocked_secrets: ['MY_*'] } };
      const runtime = await startRuntime({ folder, workspace, settings, env: { MY_WORD: secret } });
      try {
        const write = (value: object): Promise<void> =>
          writeFile(join(workspace, 'haios.config.json'), JSON.stringify(value));
        await write(config);
        const labelled = { prompt: 'inventory', labels: ['team/a'] };
        await refused(
          'LABEL_REQUIRED',
          /policies\.labels\.required asks for a label “team\/\*”/,
          start(runtime, { prompt: 'inventory' }),
        );
        await refused(
          'LABEL_DENIED',
          /policies\.labels\.denied denies “prod”/,
          start(runtime, { ...labelled, labels: ['team/a', 'prod'] }),
        );
        await refused(
          'LABEL_DENIED',
          /policies\.labels\.allowed .*“y”/,
          start(runtime, { ...labelled, labels: ['team/a', 'y'] }),
        );
        await refused('USAGE', /label "a b" is not/, start(runtime, { ...labelled, labels: ['a b'] }));
        await refused('POLICY', /critic “release” .*policies\.denied_commands “git push\*”/, start(runtime, labelled));
        await write({ ...config, critics: [] });
        const base64 = Buffer.from(secret).toString('base64');
        for (const text of [secret, base64]) {
          const says = /^The prompt holds a secret that policies\.blocked_secrets \(MY_WORD\) blocks; take it out\.$/;
          await refused('POLICY', says, start(runtime, { ...labelled, prompt: `find ${text}` }));
        }
        const { rows } = await runtime.client.request('runs', { limit: 10, cursor: null });
        assert.deepEqual(rows, []);
        const ended = await runtime.run(labelled);
        assert.equal(ended.status, 'succeeded');
        const row = await runtime.client.request('run', { run: ended.run });
        assert.deepEqual(row.labels, ['team/a']);
        assert.ok(!runtime.logs.join('\n').includes(secret));
      } finally {
        await runtime.stop(5000);
      }
    }));
});
