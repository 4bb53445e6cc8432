import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { newFolder, removeFolder, testTools, toolContext } from '../support/tool-context.ts';

const read = testTools()('read_file');

describe('read_file', () => {
  let workspace: string;
  const run = async (input: Record<string, unknown>): Promise<string> =>
    (await read.run(input, toolContext({ workspace }))).text;
  const write = (path: string, content: string | Buffer): void => writeFileSync(join(workspace, path), content);

  before(async () => {
    workspace = await newFolder();
  });
  after(() => removeFolder(workspace));

  it('gives a header and the lines as they are', async () => {
    write('a.txt', 'one\r\n\ttwo\nthrée\n');
    assert.equal(await run({ path: 'a.txt' }), 'a.txt lines 1-3 of 3 (17 bytes)\none\r\n\ttwo\nthrée');
    assert.equal(await run({ path: './a.txt', start_line: 2, end_line: 2 }), 'a.txt lines 2-2 of 3 (17 bytes)\n\ttwo');
    assert.equal(await run({ path: 'a.txt', start_line: 3, end_line: 99 }), 'a.txt lines 3-3 of 3 (17 bytes)\nthrée');
    write('empty', '');
    assert.equal(await run({ path: 'empty' }), 'empty lines 0-0 of 0 (0 bytes)\n');
    write('one', 'x');
    assert.equal(await run({ path: 'one' }), 'one lines 1-1 of 1 (1 bytes)\nx');
  });

  it('gives the same lines as splitting the file, for any range', async () => {
    const line = fc.string({ unit: fc.constantFrom('a', 'é', ' ', '\r', '日'), maxLength: 6 });
    const position = fc.integer({ min: 1, max: 12 });
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 10 }), position, position, async (lines, a, b) => {
        const content = lines.map((text) => `${text}\n`).join('');
        write('any.txt', content);
        const [start, end] = [Math.min(a, b), Math.max(a, b)];
        const call = run({ path: 'any.txt', start_line: start, end_line: end });
        if (start > lines.length) return assert.rejects(call, { code: 'TOOL_ARGUMENTS', message: /start_line/ });
        const header = `any.txt lines ${start}-${Math.min(end, lines.length)} of ${lines.length} (${Buffer.byteLength(content)} bytes)`;
        assert.equal(await call, `${header}\n${lines.slice(start - 1, end).join('\n')}`);
        return undefined;
      }),
    );
  });

  it('cuts a long answer at a line and says how to read on; the parts make the whole', async () => {
    const lines = Array.from({ length: 30_000 }, (_, index) => `line ${index} ${'é'.repeat(index % 40)}`);
    write('long.txt', `${lines.join('\n')}\n`);
    const seen: string[] = [];
    for (let start: number | null = 1; start !== null;) {
      const [, ...rest] = (await run({ path: 'long.txt', start_line: start })).split('\n');
      const more: string | undefined = /^… more: call again with start_line=(\d+)$/.exec(rest.at(-1) ?? '')?.[1];
      seen.push(...(more === undefined ? rest : rest.slice(0, -1)));
      start = more === undefined ? null : Number(more);
    }
    assert.deepEqual(seen, lines);
  });

  it('cuts a line that is longer than an answer', async () => {
    write('wide.txt', `${'é'.repeat(300_000)}\nlast\n`);
    const text = await run({ path: 'wide.txt' });
    assert.match(text, /^wide\.txt lines 1-1 of 2 \(600006 bytes\)\né+\n… more: line 1 is longer .* start_line=2$/);
    assert.ok(Buffer.byteLength(text) < 257 * 1024);
  });

  it('refuses what is no text file', async () => {
    write('late.bin', Buffer.concat([Buffer.alloc(400_000, 'a'), Buffer.from([0])]));
    mkdirSync(join(workspace, 'folder'));
    execFileSync('mkfifo', [join(workspace, 'pipe')]);
    await assert.rejects(run({ path: 'late.bin' }), { code: 'TOOL_FAILED', message: /late\.bin is a binary file/ });
    await assert.rejects(run({ path: 'folder' }), { code: 'TOOL_FAILED', message: /folder is a folder/ });
    await assert.rejects(run({ path: 'pipe' }), { code: 'TOOL_FAILED', message: /pipe is not a regular file/ });
    await assert.rejects(run({ path: 'none.txt' }), { code: 'TOOL_FAILED', message: /none\.txt/ });
  });

  it('refuses wrong ranges, and reads nothing after an abort', async () => {
    await assert.rejects(run({ path: 'a.txt', start_line: 4 }), {
      code: 'TOOL_ARGUMENTS',
      message: /is 4: a\.txt has only 3 lines/,
    });
    await assert.rejects(run({ path: 'a.txt', start_line: 2, end_line: 1 }), {
      code: 'TOOL_ARGUMENTS',
      message: /end_line/,
    });
    await assert.rejects(run({ path: 'a.txt', start_line: 0 }), {
      code: 'TOOL_ARGUMENTS',
      message: /"start_line" of read_file is 0/,
    });
    const context = toolContext({ workspace, signal: AbortSignal.abort() });
    await assert.rejects(read.run({ path: 'a.txt' }, context), { code: 'CANCELLED' });
  });
});
