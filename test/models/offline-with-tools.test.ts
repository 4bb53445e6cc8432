import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../src/core/errors.ts';
import type { ToolCall, ToolResultMessage } from '../../src/core/ports.ts';
import { createOfflineModel } from '../../src/models/offline.ts';
import { createTokenizer } from '../../src/models/tokenizer.ts';
import { converse, type Conversation } from '../support/provider-conversation.ts';
import { newFolder, removeFolder, testTools, toolContext } from '../support/tool-context.ts';

/** The offline model reads what the tools really write: the fakes of the other tests cannot show that. */
describe('offline model with the product’s tools', () => {
  const model = createOfflineModel({ tokenizer: createTokenizer() });
  const names = ['list_files', 'read_file', 'search_files', 'git_blame', 'edit_file'];
  let folder: string;
  beforeEach(async () => {
    folder = await newFolder();
    await mkdir(join(folder, 'docs'));
    await writeFile(
      join(folder, 'README.md'),
      '# Sample\n\n[guide](docs/guide.md) [gone](docs/gone.md) [pic](pic.png)\n',
    );
    await writeFile(join(folder, 'docs/guide.md'), 'old text, TODO\nFIXME: old\n');
    await writeFile(join(folder, 'code.js'), "import x from 'left-pad';\n// HACK\n");
    await writeFile(join(folder, 'package.json'), '{"name":"sample","dependencies":{"unused":"1"}}\n');
    await writeFile(join(folder, '.gitignore'), 'pic.png\n');
    await writeFile(join(folder, 'pic.png'), Buffer.from([137, 80, 0, 1]));
    await writeFile(join(folder, 'odd\u200bname.txt'), 'TODO\n');
  });
  afterEach(() => removeFolder(folder));

  async function ask(prompt: string, allow = true): Promise<Conversation> {
    const tool = testTools();
    const context = toolContext({ workspace: folder, approve: () => Promise.resolve(allow) });
    const run = async (call: ToolCall): Promise<ToolResultMessage> => {
      const done = (text: string, isError: boolean): ToolResultMessage => ({
        id: call.id,
        name: call.name,
        text,
        isError,
      });
      try {
        return done((await tool(call.name).run(call.arguments, context)).text, false);
      } catch (error) {
        return done(messageOf(error), true);
      }
    };
    return converse(model, prompt, { specs: names.map((name) => tool(name).spec), run }, { maxOutputTokens: 16_000 });
  }

  it('takes an inventory', async () => {
    const { text } = await ask('inventory');
    assert.match(text, /6 files, \d+ lines of text/);
    assert.match(text, /\| Markdown \| 2 \| 5 \|/);
    assert.match(text, /### Headings of `README\.md`\n\n- `Sample`/);
  });

  it('finds as many TODO lines as grep, with dates from git', async () => {
    const git = (...args: string[]): unknown =>
      execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=a@b.c', ...args], { cwd: folder });
    git('init', '-q');
    git('add', '.');
    git('commit', '-qm', 'first', '--date=2024-02-03T12:00:00Z');
    const { text } = await ask('todo');
    const grep = execFileSync('grep', ['-rnIwE', 'TODO|FIXME|HACK', '--exclude-dir=.git', '.'], {
      cwd: folder,
      encoding: 'utf8',
    });
    assert.match(text, new RegExp(`^${grep.trim().split('\n').length} lines in 3 files`, 'm'));
    assert.match(text, /- 2: `FIXME: old` — since 2024-02-03, `Ada`/);
  });

  it('finds broken links, ignored files excepted', async () => {
    const { text } = await ask('links');
    assert.match(text, /1 broken link among 3 relative links/);
    assert.match(text, /- line 3: `docs\/gone\.md`/);
  });

  it('finds unused and missing packages', async () => {
    const { text } = await ask('dependencies');
    assert.match(text, /- `unused` \(dependencies\)/);
    assert.match(text, /- `left-pad` — `code\.js`/);
  });

  it('finds text with context', async () => {
    assert.match((await ask('find "old" in docs/*.md')).text, /2 matching lines in 1 file/);
  });

  it('replaces what it is allowed to', async () => {
    const denied = await ask('replace old with new in docs/*.md', false);
    assert.match(denied.text, /0 replacements in 0 files; 1 file left as it was/);
    assert.equal(await readFile(join(folder, 'docs/guide.md'), 'utf8'), 'old text, TODO\nFIXME: old\n');
    const { text } = await ask('replace old with new in docs/*.md');
    assert.match(text, /2 replacements in 1 file/);
    assert.equal(await readFile(join(folder, 'docs/guide.md'), 'utf8'), 'new text, TODO\nFIXME: new\n');
  });
});
