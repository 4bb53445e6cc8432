import assert from 'node:assert/strict';
import { isProtected } from '../../src/tools/protected-paths.ts';
import { deviceName } from '../../src/tools/paths.ts';
import { displayName } from '../../src/tools/failures.ts';
import { testTools } from '../support/tool-context.ts';

describe('protected places', () => {
  it('are known by name at any depth, in any case, and however a file system would read the name', () => {
    const guarded = [
      ...['.vscode/tasks.json', '.VSCode/settings.json', 'sub/.vscode/x', 'my.code-workspace', 'A.CODE-WORKSPACE'],
      ...[
        '.git/hooks/pre-commit',
        '.git/config',
        'sub/.GIT/config',
        '.git',
        'haios.config.json',
        'HAIOS.Config.json',
        '.haios/x',
      ],
      ...[
        '.bashrc',
        '.zshrc',
        '.profile',
        '.config/fish/config.fish',
        '.github/workflows/ci.yml',
        '.github/Workflows/ci.yml',
      ],
      ...['.cursor/rules', '.claude/settings.json', '.mcp.json', '.envrc', '.npmrc', '.git::$INDEX_ALLOCATION/config'],
      ...['.git./config', '.git /config', 'GIT~1/config', '.g\u200cit/config', '.vscode\\tasks.json', '.ｇit/config'],
    ];
    assert.deepEqual(
      guarded.filter((path) => !isProtected(path)),
      [],
    );
    const free = [
      'a.ts',
      '.gitignore',
      '.github/ISSUE_TEMPLATE.md',
      'vscode/x',
      'src/git/index.ts',
      'package.json',
      'docs/.gitkeep',
      'config/fish',
    ];
    assert.deepEqual(free.filter(isProtected), []);
  });
});

describe('names', () => {
  it('of Windows devices, streams and dropped endings are found there and free elsewhere', () => {
    for (const path of [
      'con',
      'src/NUL.txt',
      'COM1',
      'lpt9.log',
      'a.txt:stream',
      'dir./x',
      'x ',
      '\\\\.\\pipe\\x',
      '\\\\?\\C:\\x',
      'aux .txt',
    ]) {
      assert.notEqual(deviceName(path, 'win32'), null, path);
      assert.equal(deviceName(path, 'linux'), null);
    }
    for (const path of ['console.ts', 'C:\\a\\b.txt', './a', '../a', 'a/..', 'nullable.ts', '.gitignore']) {
      assert.equal(deviceName(path, 'win32'), null, path);
    }
  });

  it('are shown so that no two different ones look the same', () => {
    assert.equal(displayName('src/é ü.ts'), 'src/é ü.ts');
    assert.equal(displayName('a\nb'), '"a\\nb"');
    assert.equal(displayName('"a\\nb"'), '"\\"a\\\\nb\\""');
    assert.equal(displayName(''), '""');
    assert.equal(displayName('evil\u202etxt.exe'), '"evil\\u202etxt.exe"');
  });
});

describe('the list of tools', () => {
  it('names each once, with a lane and a closed schema of its arguments', () => {
    const lanes = {
      list_files: 'file_read',
      read_file: 'file_read',
      search_files: 'file_read',
      write_file: 'file_write',
      edit_file: 'file_write',
      run_command: 'tool_call',
      git_blame: 'tool_call',
    };
    const tools = testTools();
    for (const [name, lane] of Object.entries(lanes)) {
      const tool = tools(name);
      assert.equal(tool.lane, lane);
      assert.equal(tool.spec.parameters['type'], 'object');
      assert.equal(tool.spec.parameters['additionalProperties'], false);
      assert.ok(!('$schema' in tool.spec.parameters));
    }
    assert.deepEqual(tools('read_file').spec.parameters['required'], ['path']);
    assert.deepEqual(tools('write_file').spec.parameters['required'], ['path', 'content']);
  });
});
