import assert from 'node:assert/strict';
import { AdaptiveTimeouts } from '../../../src/core/lanes/adaptive-timeouts.ts';

const settings = { defaultMs: 60_000, factor: 1.5, graceMs: 1000, adaptive: true, adaptiveMinMs: 1000 };

function learnt(calls: number, ms: number): AdaptiveTimeouts {
  const timeouts = new AdaptiveTimeouts();
  for (let n = 0; n < calls; n++) timeouts.record('tool_call', 'npm test', ms);
  return timeouts;
}

describe('AdaptiveTimeouts', () => {
  it('are three times the 99th percentile of that lane and tool, with their reason', () => {
    const { limitMs, reason } = learnt(20, 2000).limits('tool_call', 'npm test', settings);
    assert.ok(limitMs >= 6000 && limitMs <= 6600, String(limitMs));
    assert.match(reason, /^learnt from 20 calls of npm test: 3 × their 99th percentile/);
    assert.equal(learnt(20, 2000).limits('tool_call', 'npm run build', settings).limitMs, 60_000);
    assert.equal(learnt(20, 2000).limits('critic', 'npm test', settings).limitMs, 60_000);
  });

  it('need enough calls', () => {
    assert.deepEqual(learnt(19, 2000).limits('tool_call', 'npm test', settings), {
      limitMs: 60_000,
      factor: 1.5,
      graceMs: 1000,
      reason: 'timeouts.default_ms',
    });
  });

  it('stay inside their bounds', () => {
    assert.equal(learnt(50, 1).limits('tool_call', 'npm test', settings).limitMs, 1000);
    assert.equal(learnt(50, 50_000).limits('tool_call', 'npm test', settings).limitMs, 60_000);
  });

  it('can be switched off', () => {
    assert.equal(learnt(50, 100).limits('tool_call', 'npm test', { ...settings, adaptive: false }).limitMs, 60_000);
  });
});
