import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findNode, findRuntime, findVersion, programFolder } from '../../../src/hosts/cli/installation.ts';

describe('hosts/cli/installation', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'haios-cli-'));
    mkdirSync(join(dir, 'dist'));
    writeFileSync(join(dir, 'dist', 'cli.cjs'), '');
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('finds the runtime beside the program, through symlinks, or where the environment says', () => {
    symlinkSync(join(dir, 'dist', 'cli.cjs'), join(dir, 'haios'));
    const folder = programFolder(join(dir, 'haios'));
    assert.throws(() => findRuntime(folder, {}), /runtime\.cjs” is missing; install HAiOS again/);
    writeFileSync(join(dir, 'dist', 'runtime.cjs'), '');
    assert.ok(findRuntime(folder, {}).endsWith(join('dist', 'runtime.cjs')));
    assert.equal(findRuntime(folder, { HAIOS_RUNTIME_BUNDLE: join(dir, 'haios') }), join(dir, 'haios'));
  });

  it('runs the runtime with this Node if it is new enough, else with an installed one, else says what is needed', () => {
    const folder = join(dir, 'dist');
    assert.equal(findNode(folder, '22.0.0', '/own'), '/own');
    assert.throws(
      () => findNode(folder, '20.20.2', '/own'),
      /^CliError: HAiOS needs Node 22 or newer and this is Node 20\.20\.2; install a newer one/,
    );
    const installed = join(dir, 'node_modules', 'node', 'bin');
    mkdirSync(installed, { recursive: true });
    const node = join(installed, process.platform === 'win32' ? 'node.exe' : 'node');
    writeFileSync(node, '');
    assert.equal(findNode(folder, '20.20.2', '/own'), node);
  });

  it('reads the version of its own package only', () => {
    writeFileSync(join(dir, 'package.json'), '{"name": "other", "version": "9.9.9"}');
    assert.equal(findVersion(join(dir, 'dist')), 'unknown');
    writeFileSync(join(dir, 'package.json'), '{"name": "haios", "version": "1.2.3"}');
    assert.equal(findVersion(join(dir, 'dist')), '1.2.3');
  });
});
