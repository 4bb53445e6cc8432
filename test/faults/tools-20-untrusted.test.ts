import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder, removeFolder, testTools, toolContext } from '../support/tool-context.ts';

describe('fault 20: an untrusted workspace', () => {
  let workspace: string;
  before(async () => {
    workspace = await newFolder();
    writeFileSync(join(workspace, 'a.txt'), 'old\n');
  });
  after(() => removeFolder(workspace));

  it('is read, but nothing is written and no program runs, and nobody is asked to', async () => {
    const tools = testTools();
    const context = toolContext({ workspace, trusted: false });
    const calls: [string, unknown][] = [
      ['write_file', { path: 'b.txt', content: 'x' }],
      ['write_file', { path: 'a.txt', content: 'x' }],
      ['edit_file', { path: 'a.txt', find: 'old', replace: 'new' }],
      ['run_command', { command: ['touch', 'b.txt'] }],
      ['git_blame', { path: 'a.txt', lines: [1] }],
    ];
    for (const [name, input] of calls) {
      await assert.rejects(tools(name).run(input, context), { code: 'UNTRUSTED', message: /not trusted/ }, name);
    }
    assert.deepEqual([context.approvals, context.changes, context.uses], [[], [], []]);
    assert.deepEqual(readdirSync(workspace), ['a.txt']);
    assert.equal(readFileSync(join(workspace, 'a.txt'), 'utf8'), 'old\n');
    assert.equal((await tools('list_files').run({}, context)).text, '1 files\na.txt');
    assert.equal(
      (await tools('read_file').run({ path: 'a.txt' }, context)).text,
      'a.txt lines 1-1 of 1 (4 bytes)\nold',
    );
    assert.match((await tools('search_files').run({ pattern: 'old' }, context)).text, /^1 matching/);
  });
});
