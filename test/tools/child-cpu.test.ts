import assert from 'node:assert/strict';
import { shareOut } from '../../src/tools/child-cpu.ts';
import { ProcessPool } from '../../src/tools/sandbox/processes.ts';
import { newFolder, removeFolder, toolContext } from '../support/tool-context.ts';

const nothing = (): undefined => undefined;
/** Keeps a processor busy until it has used `ms` of it itself. */
const burn = (ms: number): string =>
  `const f=process.cpuUsage();for(let u=0;u<${ms * 1000};){const c=process.cpuUsage(f);u=c.user+c.system}`;
/** What a Node process takes to start, at most, on a loaded machine. */
const startSeconds = 0.45;

describe('the processor time of commands', function () {
  this.timeout(120_000);
  let workspace: string;
  before(async () => {
    workspace = await newFolder();
  });
  after(() => removeFolder(workspace));
  const pool = new ProcessPool({
    processes: 8,
    limits: { memBytes: 2 ** 50, cpuSeconds: 1e9 },
    records: null,
    onTaken: nothing,
    onExhausted: nothing,
    onChanged: nothing,
  });
  const used = async (...argv: [string, ...string[]]): Promise<number> => {
    const context = toolContext({ workspace });
    const environment = { PATH: process.env['PATH'] ?? '' };
    const onOutput = (): Promise<void> => Promise.resolve();
    await pool.run({ argv, cwd: workspace, environment, timeoutMs: 100_000, graceMs: 300, onOutput }, context);
    return context.uses[0]?.cpuSeconds ?? -1;
  };
  const near = (seconds: number, least: number, starts: number): void =>
    assert.ok(
      seconds >= least - 0.04 && seconds <= least + starts * startSeconds,
      `${seconds} s, of which ${least} s are work`,
    );

  it('holds that of a grandchild which ended before its parent', async () => {
    const child = `require('child_process').spawnSync(process.execPath,['-e',${JSON.stringify(burn(500))}])`;
    near(
      await used(
        process.execPath,
        '-e',
        `require('child_process').spawnSync(process.execPath,['-e',${JSON.stringify(child)}])`,
      ),
      0.5,
      3,
    );
  });

  it('holds that of a child which nobody waited for, and of one that outlived its parents', async () => {
    const done = (name: string): string => `require('fs').writeFileSync('${name}','')`;
    // The shell becomes a program that waits for no child it did not start: it stays uncollected. It works itself after
    // that, so that what was seen before the child ended is less than the whole.
    const work = `clearInterval(t);${burn(500)};setTimeout(()=>process.exit(),400)`;
    const look = `const t=setInterval(()=>{if(require('fs').existsSync('child')){${work}}},50)`;
    const child = `"$0" -e "$1" & exec "$0" -e "$2"`;
    near(await used('sh', '-c', child, process.execPath, `${burn(500)};${done('child')}`, look), 1, 2);
    // Left behind at once. Of its last moments, after it was looked at last, nobody can tell.
    const orphan = `(setsid "$0" -e "$1" &) ; while [ ! -e orphan ]; do sleep 0.1; done`;
    near(await used('sh', '-c', orphan, process.execPath, `${burn(1000)};${done('orphan')}`), 0.5, 4);
  });

  it('holds none of that of others which run and end at once', async () => {
    const [much, little, none] = await Promise.all([
      used(process.execPath, '-e', burn(800)),
      used(process.execPath, '-e', burn(100)),
      used('sleep', '1'),
    ]);
    near(much, 0.8, 1);
    near(little, 0.1, 1);
    near(none, 0, 0.5);
    const short = await Promise.all(Array.from({ length: 6 }, () => used('true')));
    assert.ok(
      short.every((seconds) => seconds >= 0 && seconds < 0.3),
      short.join(),
    );
  });

  it('shares a sum within what each can have used, and leaves the rest to others', () => {
    const rounded = (sum: number, bounds: [number, number][]): number[] =>
      shareOut(
        sum,
        bounds.map(([least, most]) => ({ least, most })),
      ).map((share) => Math.round(share * 100) / 100);
    assert.deepEqual(rounded(0.6, [[0, 10]]), [0.6]);
    assert.deepEqual(rounded(100, [[0.5, 0.7]]), [0.7], 'another child of this process');
    assert.deepEqual(
      rounded(1, [
        [0.8, 0.9],
        [0.1, 0.2],
      ]),
      [0.85, 0.15],
    );
    assert.deepEqual(rounded(0, [[0.8, 0.9]]), [0.8], 'never less than was seen');
    assert.deepEqual(
      rounded(5.2, [
        [0, 5.1],
        [0, 0.1],
      ]),
      [5.1, 0.1],
    );
    assert.deepEqual(rounded(0, []), []);
  });
});
