import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The lines that a stream brings, one after another, each JSON. */
function linesOf(stream: NodeJS.ReadableStream): () => Promise<unknown> {
  const lines = createInterface({ input: stream })[Symbol.asyncIterator]();
  return async () => JSON.parse(String((await lines.next()).value)) as unknown;
}

describe('FAULTS 22: a host that does not read', function () {
  this.timeout(60_000);

  it('makes nothing grow: log lines are left out and counted, and it is told how many when it reads again', async () => {
    const host = spawn(process.execPath, [join(import.meta.dirname, '../support/slow-host.ts')], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const exited = once(host, 'exit');
    try {
      const [said, flooder] = [linesOf(host.stdout), linesOf(host.stderr)];
      assert.equal(await said(), 'listening');
      host.kill('SIGSTOP');
      const { told, waiting } = (await flooder()) as { told: number; waiting: number };
      assert.ok(told > 1_000_000, `${told} lines told`);
      assert.equal(waiting, 500, 'bounded');
      host.kill('SIGCONT');
      let counted = 0;
      for (let heard = 0; counted < told;) {
        const next = (await said()) as { heard: number; dropped: number };
        counted += next.heard - heard + next.dropped;
        heard = next.heard;
      }
      assert.equal(counted, told, 'heard and dropped are all');
    } finally {
      host.kill('SIGKILL');
      await exited;
    }
  });
});
