import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newFolder, removeFolder, testTools, toolContext } from '../support/tool-context.ts';

const mebibyte = 1024 * 1024;

describe('fault 13: 100 MB of output, a 100 MB file', () => {
  let workspace: string;
  before(async () => {
    workspace = await newFolder();
    const file = openSync(join(workspace, 'big.txt'), 'w');
    const line = `${'x'.repeat(99)}\n`;
    const chunk = Buffer.from(line.repeat(10_000));
    for (let written = 0; written < 100e6; written += chunk.length) writeSync(file, chunk);
    writeSync(file, 'needle\n');
    closeSync(file);
    writeFileSync(join(workspace, 'small.txt'), 'x\n');
  });
  after(() => removeFolder(workspace));

  const print = ['head', '-c', '100000000', '/dev/zero'];

  it('keeps all output on disk, a short text for the model, and memory below + 20 MB', function () {
    this.timeout(60_000);
    const result = measure(workspace, 'run_command', { command: print });
    assert.ok(result.grownBytes < 20 * mebibyte, `grew by ${result.grownBytes}`);
    assert.ok(result.textBytes < 66 * 1024);
    assert.equal(result.spilledBytes, 100e6);
  });

  it('reads the end of the file in memory below + 20 MB', function () {
    this.timeout(60_000);
    const result = measure(workspace, 'read_file', { path: 'big.txt', start_line: 1_000_001 });
    assert.match(result.head, /^big\.txt lines 1000001-1000001 of 1000001 \(100000007 bytes\)\nneedle$/);
    assert.ok(result.grownBytes < 20 * mebibyte, `grew by ${result.grownBytes}`);
  });

  it('reads the beginning of the file, cut, in memory below + 20 MB', function () {
    this.timeout(60_000);
    const result = measure(workspace, 'read_file', { path: 'big.txt' });
    assert.ok(result.textBytes < 257 * 1024);
    assert.ok(result.grownBytes < 20 * mebibyte, `grew by ${result.grownBytes}`);
  });

  it('searches the file in memory below + 20 MB', function () {
    this.timeout(60_000);
    const result = measure(workspace, 'search_files', { pattern: 'ne+dle$', regex: true, path: 'big.txt' });
    assert.equal(result.head, '1 matching lines in 1 files (1 searched, 0 binary skipped)\n== big.txt\n1000001:needle');
    assert.ok(result.grownBytes < 20 * mebibyte, `grew by ${result.grownBytes}`);
  });

  it('keeps no more on disk than the cap, and says how much', async () => {
    const capped = testTools({ spillCapBytes: 1_000_000 })('run_command');
    const context = toolContext({ workspace, spillDir: join(workspace, 'capped') });
    const { text, spilled } = await capped.run({ command: print }, context);
    assert.match(text, /the first 1000000 of 100000000 bytes are in/);
    assert.deepEqual(readdirSync(context.spillDir).length, 1);
    assert.equal(statSync(spilled ?? '').size, 1_000_000);
  });
});

interface Measured {
  readonly grownBytes: number;
  readonly textBytes: number;
  readonly head: string;
  readonly spilledBytes: number | null;
}

/** Runs one tool in a process of its own and tells by how much that process's memory grew at its highest. */
function measure(workspace: string, tool: string, input: unknown): Measured {
  const program = `
    import { statSync } from 'node:fs';
    import { testTools, toolContext } from ${JSON.stringify(new URL('../support/tool-context.ts', import.meta.url).href)};
    const [workspace, name, input] = JSON.parse(process.argv[1]);
    const tool = testTools()(name);
    const context = () => toolContext({ workspace });
    // Once in small, so that what is loaded on first use is not counted.
    const small = {
      run_command: { command: ['true'] },
      read_file: { path: 'big.txt', start_line: 1, end_line: 1 },
      search_files: { path: 'small.txt', pattern: 'x' },
    };
    await tool.run(small[name], context());
    gc();
    const before = process.memoryUsage.rss();
    let highest = before;
    const timer = setInterval(() => (highest = Math.max(highest, process.memoryUsage.rss())), 5);
    const { text, spilled } = await tool.run(input, context());
    clearInterval(timer);
    highest = Math.max(highest, process.memoryUsage.rss());
    console.log(JSON.stringify({
      grownBytes: highest - before,
      textBytes: Buffer.byteLength(text),
      head: text.slice(0, 200),
      spilledBytes: spilled === undefined ? null : statSync(spilled).size,
    }));`;
  const argument = JSON.stringify([workspace, tool, input]);
  const argv = ['--expose-gc', '--input-type=module', '-e', program, argument];
  const run = spawnSync(process.execPath, argv, {
    encoding: 'utf8',
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
  });
  assert.equal(run.status, 0, run.stderr);
  return JSON.parse(run.stdout) as Measured;
}
