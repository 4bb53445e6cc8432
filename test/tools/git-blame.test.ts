import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder, removeFolder, testTools, toolContext } from '../support/tool-context.ts';

const blame = testTools()('git_blame');

describe('git_blame', () => {
  let workspace: string;
  const run = async (input: Record<string, unknown>): Promise<string> =>
    (await blame.run(input, toolContext({ workspace }))).text;
  const git = (args: string[], name = 'Ann', date = '2024-02-03T23:30:00-0500'): void => {
    const env = { PATH: process.env['PATH'], HOME: workspace, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
    execFileSync('git', ['-c', `user.name=${name}`, '-c', 'user.email=x@example.org', ...args], {
      cwd: workspace,
      env,
    });
  };

  beforeEach(async () => {
    workspace = await newFolder();
    git(['init', '-q']);
    mkdirSync(join(workspace, 'sub'));
    writeFileSync(join(workspace, 'sub/a.txt'), 'one\ntwo\nthree\nfour\n');
    git(['add', '.']);
    git(['commit', '-qm', 'first']);
    writeFileSync(join(workspace, 'sub/a.txt'), 'one\nTWO\nthree\nFOUR\n');
    git(['commit', '-qam', 'second'], 'Bøb the 2nd', '2025-06-07T00:10:00+0900');
  });
  afterEach(() => removeFolder(workspace));

  it('gives date and author of each line, in the order asked, as git itself does', async () => {
    const first = '2024-02-03\tAnn';
    const second = '2025-06-07\tBøb the 2nd';
    assert.equal(
      await run({ path: 'sub/a.txt', lines: [4, 1, 2, 3, 2] }),
      `4\t${second}\n1\t${first}\n2\t${second}\n3\t${first}\n2\t${second}`,
    );
  });

  it('fails in a sentence for lines, files and folders that git does not know', async () => {
    await assert.rejects(run({ path: 'sub/a.txt', lines: [9] }), { code: 'TOOL_FAILED', message: /4 lines/ });
    writeFileSync(join(workspace, 'new.txt'), 'x\n');
    await assert.rejects(run({ path: 'new.txt', lines: [1] }), { code: 'TOOL_FAILED', message: /new\.txt/ });
    await assert.rejects(run({ path: 'sub/a.txt', lines: [0] }), {
      code: 'TOOL_ARGUMENTS',
      message: /"lines\.0" of git_blame is 0/,
    });
    await assert.rejects(run({ path: '../a.txt', lines: [1] }), { code: 'PATH_DENIED' });
    const none = testTools({ gitPath: '/nowhere/git' })('git_blame');
    await assert.rejects(none.run({ path: 'sub/a.txt', lines: [1] }, toolContext({ workspace })), {
      code: 'TOOL_FAILED',
      message: /git/,
    });
    const bare = await newFolder();
    try {
      writeFileSync(join(bare, 'a.txt'), 'x\n');
      await assert.rejects(blame.run({ path: 'a.txt', lines: [1] }, toolContext({ workspace: bare })), {
        code: 'TOOL_FAILED',
        message: /not a git repository/,
      });
    } finally {
      await removeFolder(bare);
    }
  });

  it('lets the configuration of the repository start nothing', async () => {
    const trap = join(workspace, '.git', 'trap.sh');
    writeFileSync(trap, `#!/bin/sh\ntouch '${join(workspace, 'sprung')}'\ncat\n`, { mode: 0o755 });
    for (const key of [
      'core.fsmonitor',
      'core.pager',
      'diff.x.textconv',
      'filter.x.clean',
      'filter.x.smudge',
      'filter.y.process',
      'core.editor',
      'core.sshCommand',
    ]) {
      git(['config', key, trap]);
    }
    git(['config', 'filter.y.required', 'true']);
    git(['config', 'filter.x.y.z.clean', trap]);
    writeFileSync(join(workspace, '.gitattributes'), '*.txt filter=x diff=x\n*.md filter=y\n');
    writeFileSync(join(workspace, 'sub/a.txt'), 'one\nTWO\nthree\nFOUR\nfive\n');
    assert.match(await run({ path: 'sub/a.txt', lines: [1, 5] }), /^1\t2024-02-03\tAnn\n5\t\d{4}-\d\d-\d\d\t/);
    assert.equal(existsSync(join(workspace, 'sprung')), false);
    // The trap is armed: plain git steps into it.
    execFileSync('git', ['blame', '--textconv', '--', 'sub/a.txt'], { cwd: workspace, stdio: 'ignore' });
    assert.equal(existsSync(join(workspace, 'sprung')), true);
  });
});
