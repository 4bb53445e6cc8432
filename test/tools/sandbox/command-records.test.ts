import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endRecorded } from '../../../src/tools/sandbox/command-records.ts';
import { until } from '../../support/runtime.ts';
import { assertDead, isAlive, stubbornPids, writeStubborn } from '../../support/stubborn-tree.ts';
import { newFolder, removeFolder } from '../../support/tool-context.ts';

const source = (path: string): string => JSON.stringify(new URL(`../../../src/${path}`, import.meta.url).href);

/** A process that runs a command with a record of it, as a runtime does; told to stop it ends as one does. */
const owner = `
  import { ProcessPool } from ${source('tools/sandbox/processes.ts')};
  import { CommandRecords } from ${source('tools/sandbox/command-records.ts')};
  const [records, workspace, ...argv] = process.argv.slice(1);
  const nothing = () => undefined;
  const pool = new ProcessPool({
    processes: 1, limits: { memBytes: 2 ** 50, cpuSeconds: 1e9 }, records: new CommandRecords(records, 'here'),
    onTaken: nothing, onExhausted: nothing, onChanged: nothing,
  });
  process.on('SIGTERM', () => process.exit(0));
  await pool.run(
    { argv, cwd: workspace, environment: { PATH: process.env.PATH }, timeoutMs: 3_600_000, graceMs: 300, onOutput: async () => undefined },
    { signal: new AbortController().signal, onKill: () => nothing, used: nothing },
  );`;

describe('records of running commands', function () {
  this.timeout(60_000);
  if (process.platform !== 'linux') return;
  let workspace: string;
  let records: string;
  beforeEach(async () => {
    workspace = await newFolder();
    records = join(workspace, 'commands', 'runtime-1');
  });
  const owners: ChildProcess[] = [];
  afterEach(async () => {
    for (const child of owners.splice(0)) child.kill('SIGTERM');
    await removeFolder(workspace);
  });

  const start = (argv: readonly string[]): ChildProcess => {
    const args = ['--input-type=module', '-e', owner, records, workspace, ...argv];
    const child = spawn(process.execPath, args, { stdio: 'inherit' });
    owners.push(child);
    return child;
  };
  /** The name of the one record, once it is whole. */
  const recorded = async (): Promise<string> => {
    const names = (): string[] =>
      existsSync(records) ? readdirSync(records).filter((name) => !name.endsWith('.tmp')) : [];
    await until('the command is recorded', () => names().length === 1, 30_000);
    return names()[0] ?? '';
  };
  const end = async (child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };

  it('let whoever finds the runtime dead end all that its command left, and go', async () => {
    const runtime = start(writeStubborn(workspace));
    const pids = await stubbornPids(workspace);
    await recorded();
    await end(runtime, 'SIGKILL');
    assert.ok(pids.some(isAlive));
    assert.equal(await endRecorded(records, 'here'), 1);
    assertDead(pids);
    assert.equal(existsSync(records), false);
    assert.equal(await endRecorded(records, 'here'), 0);
  });

  it('are gone when the command has ended, and when the runtime exits by itself', async () => {
    const short = start(['sleep', '0.2']);
    await once(short, 'exit');
    assert.deepEqual(readdirSync(records), []);
    const runtime = start(writeStubborn(workspace));
    const pids = await stubbornPids(workspace);
    await recorded();
    await end(runtime, 'SIGTERM');
    await until('its command is dead', () => !pids.some(isAlive));
    assert.deepEqual(readdirSync(records), []);
  });

  it('change nothing of a living runtime', async () => {
    const runtime = start(writeStubborn(workspace));
    const pids = await stubbornPids(workspace);
    try {
      assert.equal(await endRecorded(records, 'here'), 0);
      assert.ok(pids.some(isAlive));
      await recorded();
    } finally {
      await end(runtime, 'SIGTERM');
    }
  });

  it('end nothing that is not the recorded process, nothing of another machine, and nothing for a broken record', async () => {
    const runtime = start(['sleep', '1000']);
    const name = await recorded();
    await end(runtime, 'SIGKILL');
    const file = join(records, name);
    const record = JSON.parse(readFileSync(file, 'utf8')) as { leader: { pid: number; started: number } };
    const { pid, started } = record.leader;
    try {
      // Under another name it is not its call's mark that finds it.
      const tamper = (change: object): void =>
        writeFileSync(join(records, 'other'), JSON.stringify({ ...record, ...change }));
      tamper({ leader: { pid, started: started - 1 } });
      writeFileSync(file, '{"leader":');
      assert.equal(await endRecorded(records, 'here'), 0);
      assert.ok(isAlive(pid), 'a process that started at another time');
      assert.equal(existsSync(records), false);
    } finally {
      process.kill(pid, 'SIGKILL');
    }
    const other = start(['sleep', '1000']);
    const foreign = join(records, await recorded());
    await end(other, 'SIGKILL');
    const elsewhere = JSON.parse(readFileSync(foreign, 'utf8')) as typeof record;
    try {
      assert.equal(await endRecorded(records, 'there'), 0);
      assert.ok(isAlive(elsewhere.leader.pid), 'a pid of another machine means nothing here');
    } finally {
      process.kill(elsewhere.leader.pid, 'SIGKILL');
    }
  });

  it('find a command by its mark when its first process is gone', async () => {
    const argv = ['sh', '-c', 'setsid sh -c "echo \\$\\$ >> pids; sleep 1000" & sleep 1000'];
    writeFileSync(join(workspace, 'pids'), '');
    const runtime = start(argv);
    const pid = (): number => Number(readFileSync(join(workspace, 'pids'), 'utf8'));
    const name = await recorded();
    await until('the stray runs', () => pid() > 0, 30_000);
    const { leader } = JSON.parse(readFileSync(join(records, name), 'utf8')) as { leader: { pid: number } };
    await end(runtime, 'SIGKILL');
    process.kill(leader.pid, 'SIGKILL');
    await until('the first process is gone', () => !isAlive(leader.pid));
    assert.ok(isAlive(pid()));
    assert.equal(await endRecorded(records, 'here'), 1);
    assertDead([pid()]);
  });
});
