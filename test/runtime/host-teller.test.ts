import assert from 'node:assert/strict';
import type { Told } from '../../src/protocol/outbox.ts';
import { createTell } from '../../src/runtime/host-teller.ts';

/** A channel whose reader takes nothing until it is let. */
function slowChannel() {
  const told: Told[] = [];
  let waiting = 0;
  let release = (): void => undefined;
  let taken = new Promise<void>((resolve) => (release = resolve));
  return {
    told,
    server: {
      notify(...one: Told): Promise<void> {
        told.push(one);
        waiting += 1;
        return taken;
      },
      waiting: () => waiting,
    },
    async take(): Promise<void> {
      waiting = 0;
      release();
      taken = new Promise((resolve) => (release = resolve));
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('what a host is told', () => {
  const log = (n: number): Told => ['log', { level: 'info', line: `${n}` }];
  const notice: Told = ['notice', { level: 'error', code: 'BUDGET_EXCEEDED', message: 'stop', runId: null }];

  it('FAULTS 22: leaves out log lines of a host that does not take them, says how many, and drops nothing else', async () => {
    const channel = slowChannel();
    const tell = createTell(channel.server, () => 0);
    for (let n = 0; n < 10_000; n += 1) tell(...log(n));
    tell(...notice);
    assert.equal(channel.told.length, 501, 'bounded');
    assert.deepEqual(channel.told.at(-1), notice);
    await channel.take();
    const [name, said] = channel.told.at(-1) ?? [];
    assert.equal(name, 'log');
    assert.deepEqual(JSON.parse((said as { line: string }).line), {
      level: 'warn',
      time: '1970-01-01T00:00:00.000Z',
      dropped: 9500,
      msg: '9500 log lines were not sent to this host, which takes them too slowly; the log file has them.',
    });
    tell(...log(1));
    assert.deepEqual(channel.told.at(-1), log(1));
    await channel.take();
    assert.equal(channel.told.length, 503, 'it is said once');
  });
});
