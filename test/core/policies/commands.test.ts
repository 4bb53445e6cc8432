import assert from 'node:assert/strict';
import { deniedCommand } from '../../../src/core/policies/commands.ts';

const patterns = ['rm', 'git push*', 'npm publish'];
const judge = (...argv: string[]): string | null => deniedCommand(patterns, argv);

describe('policies: denied commands', () => {
  it('matches a program, or a program and its first arguments', () => {
    assert.equal(judge('rm', '-rf', '.'), 'rm');
    assert.equal(judge('rm'), 'rm');
    assert.equal(judge('git', 'push', 'origin'), 'git push*');
    assert.equal(judge('git', 'push-it'), 'git push*');
    assert.equal(judge('npm', 'publish', '--dry-run'), 'npm publish');
    assert.equal(deniedCommand(['rm *'], ['rm']), 'rm *');
  });

  it('leaves alone what only looks like it', () => {
    for (const argv of [
      ['git', 'status'],
      ['git', 'commit', '-m', 'fix', 'push'],
      ['git', 'log', 'push'],
      ['npm', 'run', 'publish'],
      ['rmdir', 'x'],
      ['echo', 'rm'],
      ['env', 'A=1', 'echo', 'rm'],
      ['sh', '-c', 'echo rm; ls'],
      ['timeout', '5', 'echo', 'rm'],
    ])
      assert.equal(judge(...argv), null, argv.join(' '));
  });

  it('sees through paths, case, options, programs that start others, and sh -c', () => {
    for (const argv of [
      ['/bin/rm', 'x'],
      ['./tools/RM.exe', 'x'],
      ['C:\\bin\\rm.EXE', 'x'],
      ['git', '-C', '..', 'push'],
      ['git', '-c', 'a=b', '--no-pager', 'PUSH'],
      ['env', 'X=1', 'git', 'push'],
      ['env', '-i', '-u', 'HOME', 'X=1', 'rm', 'x'],
      ['env', '-S', 'A=1 rm x'],
      ['/usr/bin/env', '--', 'rm', 'x'],
      ['sudo', '-u', 'root', 'nice', '-n', '5', 'rm', 'x'],
      ['timeout', '-k', '1', '5s', 'rm', 'x'],
      ['xargs', '-n', '1', 'rm'],
      ['find', '.', '-name', '*.ts', '-exec', 'rm', '{}', ';'],
      ['busybox', 'rm', 'x'],
      ['sh', '-c', 'cd src && rm -rf x'],
      ['bash', '-lc', 'true; A=1 git push origin'],
      ['sh', '-c', 'echo $(rm x)'],
      ['sh', '-c', String.raw`r\m x`],
      ['sh', '-c', 'if true; then "rm" x; fi'],
      ['env', 'sh', '-c', 'sudo rm x'],
    ])
      assert.notEqual(judge(...argv), null, argv.join(' '));
  });

  it('knows a program by its other names, too', () => {
    assert.equal(
      deniedCommand(['git push'], ['./g', 'push'], () => ['git']),
      'git push',
    );
    assert.equal(
      deniedCommand(['git push'], ['./g', 'pull'], () => ['git']),
      null,
    );
  });

  it('refuses what is too tangled to be looked at, in little time', () => {
    assert.equal(judge(...Array<string>(400).fill('env'), 'rm'), 'rm');
    assert.equal(judge(...Array<string[]>(5000).fill(['env', '-u']).flat(), 'echo'), 'rm');
    assert.equal(judge('sh', '-c', 'true;'.repeat(20_000)), null);
    assert.equal(judge('sh', '-c', Array.from({ length: 20_000 }, (_, n) => `echo ${n}`).join(';')), 'rm');
  });
});
