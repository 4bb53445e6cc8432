import assert from 'node:assert/strict';
import fc from 'fast-check';
import { exactUsd, formatCost, formatG, formatInteger, formatUsd } from '../../src/protocol/money.ts';

describe('protocol/money', () => {
  it('shows cents from a cent on and three significant digits below', () => {
    const shown = [0, 1, 123_000, 123_456, 9_995_000, 9_999_999, 10_000_000, 1_234_567_890, 1_234_567_890_123, -12_000];
    assert.deepEqual(shown.map(formatUsd), [
      '$0.00',
      '$0.000000001',
      '$0.000123',
      '$0.000123',
      '$0.01',
      '$0.01',
      '$0.01',
      '$1.23',
      '$1,234.57',
      '-$0.000012',
    ]);
    assert.equal(formatUsd(Number.NaN), '$?');
  });

  it('keeps every nano-dollar in the exact form', () => {
    assert.equal(exactUsd(1), '0.000000001');
    assert.equal(exactUsd(412_345), '0.000412345');
    assert.equal(exactUsd(12_500_000_000), '12.50');
    assert.equal(exactUsd(-1_000_000_001), '-1.000000001');
    fc.assert(
      fc.property(fc.maxSafeInteger(), (nusd) => {
        const [whole = '', fraction = ''] = exactUsd(nusd).replace('-', '').split('.');
        const back = BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
        assert.equal(nusd < 0 ? -back : back, BigInt(nusd));
      }),
    );
  });

  it('says what is estimated and what has no price', () => {
    assert.equal(formatCost({ nusd: 10_000_000, estimated: true, unpricedCalls: 0 }), '~$0.01');
    assert.equal(formatCost({ nusd: 0, estimated: false, unpricedCalls: 2 }), 'unpriced');
    assert.equal(formatCost({ nusd: 10_000_000, estimated: false, unpricedCalls: 2 }), '$0.01 + 2 unpriced');
  });

  it('groups integers and pads generations', () => {
    assert.deepEqual([0, 999, 1000, 1_234_567, -1000].map(formatInteger), ['0', '999', '1,000', '1,234,567', '-1,000']);
    assert.deepEqual([7, 42, 1234].map(formatG), ['007', '042', '1234']);
  });
});
