import assert from 'node:assert/strict';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { countFiles } from '../../src/tools/count-files.ts';
import { withFolder } from '../support/runtime.ts';
import { writeSampleTree } from '../support/sample-tree.ts';

const never = new AbortController().signal;

describe('tools/count-files', () => {
  it('counts what is not in an ignored folder and follows no link', () =>
    withFolder(async (folder) => {
      const extra = {
        '.gitignore': 'dist\n',
        'dist/a.js': '',
        'node_modules/b/c.js': '',
        '.git/d': '',
        'src/deep/e.ts': '',
      };
      const workspace = await writeSampleTree(folder, extra);
      await symlink(workspace, join(workspace, 'src/round'));
      assert.equal(await countFiles(workspace, 1000, never), 7);
    }));

  it('ends at the most it may count, and when it is told to', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder);
      assert.equal(await countFiles(workspace, 3, never), 3);
      assert.equal(await countFiles(workspace, 3, AbortSignal.abort()), 0);
      assert.equal(await countFiles(join(workspace, 'absent'), 3, never), 0);
    }));
});
