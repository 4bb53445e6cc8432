import assert from 'node:assert/strict';
import { logOverruns } from '../../src/telemetry/overruns.ts';
import { memoryLog, settled } from './fixtures.ts';

describe('logOverruns', () => {
  it('warns of a call that passed what was reserved for it, with the size, and of no other', () => {
    const log = memoryLog();
    const observe = logOverruns(log);
    observe(settled(5));
    observe({ type: 'lock_waited', waitMs: 1 });
    assert.deepEqual(log.lines, []);
    observe(settled(5, { overrun: { nusd: 2_000_000, tokens: 7 } }));
    assert.deepEqual(
      log.lines.map(({ level, fields }) => [level, fields]),
      [['warn', { callId: 'call-1', model: 'offline', usd: '0.002', tokens: 7 }]],
    );
  });
});
