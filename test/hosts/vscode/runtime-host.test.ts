import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ChannelError } from '../../../src/protocol/channel.ts';
import type { StartRun } from '../../../src/protocol/messages.ts';
import type { BudgetStopView } from '../../../src/protocol/snapshot.ts';
import { RuntimeHost, type RuntimeHostOptions } from '../../../src/hosts/vscode/runtime-host.ts';
import { forkRuntime, type RuntimeProcess } from '../../../src/hosts/runtime-process.ts';

const bundle = fileURLToPath(new URL('../../support/editor-runtime.ts', import.meta.url));

interface Started {
  readonly host: RuntimeHost;
  readonly processes: RuntimeProcess[];
  readonly lines: string[];
}

function startRun(prompt: string): StartRun {
  return {
    prompt,
    workspace: null,
    model: null,
    agent: null,
    budget: {},
    priority: 'normal',
    approve: 'ask',
    labels: [],
    onLimit: null,
    resume: null,
  };
}

describe('RuntimeHost', () => {
  const hosts: RuntimeHost[] = [];
  afterEach(async () => {
    await Promise.all(hosts.splice(0).map((host) => host.dispose(500)));
  });

  function build(changes: Partial<RuntimeHostOptions> = {}, env: NodeJS.ProcessEnv = {}): Started {
    const processes: RuntimeProcess[] = [];
    const lines: string[] = [];
    const note = (line: string): void => void lines.push(line);
    const host = new RuntimeHost({
      fork: async (onStderr) => {
        const process_ = forkRuntime({ bundle, args: [], env: { ...process.env, ...env }, onStderr });
        processes.push(process_);
        return process_;
      },
      hello: () => ({ host: 'vscode', attended: true, workspaces: ['/w'], trusted: true, settings: { port: 0 } }),
      keys: async () => [{ model: 'local', key: 'k' }],
      log: { debug: note, info: note, warn: note, error: note },
      restartDelaysMs: [20, 20],
      ...changes,
    });
    hosts.push(host);
    return { host, processes, lines };
  }

  function until(host: RuntimeHost, kind: string): Promise<void> {
    return new Promise((resolve) => {
      const subscription = host.onState.on((state) => {
        if (state.kind !== kind) return;
        subscription.dispose();
        resolve();
      });
    });
  }

  it('starts nothing until something is asked, and then one process for all who ask', async () => {
    const { host, processes } = build();
    assert.equal(host.state.kind, 'idle');
    assert.equal(processes.length, 0);
    await Promise.all([host.request('models', {}), host.request('models', {}), host.connect()]);
    assert.equal(processes.length, 1);
    assert.equal(host.state.kind, 'running');
  });

  it('tells once of a run that waits for a budget, and its decision reaches it', async () => {
    const { host } = build();
    const stops: BudgetStopView[] = [];
    host.onBudgetStop.on((stop) => stops.push(stop));
    const { runId } = await host.request('startRun', startRun('budget'));
    assert.deepEqual(stops, host.snapshot?.stops);
    assert.deepEqual(
      stops.map((stop) => stop.runId),
      [runId],
    );
    await host.request('decideBudget', { runId, decision: { type: 'raise', limit: 2e9, until: null } });
    assert.deepEqual(host.snapshot?.stops, []);
    await assert.rejects(host.request('decideBudget', { runId, decision: { type: 'wait' } }), {
      code: 'RUN_NOT_FOUND',
    });
    assert.equal(stops.length, 1);
  });

  it('tells trust, settings and keys before anything else', async () => {
    const { host } = build();
    await host.connect();
    await host.tell('setTrust', { trusted: false, workspaces: [] });
    const told = JSON.parse(await host.request('explain', { callId: 'told' })) as unknown;
    assert.deepEqual(told, [
      ['hello', { host: 'vscode', attended: true, workspaces: ['/w'], trusted: true, settings: { port: 0 } }],
      ['setKey', { model: 'local', key: 'k' }],
      ['setTrust', { trusted: false, workspaces: [] }],
    ]);
  });

  it('hands on what a person does to lanes and tasks, and starts the runtime for it', async () => {
    const { host } = build();
    await host.request('controlLane', { lane: null, action: 'pause' });
    await host.request('controlTask', { runId: 'run-1', taskId: 't', action: 'retry' });
    const told = JSON.parse(await host.request('explain', { callId: 'told' })) as unknown[];
    assert.deepEqual(told.slice(2), [
      ['controlLane', { lane: null, action: 'pause' }],
      ['controlTask', { runId: 'run-1', taskId: 't', action: 'retry' }],
    ]);
  });

  it('does not start a runtime only to tell it of a change', async () => {
    const { host, processes } = build();
    assert.equal(await host.tell('setSettings', { settings: {} }), null);
    assert.equal(processes.length, 0);
  });

  it('folds deltas into the snapshot', async () => {
    const { host } = build();
    await host.connect();
    const delta = new Promise((resolve) => host.onDelta.on(resolve));
    await host.request('startRun', startRun('inventory'));
    await delta;
    assert.deepEqual(
      host.snapshot?.runs.map((run) => run.prompt),
      ['inventory'],
    );
  });

  it('asks for the whole snapshot when a delta was missed', async () => {
    const { host } = build();
    await host.connect();
    const again = until(host, 'running');
    await host.request('startRun', startRun('gap'));
    await again;
    assert.ok((host.snapshot?.seq ?? 0) > 5);
  });

  it('passes on what the runtime refuses, with its code', async () => {
    const { host } = build();
    await assert.rejects(host.request('startRun', startRun('refuse')), (error) => {
      assert.ok(error instanceof ChannelError);
      assert.equal(error.code, 'MODEL_UNKNOWN');
      return true;
    });
  });

  it('settles what is pending when the runtime crashes, says so once, and starts it again', async () => {
    const { host, processes } = build();
    await host.connect();
    const losses: string[] = [];
    host.onLost.on((message) => losses.push(message));
    const back = until(host, 'running');
    const pending = assert.rejects(host.request('startRun', startRun('hang')), { code: 'RUNTIME_LOST' });
    await assert.rejects(host.request('startRun', startRun('crash')), { code: 'RUNTIME_LOST' });
    await pending;
    await back;
    await assert.rejects(host.request('startRun', startRun('crash')), { code: 'RUNTIME_LOST' });
    await until(host, 'running');
    assert.equal(losses.length, 1);
    assert.equal(processes.length, 3);
    assert.equal((await host.request('models', {})).length, 1);
  });

  it('says in one sentence which setting a runtime that ran out of heap needs', async () => {
    const fork = async (onStderr: (text: string) => void): Promise<RuntimeProcess> =>
      forkRuntime({ bundle, args: [], env: process.env, maxHeapMb: 128, onStderr });
    const { host } = build({ fork, restartDelaysMs: [] });
    const loss = new Promise((resolve) => host.onLost.on(resolve));
    await assert.rejects(host.request('startRun', startRun('heap')), { code: 'RUNTIME_LOST' });
    assert.equal(
      await loss,
      'The HAiOS runtime needed more memory than haios.memory.maxHeapMb allows and ended, so raise that setting; its runs can be resumed.',
    );
  });

  it('gives up after its restarts, and tries again when asked', async () => {
    const { host, processes, lines } = build({}, { HAIOS_FAKE: 'dies' });
    await assert.rejects(host.connect(), { code: 'RUNTIME_LOST' });
    while (!lines.some((line) => line.includes('not restarted again'))) await sleep(20);
    assert.equal(processes.length, 3);
    assert.equal(host.state.kind, 'lost');
    await assert.rejects(host.request('models', {}), { code: 'RUNTIME_LOST' });
    assert.equal(processes.length, 4);
  });

  it('does not restart a runtime that refused to begin', async () => {
    const { host, processes } = build({}, { HAIOS_FAKE: 'newer' });
    await assert.rejects(host.connect(), { code: 'DATABASE_NEWER' });
    await processes[0]?.exited;
    await sleep(0);
    assert.equal(processes.length, 1);
    assert.deepEqual(host.state, { kind: 'lost', message: 'The database was written by version 9.' });
  });

  it('ends the process when the window closes, and refuses from then on', async () => {
    const { host, processes } = build();
    await host.connect();
    await host.dispose(1000);
    assert.equal((await processes[0]?.exited)?.code, 0);
    await assert.rejects(host.request('models', {}), { code: 'RUNTIME_LOST' });
  });

  it('survives a listener that throws', async () => {
    const { host, lines } = build();
    host.onState.on(() => {
      throw new Error('broken listener');
    });
    await host.connect();
    assert.ok(lines.some((line) => line.includes('broken listener')));
  });
});
