import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isHaiosError } from '../../src/core/errors.ts';
import { contain, openContained } from '../../src/tools/paths.ts';
import { writeAtomic } from '../../src/tools/atomic-write.ts';
import { newFolder, removeFolder, testTools, toolContext } from '../support/tool-context.ts';

describe('fault 15: paths that lead out of the workspace', () => {
  let workspace: string;
  let outside: string;
  const tools = testTools();

  beforeEach(async () => {
    workspace = await newFolder();
    outside = await newFolder();
    writeFileSync(join(outside, 'secret.txt'), 'secret');
    mkdirSync(join(workspace, 'dir'));
    writeFileSync(join(workspace, 'dir/a.txt'), 'inside');
    symlinkSync(outside, join(workspace, 'out'));
    symlinkSync(join(outside, 'secret.txt'), join(workspace, 'link.txt'));
    symlinkSync(join(outside, 'made.txt'), join(workspace, 'dangling.txt'));
    symlinkSync('out', join(workspace, 'twice'));
    symlinkSync('circle', join(workspace, 'circle'));
  });
  afterEach(async () => {
    await removeFolder(workspace);
    await removeFolder(outside);
  });

  it('are denied to every tool, naming the path, and nobody is asked', async () => {
    const sibling = `${workspace}-sibling/x`;
    const escapes = [
      ...[
        '..',
        '../x',
        'dir/../../x',
        '../../../../../../etc/passwd',
        '/etc/passwd',
        join(outside, 'secret.txt'),
        sibling,
      ],
      ...[
        'out/secret.txt',
        'link.txt',
        'twice/secret.txt',
        'dangling.txt',
        'circle',
        'circle/x',
        'out/new/file',
        'a\0b',
        'dir/a.txt\0.png',
      ],
      '/root/no-such-place/x',
    ];
    for (const path of escapes) {
      const calls: [string, unknown][] = [
        ['list_files', { path }],
        ['read_file', { path }],
        ['search_files', { path, pattern: 'secret' }],
        ['write_file', { path, content: 'x' }],
        ['edit_file', { path, find: 's', replace: 'x' }],
        ['run_command', { command: ['true'], cwd: path }],
        ['git_blame', { path, lines: [1] }],
      ];
      for (const [name, input] of calls) {
        const context = toolContext({ workspace });
        await assert.rejects(tools(name).run(input, context), { code: 'PATH_DENIED' }, `${name} ${path}`);
        assert.deepEqual([context.approvals, context.changes, context.uses], [[], [], []]);
      }
    }
    await assert.rejects(contain(workspace, 'out/secret.txt'), { code: 'PATH_DENIED', message: /out\/secret\.txt/ });
    assert.deepEqual(readdirSync(outside), ['secret.txt']);
    assert.equal(readFileSync(join(outside, 'secret.txt'), 'utf8'), 'secret');
  });

  it('are not confused with names that only look so', async () => {
    writeFileSync(join(workspace, '..a'), 'dots');
    const read = async (path: string): Promise<string> =>
      (await tools('read_file').run({ path }, toolContext({ workspace }))).text;
    assert.match(await read('..a'), /^\.\.a lines 1-1/);
    assert.match(await read('dir/../dir/./a.txt'), /^dir\/a\.txt lines 1-1/);
    assert.match(await read(join(workspace, 'dir/a.txt')), /^dir\/a\.txt lines 1-1/);
    assert.match(await read('out/../dir/a.txt'), /inside$/);
  });

  it('are found out when a file or a folder is swapped for a link between the check and the opening', async () => {
    const swaps: [string, () => void][] = [
      ['dir/a.txt', (): void => replaceByLink(join(workspace, 'dir/a.txt'), join(outside, 'secret.txt'))],
      ['dir/b.txt', (): void => replaceByLink(join(workspace, 'dir'), outside)],
    ];
    writeFileSync(join(workspace, 'dir/b.txt'), 'inside');
    writeFileSync(join(outside, 'b.txt'), 'secret');
    for (const [path, swap] of swaps) {
      const target = await contain(workspace, path);
      swap();
      await assert.rejects(openContained(workspace, target), { code: 'PATH_DENIED' });
    }
  });

  it('are never written through when the folder is swapped at any step of a write', async () => {
    const write = { content: Buffer.from('ours'), mode: null, signal: new AbortController().signal };
    const swap = (): void => replaceByLink(join(workspace, 'dir'), outside);
    const target = await contain(workspace, 'dir/new.txt');
    // After the temporary file is made: it is renamed in the real folder, wherever that went, or not at all.
    const late = { workspace, target, ...write, beforeCommit: () => Promise.resolve(swap()) };
    await writeAtomic(late).catch(() => undefined);
    assert.deepEqual(readdirSync(outside), ['secret.txt']);
    // Before: the folder is not opened.
    await assert.rejects(writeAtomic({ workspace, target, ...write, beforeCommit: () => Promise.resolve() }), {
      code: 'PATH_DENIED',
    });
    assert.deepEqual(readdirSync(outside), ['secret.txt']);
  });

  it('never give the secret while a folder is swapped to and fro', async () => {
    const dir = join(workspace, 'dir');
    let running = true;
    let swaps = 0;
    const attempt = (step: () => void): void => {
      try {
        step();
      } catch {
        // The tools make the folder anew at times: the next round goes on from there.
      }
    };
    const swapping = (async () => {
      for (; running; swaps += 1) {
        attempt(() => replaceByLink(dir, outside));
        await new Promise((resolve) => setImmediate(resolve));
        attempt(() => rmSync(dir));
        attempt(() => mkdirSync(dir));
        attempt(() => writeFileSync(join(dir, 'secret.txt'), 'public'));
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const seen = new Set<string>();
    for (let count = 0; count < 300; count += 1) {
      const call = tools('read_file').run({ path: 'dir/secret.txt' }, toolContext({ workspace }));
      seen.add(
        await call.then(
          ({ text }) => text,
          (error: unknown) => (isHaiosError(error) ? error.code : 'not an error of ours'),
        ),
      );
      await tools('write_file')
        .run({ path: 'dir/w.txt', content: 'w' }, toolContext({ workspace }))
        .catch(() => undefined);
    }
    running = false;
    await swapping;
    assert.ok(swaps > 100);
    for (const outcome of seen) assert.match(outcome, /^PATH_DENIED$|^TOOL_FAILED$|\npublic$/);
    assert.equal(existsSync(join(outside, 'w.txt')), false);
    assert.deepEqual(readdirSync(outside), ['secret.txt']);
  });
});

function replaceByLink(path: string, target: string): void {
  rmSync(path, { recursive: true });
  symlinkSync(target, path);
}
