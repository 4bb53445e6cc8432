import assert from 'node:assert/strict';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mergeConfig } from '../../src/core/config.ts';
import { isHaiosError } from '../../src/core/errors.ts';
import type { ErrorCode } from '../../src/catalogue/errors.ts';
import { createRunPolicy } from '../../src/runtime/run-policy.ts';
import { Secrets } from '../../src/runtime/secrets.ts';
import { DeniedPaths } from '../../src/tools/denied-paths.ts';
import { newFolder, removeFolder, testTools, toolContext, type RecordingContext } from '../support/tool-context.ts';

describe('policies: what tools may not touch', () => {
  const tool = testTools();
  let folder: string;
  let context: RecordingContext;
  const secret = 'correct-horse-battery';
  const policies = {
    denied_paths: ['secrets/', '.env*'],
    denied_commands: ['rm', 'git push*'],
    blocked_secrets: ['MY_*'],
    block_secret_shapes: true,
  };

  before(async () => {
    folder = await newFolder();
    await mkdir(join(folder, 'secrets/deep'), { recursive: true });
    await mkdir(join(folder, 'src'));
    await writeFile(join(folder, 'secrets/deep/key.txt'), 'needle in secrets\n');
    await writeFile(join(folder, '.env.local'), 'needle in env\n');
    await writeFile(join(folder, 'src/a.txt'), 'needle in a\n');
    await symlink('../secrets/deep/key.txt', join(folder, 'src/link.txt'));
    await symlink('secrets', join(folder, 'open'));
    await symlink('/bin/rm', join(folder, 'src/tidy'));
    const policy = createRunPolicy(mergeConfig({ policies }, {}).policies, new Secrets({ MY_WORD: secret }), folder);
    context = toolContext({ workspace: folder, policy });
  });
  after(() => removeFolder(folder));

  const refused = (code: ErrorCode, says: RegExp, name: string, input: unknown): Promise<void> =>
    assert.rejects(
      async () => tool(name).run(input, context),
      (error) => isHaiosError(error, code) && says.test(error.message) && !error.message.includes(secret),
      `${name} ${JSON.stringify(input)}`,
    );

  it('reads, searches, writes and edits nothing there, however it is named', async () => {
    const says = /is forbidden by policies\.denied_paths “(secrets\/|\.env\*)”/;
    for (const path of ['secrets/deep/key.txt', 'src/../secrets/deep/key.txt', 'SECRETS/new.txt', '.env.local', '.ENV'])
      await refused('PATH_DENIED', says, 'write_file', { path, content: 'x' });
    for (const path of ['secrets/deep/key.txt', 'src/link.txt', 'open/deep/key.txt', join(folder, '.env.local')]) {
      await refused('PATH_DENIED', says, 'read_file', { path });
      await refused('PATH_DENIED', says, 'edit_file', { path, find: 'needle', replace: 'x' });
      await refused('PATH_DENIED', says, 'git_blame', { path, lines: [1] });
    }
    for (const path of ['secrets', 'secrets/deep', 'open'])
      for (const [name, input] of [
        ['list_files', { path }] as const,
        ['search_files', { path, pattern: 'needle' }] as const,
      ])
        await refused('PATH_DENIED', says, name, input);
    assert.equal(await readFile(join(folder, 'secrets/deep/key.txt'), 'utf8'), 'needle in secrets\n');
  });

  it('shows neither names nor lines of it when a folder above is listed or searched', async () => {
    const list = await tool('list_files').run({}, context);
    assert.equal(list.text, '1 files\nsrc/a.txt');
    const search = await tool('search_files').run({ pattern: 'needle', glob: '**/*' }, context);
    assert.match(search.text, /^1 matching lines in 1 files/);
    assert.ok(!/secrets|env/.test(search.text));
  });

  it('starts no command that is denied, in a denied folder, or with a denied path among its arguments', async () => {
    const asked = context.approvals.length;
    for (const command of [['rm', 'x'], ['/bin/rm'], ['env', 'A=1', 'git', 'push'], ['src/tidy', 'x']])
      await refused('DENIED', /is forbidden by policies\.denied_commands “/, 'run_command', { command });
    const says = /is forbidden by policies\.denied_paths “/;
    for (const command of [
      ['cat', 'secrets/deep/key.txt'],
      ['cat', 'src/link.txt'],
      ['tar', 'cf', '-', '--directory=secrets', '.'],
      ['curl', '-d', '@.env.local', 'http://127.0.0.1:1/'],
      ['grep', '-fsecrets/deep/key.txt', 'x'],
    ])
      await refused('PATH_DENIED', says, 'run_command', { command });
    await refused('PATH_DENIED', says, 'run_command', { command: ['cat', '../.env.local'], cwd: 'src' });
    await refused('PATH_DENIED', says, 'run_command', { command: ['ls'], cwd: 'secrets' });
    assert.equal(context.approvals.length, asked, 'nobody is asked for what is forbidden');
    const allowed = await tool('run_command').run({ command: ['cat', 'src/a.txt'] }, context);
    assert.match(allowed.text, /^exit code 0\nneedle in a/);
  });

  it('writes no blocked secret into a file, also one that only an edit puts together', async () => {
    const [head, tail] = [secret.slice(0, 8), secret.slice(8)];
    await writeFile(join(folder, 'src/parts.txt'), `${head}_${tail}\n`);
    const says = /would hold a secret that policies\.blocked_secrets \(MY_WORD\) blocks/;
    await refused('DENIED', says, 'edit_file', { path: 'src/parts.txt', find: '_', replace: '' });
    assert.equal(
      context.policy.secret({ a: [{ b: `x${Buffer.from(secret).toString('hex')}` }] }),
      'policies.blocked_secrets (MY_WORD)',
    );
    assert.equal(
      context.policy.secret(`key AKIA${'Q'.repeat(16)}`),
      'policies.block_secret_shapes (aws-access-key-id)',
    );
    assert.equal(context.policy.secret('const token = readToken(); password: "changeme"'), null);
  });

  it('names the pattern, and forbids no more than it says', () => {
    const paths = new DeniedPaths(['secrets/', '*.pem', '/build']);
    assert.deepEqual(
      ['secrets/a/b', 'a/secrets', 'x/y.PEM', 'build/a', 'src/build', 'secrets.md', '.', ''].map((path) =>
        paths.rule(path),
      ),
      ['secrets/', 'secrets/', '*.pem', '/build', null, null, null, null],
    );
  });
});
