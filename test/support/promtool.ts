import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

/** `promtool check metrics` finds nothing in the text but what a contract asks for: a gauge whose name the source gave. */
export function assertPromtool(text: string): void {
  const { error, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  assert.equal(error, undefined, `promtool must be installed: ${error?.message}`);
  const findings = (stdout + stderr).split('\n').filter((line) => line !== '' && !mandated.test(line));
  assert.deepEqual(findings, []);
}

const mandated = /^[a-z_]+_sandbox_pool_total non-counter metrics should not have "_total" suffix$/;
