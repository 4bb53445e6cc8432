import assert from 'node:assert/strict';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder, removeFolder, testTools, toolContext } from '../support/tool-context.ts';

describe('fault 17: writes to places from which code starts', () => {
  let workspace: string;
  const tools = testTools();

  beforeEach(async () => {
    workspace = await newFolder();
  });
  afterEach(() => removeFolder(workspace));

  /** Whether the write of a path was asked as protected; it is denied. */
  const asked = async (path: string): Promise<boolean | undefined> => {
    const context = toolContext({ workspace, approve: () => Promise.resolve(false) });
    await assert.rejects(tools('write_file').run({ path, content: 'x' }, context), { code: 'DENIED' });
    assert.equal(context.approvals.length, 1);
    return context.approvals[0]?.protected;
  };

  it('are asked as protected, whatever their case, and nothing is made when refused', async () => {
    const places = [
      ...['.vscode/tasks.json', '.VSCODE/settings.json', 'team.code-workspace', '.git/hooks/pre-commit', '.git/config'],
      ...[
        'haios.config.json',
        'Haios.Config.JSON',
        '.haios/reports/x.md',
        '.bashrc',
        'sub/.zshrc',
        '.github/workflows/ci.yml',
        './sub/../.envrc',
      ],
    ];
    for (const path of places) assert.equal(await asked(path), true, path);
    assert.equal(await asked('src/a.ts'), false);
    assert.equal(existsSync(join(workspace, '.vscode')), false);
  });

  it('are seen through links that lead to them', async () => {
    mkdirSync(join(workspace, '.git/hooks'), { recursive: true });
    symlinkSync('.git/hooks', join(workspace, 'innocent'));
    assert.equal(await asked('innocent/pre-commit'), true);
  });

  it('are seen when they are themselves links to an ordinary place', async () => {
    mkdirSync(join(workspace, 'docs'));
    mkdirSync(join(workspace, '.cursor'));
    writeFileSync(join(workspace, 'notes.json'), '{}');
    symlinkSync('docs', join(workspace, '.vscode'));
    symlinkSync('../notes.json', join(workspace, '.cursor/mcp.json'));
    assert.equal(await asked('docs/tasks.json'), true);
    assert.equal(await asked('.vscode/tasks.json'), true);
    assert.equal(await asked('notes.json'), true);
    assert.equal(await asked('other.json'), false);
  });

  it('are asked by edits too', async () => {
    writeFileSync(join(workspace, 'haios.config.json'), '{ "limit": 1 }');
    const context = toolContext({ workspace, approve: () => Promise.resolve(false) });
    await assert.rejects(tools('edit_file').run({ path: 'haios.config.json', find: '1', replace: '100' }, context), {
      code: 'DENIED',
    });
    assert.deepEqual([context.approvals[0]?.protected, context.approvals[0]?.path], [true, 'haios.config.json']);
    assert.match(context.approvals[0]?.detail ?? '', /-\{ "limit": 1 \}[^]*\+\{ "limit": 100 \}/);
  });
});
