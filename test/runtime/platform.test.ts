import assert from 'node:assert/strict';
import { realIds } from '../../src/runtime/platform.ts';

describe('runtime: ids', () => {
  it('of spans are 16 hex digits, each greater than the one before', () => {
    let last = '';
    for (let n = 0; n < 200_000; n += 1) {
      const id = realIds.spanId();
      if (n % 1_000 === 0) assert.match(id, /^[0-9a-f]{16}$/);
      if (id.length !== 16 || id <= last) assert.fail(`${id} after ${last}`);
      last = id;
    }
  });
});
