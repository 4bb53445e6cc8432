import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CoreEvent } from '../../src/core/events.ts';
import { unifiedDiff } from '../../src/tools/diff.ts';
import { testSandboxes } from '../support/sandboxes.ts';
import { newFolder, removeFolder, testTools, toolContext } from '../support/tool-context.ts';

describe('the difference that a person approves', () => {
  let workspace: string;
  before(async () => {
    workspace = await newFolder();
  });
  after(() => removeFolder(workspace));

  /** Overwrites a file; the difference shown, and where it was made besides the tool itself. */
  const change = async (before: string, after: string): Promise<{ detail: string; threads: number }> => {
    const events: CoreEvent[] = [];
    const sandboxes = testSandboxes({ observe: (event) => events.push(event) });
    writeFileSync(join(workspace, 'a.txt'), before);
    const context = toolContext({ workspace });
    await testTools({ sandboxes })('write_file').run({ path: 'a.txt', content: after }, context);
    const threads = events.filter((event) => event.type === 'sandbox_used' && event.sandbox === 'thread').length;
    await sandboxes.close();
    return { detail: context.approvals[0]?.detail ?? '', threads };
  };
  const lines = (count: number): string => Array.from({ length: count }, (_, n) => `line ${n}\n`).join('');

  it('is made at once for a small text', async () => {
    const { detail, threads } = await change(lines(100), lines(100).replace('line 50', 'LINE 50'));
    assert.match(detail, /^--- a\/a\.txt\n\+\+\+ b\/a\.txt\n@@ -48,7 \+48,7 @@\n[^]*-line 50\n\+LINE 50\n/);
    assert.equal(threads, 0);
  });

  it('is made in a thread for a large one, and is the same', async () => {
    const [before, after] = [lines(50_000), lines(50_000).replace('line 40000', 'LINE 40000')];
    const { detail, threads } = await change(before, after);
    assert.equal(threads, 1);
    assert.equal(detail, unifiedDiff({ op: 'diff', name: 'a.txt', before, after, limitMs: 60_000 }));
    assert.match(detail, /-line 40000\n\+LINE 40000\n/);
  });

  it('moves to a thread when a small text takes long', async () => {
    const words = (seed: number): string => Array.from({ length: 6000 }, (_, n) => `${(n * seed) % 7919}\n`).join('');
    const { threads } = await change(words(3), words(5));
    assert.equal(threads, 1);
  });

  it('is given up with its call', async () => {
    const abort = new AbortController();
    const sandboxes = testSandboxes();
    const unlike = (letter: string): string => Array.from({ length: 60_000 }, (_, n) => `${letter}${n}\n`).join('');
    writeFileSync(join(workspace, 'a.txt'), unlike('a'));
    const context = toolContext({ workspace, signal: abort.signal });
    const writing = testTools({ sandboxes })('write_file').run({ path: 'a.txt', content: unlike('b') }, context);
    writing.catch(() => undefined);
    while (sandboxes.figures()[1]?.available === 2) await new Promise(setImmediate);
    abort.abort();
    await assert.rejects(writing, { code: 'CANCELLED' });
    assert.deepEqual(context.approvals, []);
    await sandboxes.close();
  });
});
