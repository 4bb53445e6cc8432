import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { newFolder, removeFolder, testTools, toolContext } from '../support/tool-context.ts';

describe('write_file', () => {
  let workspace: string;
  const tools = testTools();
  const write = tools('write_file');
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

  beforeEach(async () => {
    workspace = await newFolder();
  });
  afterEach(() => removeFolder(workspace));

  it('makes a file and its folders, shows the diff and records the change', async () => {
    const context = toolContext({ workspace });
    const { text } = await write.run({ path: 'a/b/c.txt', content: 'héllo\n' }, context);
    assert.equal(text, 'wrote a/b/c.txt (7 bytes)');
    assert.equal(readFileSync(join(workspace, 'a/b/c.txt'), 'utf8'), 'héllo\n');
    const [approval] = context.approvals;
    assert.deepEqual([approval?.kind, approval?.path, approval?.protected], ['write', 'a/b/c.txt', false]);
    assert.equal(approval?.title, 'Create a/b/c.txt (7 bytes)');
    assert.equal(approval?.detail, '--- /dev/null\n+++ b/a/b/c.txt\n@@ -0,0 +1,1 @@\n+héllo\n');
    const [change] = context.changes;
    assert.deepEqual(
      { ...change, lockWaitMs: 0 },
      { path: 'a/b/c.txt', sizeBefore: null, sizeAfter: 7, sha256: sha256('héllo\n'), lockWaitMs: 0 },
    );
    assert.ok((change?.lockWaitMs ?? -1) >= 0);
  });

  it('replaces a file, keeps its mode, leaves nothing beside it', async () => {
    writeFileSync(join(workspace, 'run.sh'), 'one\ntwo\n');
    chmodSync(join(workspace, 'run.sh'), 0o751);
    const context = toolContext({ workspace });
    await write.run({ path: 'run.sh', content: 'one\n2\n' }, context);
    assert.equal(statSync(join(workspace, 'run.sh')).mode & 0o7777, 0o751);
    assert.deepEqual(readdirSync(workspace), ['run.sh']);
    assert.match(context.approvals[0]?.detail ?? '', /@@ -1,2 \+1,2 @@\n one\n-two\n\+2\n/);
    assert.deepEqual([context.changes[0]?.sizeBefore, context.changes[0]?.sizeAfter], [8, 6]);
  });

  it('changes nothing when it is not allowed', async () => {
    writeFileSync(join(workspace, 'a.txt'), 'old');
    const context = toolContext({ workspace, approve: () => Promise.resolve(false) });
    await assert.rejects(write.run({ path: 'a.txt', content: 'new' }, context), { code: 'DENIED', message: /a\.txt/ });
    await assert.rejects(write.run({ path: 'new/b.txt', content: 'new' }, context), { code: 'DENIED' });
    assert.equal(readFileSync(join(workspace, 'a.txt'), 'utf8'), 'old');
    assert.deepEqual(readdirSync(workspace), ['a.txt']);
    assert.deepEqual(context.changes, []);
  });

  it('does not overwrite what somebody changed, made or removed while it was asked', async () => {
    const path = join(workspace, 'a.txt');
    for (const [before, meanwhile] of [
      ['old', (): void => writeFileSync(path, 'odd')],
      [null, (): void => writeFileSync(path, 'somebody')],
      ['old', (): void => renameSync(path, join(workspace, 'moved.txt'))],
    ] as const) {
      await removeFolder(path);
      if (before !== null) writeFileSync(path, before);
      const context = toolContext({ workspace, approve: () => Promise.resolve(meanwhile() === undefined) });
      await assert.rejects(write.run({ path: 'a.txt', content: 'ours' }, context), {
        code: 'TOOL_FAILED',
        message: /changed by something else/,
      });
      assert.deepEqual(context.changes, []);
      assert.ok(readdirSync(workspace).every((name) => !name.endsWith('.tmp')));
    }
    assert.deepEqual(readdirSync(workspace), ['moved.txt']);
  });

  it('leaves neither file nor folder behind after an abort or a failure', async () => {
    const abort = new AbortController();
    const context = toolContext({
      workspace,
      signal: abort.signal,
      approve: () => Promise.resolve(abort.abort() === undefined),
    });
    await assert.rejects(write.run({ path: 'x/y/z.txt', content: 'z' }, context), { code: 'CANCELLED' });
    mkdirSync(join(workspace, 'folder'));
    await assert.rejects(write.run({ path: 'folder', content: 'z' }, toolContext({ workspace })), {
      code: 'TOOL_FAILED',
    });
    await assert.rejects(write.run({ path: `n/${'x'.repeat(300)}`, content: 'z' }, toolContext({ workspace })), {
      code: 'TOOL_FAILED',
    });
    assert.deepEqual(readdirSync(workspace, { recursive: true }), ['folder']);
  });

  it('writes through a link to the real file, and names the real one', async () => {
    mkdirSync(join(workspace, 'real'));
    symlinkSync('real', join(workspace, 'link'));
    const context = toolContext({ workspace });
    await write.run({ path: 'link/a.txt', content: 'a' }, context);
    assert.equal(context.approvals[0]?.title, 'Create link/a.txt (really real/a.txt) (1 bytes)');
    assert.equal(context.changes[0]?.path, 'real/a.txt');
  });

  it('lets concurrent writers of one file in one after the other, each seeing the last', async () => {
    const edit = tools('edit_file');
    writeFileSync(join(workspace, 'n.txt'), 'x'.repeat(12));
    const context = toolContext({ workspace });
    const edits = Array.from({ length: 12 }, () => edit.run({ path: 'n.txt', find: 'x', replace: 'y' }, context));
    await Promise.all(edits);
    assert.equal(readFileSync(join(workspace, 'n.txt'), 'utf8'), 'y'.repeat(12));
    assert.equal(context.changes.length, 12);
  });

  it('never writes to the folders of the runtime', async () => {
    mkdirSync(join(workspace, 'data'));
    const guarded = testTools({ dataDirs: [join(workspace, 'data')] })('write_file');
    const context = toolContext({ workspace });
    await assert.rejects(guarded.run({ path: 'data/ledger.db', content: '' }, context), {
      code: 'PATH_DENIED',
      message: /data\/ledger\.db/,
    });
    assert.deepEqual(context.approvals, []);
  });

  it('shows a cut description instead of a diff that would take for ever or for miles', async () => {
    const old = Array.from({ length: 60_000 }, (_, index) => `a${index * 7}`).join('\n');
    const next = Array.from({ length: 60_000 }, (_, index) => `b${index * 13}`).join('\n');
    writeFileSync(join(workspace, 'big.txt'), old);
    const context = toolContext({ workspace });
    await write.run({ path: 'big.txt', content: next }, context);
    const detail = context.approvals[0]?.detail ?? '';
    assert.match(detail, /^Too different to compare/);
    assert.match(detail, /… cut: \d+ more characters are not shown\.$/);
    assert.ok(Buffer.byteLength(detail) <= 64 * 1024);
  });
});
