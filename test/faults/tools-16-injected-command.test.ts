import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { newFolder, removeFolder, testTools, toolContext } from '../support/tool-context.ts';

const command = testTools()('run_command');

describe('fault 16: injected commands', () => {
  let workspace: string;
  before(async () => {
    workspace = await newFolder();
  });
  after(() => removeFolder(workspace));

  const hostile = [
    ...[
      '$(touch pwned)',
      '`touch pwned`',
      'a\ntouch pwned',
      'a; touch pwned',
      '&& touch pwned',
      '| tee pwned',
      '> pwned',
      '# x',
    ],
    ...[
      '$HOME',
      '*',
      '~',
      '%PATH%',
      '^&',
      '"',
      "'",
      '\\',
      '',
      ' ',
      '--pre=touch pwned',
      '\u202ecba',
      '\r\nx',
      '${IFS}',
      '!!',
    ],
    Array.from({ length: 60 }, () => 'touch pwned').join(' && '),
  ];

  it('reach the program as the exact arguments that were shown', async () => {
    const print = [process.execPath, '-e', 'console.log(JSON.stringify(process.argv.slice(1)))', '--'];
    const context = toolContext({ workspace });
    const { text } = await command.run({ command: [...print, ...hostile] }, context);
    assert.deepEqual(JSON.parse(text.split('\n')[1] ?? ''), hostile);
    const shown = (context.approvals[0]?.detail ?? '').split('\n');
    assert.equal(shown.length, print.length + hostile.length);
    assert.deepEqual(
      shown.map((line) => (line.startsWith('"') ? (JSON.parse(line) as string) : line)),
      [...print, ...hostile],
    );
    assert.deepEqual(readdirSync(workspace), []);
  });

  it('reach it so whatever they are', async () => {
    const argument = fc.string({
      unit: fc.constantFrom('$', '(', ')', '`', '"', "'", '\\', '\n', ' ', ';', '|', '&', 'a', '%', '!', '\u202e'),
      maxLength: 8,
    });
    const print = [process.execPath, '-e', 'console.log(JSON.stringify(process.argv.slice(1)))', '--'];
    await fc.assert(
      fc.asyncProperty(fc.array(argument, { maxLength: 5 }), async (given) => {
        const context = toolContext({ workspace });
        const { text } = await command.run({ command: [...print, ...given] }, context);
        assert.deepEqual(JSON.parse(text.split('\n')[1] ?? ''), given);
        assert.equal(context.approvals[0]?.detail.split('\n').length, print.length + given.length);
      }),
      { numRuns: 15 },
    );
  });

  it('and harmless ones too are never run without asking', async () => {
    for (const argv of [
      ['ls'],
      ['echo', 'x'],
      ['git', 'status'],
      ['rg', '--pre', 'sh', 'x'],
      ['find', '.', '-exec', 'touch', 'pwned', ';'],
    ]) {
      const context = toolContext({ workspace, approve: () => Promise.resolve(false) });
      await assert.rejects(command.run({ command: argv }, context), { code: 'DENIED' });
      assert.equal(context.approvals.length, 1);
      assert.equal(context.approvals[0]?.detail, argv.join('\n'));
    }
    assert.deepEqual(readdirSync(workspace), []);
  });

  it('cannot be smuggled in by a pattern, a glob, a path or a file name', async () => {
    const tools = testTools();
    writeFileSync(join(workspace, '$(touch pwned)'), 'x\n');
    writeFileSync(join(workspace, '--output=pwned'), 'x\n');
    const context = toolContext({ workspace });
    await tools('search_files').run({ pattern: '$(touch pwned)', glob: '$(touch pwned)' }, context);
    await tools('git_blame')
      .run({ path: '--output=pwned', lines: [1] }, context)
      .catch(() => undefined);
    await tools('git_blame')
      .run({ path: '$(touch pwned)', lines: [1] }, context)
      .catch(() => undefined);
    assert.deepEqual(readdirSync(workspace).sort(), ['$(touch pwned)', '--output=pwned']);
  });
});
