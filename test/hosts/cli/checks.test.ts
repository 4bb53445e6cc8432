import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as checks from '../../../src/hosts/cli/checks.ts';
import { CliError } from '../../../src/hosts/cli/cli-error.ts';
import type { ErrorCode } from '../../../src/catalogue/errors.ts';

async function refused(code: ErrorCode, pattern: RegExp, check: () => unknown): Promise<void> {
  await assert.rejects(
    async () => await check(),
    (error) =>
      error instanceof CliError && error.code === code && pattern.test(error.message) && !error.message.includes('\n'),
  );
}

describe('hosts/cli/checks', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'haios-cli-'));
    writeFileSync(join(dir, 'file'), '');
    mkdirSync(join(dir, 'folder'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('takes a folder as workspace and nothing else', async () => {
    assert.equal(await checks.checkWorkspace(join(dir, 'folder', '..', 'folder')), join(dir, 'folder'));
    await refused('WORKSPACE_INVALID', /file” is a file and not a folder; give/, () =>
      checks.checkWorkspace(join(dir, 'file')),
    );
    await refused('WORKSPACE_INVALID', /none” does not exist; give/, () => checks.checkWorkspace(join(dir, 'none')));
  });

  it('takes a database that can be made, and makes nothing', async () => {
    const path = join(dir, 'new', 'deep', 'h.db');
    assert.equal(await checks.checkDatabase(path), path);
    await refused('DATABASE_UNAVAILABLE', /folder” is a folder; give a path/, () =>
      checks.checkDatabase(join(dir, 'folder')),
    );
    await refused('DATABASE_UNAVAILABLE', /cannot be created, because “.*file” cannot be written/, () =>
      checks.checkDatabase(join(dir, 'file', 'h.db')),
    );
    assert.deepEqual(readdirSync(dir).sort(), ['file', 'folder']);
  });

  it('takes an output file in a folder that exists', async () => {
    assert.equal(await checks.checkOut(join(dir, 'out.md')), join(dir, 'out.md'));
    assert.equal(await checks.checkOut(join(dir, 'file')), join(dir, 'file'));
    await refused('USAGE', /folder” is a folder/, () => checks.checkOut(join(dir, 'folder')));
    await refused('USAGE', /cannot be written/, () => checks.checkOut(join(dir, 'none', 'out.md')));
  });

  it('takes a configuration file that exists', async () => {
    assert.equal(await checks.checkConfig(join(dir, 'file')), join(dir, 'file'));
    await refused('CONFIG_INVALID', /cannot be read/, () => checks.checkConfig(join(dir, 'none')));
    await refused('CONFIG_INVALID', /cannot be read/, () => checks.checkConfig(dir));
  });

  it('bounds prompts by characters, not by bytes', async () => {
    assert.equal(checks.checkPrompt('𝒳'.repeat(200_000)).length, 400_000);
    await refused('PROMPT_INVALID', /has 200,001 characters; give at most 200,000/, () =>
      checks.checkPrompt('x'.repeat(200_001)),
    );
    await refused('PROMPT_INVALID', /^The prompt is empty/, () => checks.checkPrompt(' \n\t'));
  });

  it('bounds ports, numbers and addresses', async () => {
    assert.deepEqual(['0', '1024', '65535'].map(checks.checkPort), ['0', '1024', '65535']);
    for (const port of ['1023', '65536', '-1', '1e4', '', '8000.5', '0x1f90']) {
      await refused('PORT_INVALID', /^--port is “.*”; give a number from 1024 to 65535, or 0/, () =>
        checks.checkPort(port),
      );
    }
    assert.equal(checks.checkNumber('days', '7', 1, 3650), 7);
    for (const days of ['0', '3651', '-7', 'week', '1e2', '99999999999']) {
      await refused('USAGE', /^--days is “.*”; give a whole number from 1 to 3650\.$/, () =>
        checks.checkNumber('days', days, 1, 3650),
      );
    }
    assert.equal(checks.checkUrl('http://127.0.0.1:4318'), 'http://127.0.0.1:4318');
    await refused('USAGE', /http or https/, () => checks.checkUrl('file:///etc/passwd'));
    assert.equal(checks.checkAddress('::'), '::');
    await refused('USAGE', /IP address/, () => checks.checkAddress('example.org'));
  });
});
