import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { replaceInText } from '../../src/tools/search-replace.ts';
import { testSandboxes } from '../support/sandboxes.ts';
import { newFolder, removeFolder, testTools, toolContext } from '../support/tool-context.ts';

const edit = testTools()('edit_file');

describe('edit_file', () => {
  let workspace: string;
  const path = (): string => join(workspace, 'a.txt');
  const run = async (before: string | Buffer, input: Record<string, unknown>): Promise<[string, string]> => {
    writeFileSync(path(), before);
    const { text } = await edit.run({ path: 'a.txt', ...input }, toolContext({ workspace }));
    return [text, readFileSync(path(), 'utf8')];
  };

  before(async () => {
    workspace = await newFolder();
  });
  after(() => removeFolder(workspace));

  it('replaces all, or the first and says what is left', async () => {
    assert.deepEqual(await run('a b a\n', { find: 'a', replace: '$&$1', all: true }), [
      '2 replacements in a.txt',
      '$&$1 b $&$1\n',
    ]);
    assert.deepEqual(await run('a b a\n', { find: 'a', replace: 'c' }), [
      '1 replacements in a.txt\n1 further matches were left; give all: true to replace them too.',
      'c b a\n',
    ]);
  });

  it('replaces by regular expression, with groups, at each line', async () => {
    const input = { find: '^(\\w+)=(.*)$', replace: '$2:$1', regex: true, all: true };
    assert.deepEqual(await run('a=1\nb=2\n', input), ['2 replacements in a.txt', '1:a\n2:b\n']);
    assert.deepEqual(await run('Foo foo', { find: 'FOO', replace: 'x', case_sensitive: false, all: true }), [
      '2 replacements in a.txt',
      'x x',
    ]);
  });

  it('keeps byte order mark, line ends and everything else byte for byte', async () => {
    assert.deepEqual((await run('\ufeffa\r\nb\r\n', { find: 'b', replace: 'c' }))[1], '\ufeffa\r\nc\r\n');
  });

  it('fails when nothing matches, saying so, and asks nobody', async () => {
    const context = toolContext({ workspace });
    writeFileSync(path(), 'a\r\nb\r\n');
    await assert.rejects(edit.run({ path: 'a.txt', find: 'a\nb', replace: '' }, context), {
      code: 'TOOL_FAILED',
      message: /^0 matches .*a\.txt.*\\r\\n/,
    });
    assert.deepEqual(context.approvals, []);
  });

  it('refuses what is no UTF-8 text, missing, or a bad expression', async () => {
    await assert.rejects(run(Buffer.from([0xe9, 0x0a]), { find: 'a', replace: '' }), {
      code: 'TOOL_FAILED',
      message: /not a UTF-8 text/,
    });
    await assert.rejects(run('a', { find: '(', replace: '', regex: true }), {
      code: 'TOOL_ARGUMENTS',
      message: /"find"/,
    });
    await assert.rejects(run('a', { find: '', replace: '' }), { code: 'TOOL_ARGUMENTS', message: /"find"/ });
    await assert.rejects(edit.run({ path: 'none', find: 'a', replace: 'b' }, toolContext({ workspace })), {
      code: 'TOOL_FAILED',
      message: /no file none/,
    });
  });

  it('stops an expression that backtracks for ever and one that would grow without bound', async () => {
    const limited = testTools({ sandboxes: testSandboxes({ jobTimeoutMs: 300 }) })('edit_file');
    writeFileSync(path(), 'a'.repeat(60));
    const hostile = { path: 'a.txt', find: '^(a+)+b$', replace: '', regex: true };
    await assert.rejects(limited.run(hostile, toolContext({ workspace })), { code: 'TOOL_FAILED', message: /stopped/ });
    const growing = { find: '.', replace: 'x'.repeat(900_000), regex: true, all: true };
    await assert.rejects(run('a'.repeat(60), growing), { code: 'TOOL_FAILED', message: /grow/ });
  });

  it('replaces as JavaScript does, for any template', () => {
    const part = fc.constantFrom('$', '$$', '$&', '$1', '$2', '$3', '$12', '$0', '$<n>', '<', 'a', '1');
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 6 }),
        fc.string({ unit: fc.constantFrom('a', 'b', '\n', 'é'), maxLength: 12 }),
        (parts, text) => {
          const replace = parts.join('');
          for (const find of ['(a)(b)?', 'é', '(?<n>b)|a', 'x*']) {
            const request = {
              op: 'replace',
              text,
              find,
              replace,
              regex: true,
              caseSensitive: true,
              all: true,
              maxBytes: 1e6,
            } as const;
            assert.equal(replaceInText(request).text, text.replace(new RegExp(find, 'gmu'), replace));
          }
        },
      ),
      { examples: [[['$', '<', '$', '$<n>'], 'a']] },
    );
  });
});
