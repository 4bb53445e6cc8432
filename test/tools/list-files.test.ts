import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { testSandboxes } from '../support/sandboxes.ts';
import { newFolder, removeFolder, testTools, toolContext } from '../support/tool-context.ts';

const list = testTools()('list_files');

describe('list_files', () => {
  let workspace: string;
  let outside: string;
  const run = async (input: Record<string, unknown> = {}): Promise<string> =>
    (await list.run(input, toolContext({ workspace }))).text;

  beforeEach(async () => {
    workspace = await newFolder();
    outside = await newFolder();
  });
  afterEach(async () => {
    await removeFolder(workspace);
    await removeFolder(outside);
  });
  const write = (path: string, content: string | Buffer = ''): void => {
    mkdirSync(dirname(join(workspace, path)), { recursive: true });
    writeFileSync(join(workspace, path), content);
  };

  it('lists what git would track or show as new, and nothing of .git, node_modules and .haios', async () => {
    const files = {
      '.gitignore': '*.log\n/build/\n!keep.log\nsecret.*\n',
      'a.ts': '',
      'keep.log': '',
      'x.log': '',
      'build/out.js': '',
      'sub/build/in.js': '',
      'sub/.gitignore': '!x.log\nlocal\n',
      'sub/x.log': '',
      'sub/local/y.ts': '',
      'sub/deep/secret.txt': '',
      'sub/deep/z.txt': '',
      'é ü.txt': '',
    };
    for (const [path, content] of Object.entries(files)) write(path, content);
    execFileSync('git', ['init', '-q'], { cwd: workspace });
    const git = execFileSync('git', ['-c', 'core.quotePath=false', 'ls-files', '-co', '--exclude-standard'], {
      cwd: workspace,
    });
    const expected = git.toString().trim().split('\n').sort();
    write('node_modules/m/index.js');
    write('sub/node_modules/m/index.js');
    write('.haios/reports/r.md');
    assert.deepEqual((await run()).split('\n'), [`${expected.length} files`, ...expected]);
    assert.equal(await run({ path: 'node_modules/m' }), '0 files');
    assert.equal(await run({ path: '.git' }), '0 files');
    assert.equal(await run({ path: 'sub/local' }), '0 files');
    assert.equal(await run({ glob: 'node_modules/**' }), '0 files');
  });

  it('gives bytes and lines with details', async () => {
    write('a.txt', 'one\ntwo\n');
    write('b.txt', 'one\ntwo');
    write('c.bin', Buffer.from([1, 0, 2]));
    write('d.txt', '');
    write('e.txt', 'é\r\n');
    assert.equal(
      await run({ details: true }),
      '5 files\n8\t2\ta.txt\n7\t2\tb.txt\n3\t-\tc.bin\n0\t0\td.txt\n4\t1\te.txt',
    );
  });

  it('matches globs: by name at any depth, or by path below the folder', async () => {
    for (const path of ['a.ts', 'a.js', 'src/b.ts', 'src/x/c.ts', 'src/x/d.test.ts']) write(path);
    assert.equal(await run({ glob: '*.ts' }), '4 files\na.ts\nsrc/b.ts\nsrc/x/c.ts\nsrc/x/d.test.ts');
    assert.equal(await run({ glob: 'src/*.ts' }), '1 files\nsrc/b.ts');
    assert.equal(await run({ path: 'src', glob: 'x/*.{js,ts}' }), '2 files\nsrc/x/c.ts\nsrc/x/d.test.ts');
    assert.equal(await run({ path: 'src/b.ts' }), '1 files\nsrc/b.ts');
  });

  it('pages, saying where to go on, with the whole number each time', async () => {
    for (let index = 0; index < 25; index += 1) write(`f${String(index).padStart(2, '0')}`);
    assert.equal(await run({ max_results: 2, offset: 3 }), '25 files\nf03\nf04\n… more: call again with offset=5');
    assert.equal(await run({ offset: 24 }), '25 files\nf24');
    assert.equal(await run({ offset: 99 }), '25 files');
  });

  it('follows no symbolic link, and none in a glob', async () => {
    writeFileSync(join(outside, 'secret.txt'), 'secret');
    write('real/a.txt');
    symlinkSync(outside, join(workspace, 'out'));
    symlinkSync(join(outside, 'secret.txt'), join(workspace, 'secret.txt'));
    symlinkSync(join(workspace, 'real'), join(workspace, 'again'));
    symlinkSync(workspace, join(workspace, 'real', 'loop'));
    assert.equal(await run(), '1 files\nreal/a.txt');
    assert.equal(await run({ glob: 'out/*' }), '0 files');
    assert.equal(await run({ glob: 'out/secret.txt' }), '0 files');
    await assert.rejects(run({ path: 'out' }), { code: 'PATH_DENIED', message: /out/ });
  });

  it('keeps a name with a line end on one line', async () => {
    write('a\n5 files\u202e.txt');
    assert.equal(await run(), '1 files\n"a\\n5 files\\u202e.txt"');
  });

  it('stops a glob that backtracks for ever', async () => {
    write('a'.repeat(200));
    const limited = testTools({ sandboxes: testSandboxes({ jobTimeoutMs: 500 }) })('list_files');
    await assert.rejects(limited.run({ glob: '*(*a)b' }, toolContext({ workspace })), {
      code: 'TOOL_FAILED',
      message: /stopped/,
    });
  });

  it('says what is missing', async () => {
    await assert.rejects(run({ path: 'nowhere' }), { code: 'TOOL_FAILED', message: /no file or folder nowhere/ });
    await assert.rejects(run({ max_results: 5001 }), {
      code: 'TOOL_ARGUMENTS',
      message: /"max_results" of list_files is 5001/,
    });
  });
});
