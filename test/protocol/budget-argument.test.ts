import assert from 'node:assert/strict';
import { parseBudget } from '../../src/protocol/budget-argument.ts';

describe('parseBudget', () => {
  it('reads every resource', () => {
    assert.deepEqual(parseBudget('usd=1.25, tokens = 50000,cpu_seconds=0.5,mem_bytes=1024,disk_bytes=0'), {
      ok: true,
      budget: { usd: 1.25, tokens: 50_000, cpu_seconds: 0.5, mem_bytes: 1024, disk_bytes: 0 },
    });
  });

  const refused: readonly (readonly [string, RegExp])[] = [
    ['usd=-1', /usd is "-1"; it must be a number of US dollars from 0 to 1000000/],
    ['usd=five', /usd is "five"/],
    ['usd=1e3', /usd is "1e3"/],
    ['usd=1000001', /usd is "1000001"/],
    ['usd=Infinity', /usd is "Infinity"/],
    ['usd=', /usd is ""/],
    ['usd', /"usd" is not understood\. Write for instance usd=1/],
    ['', /"" is not understood/],
    ['usd=1,', /"" is not understood/],
    ['dollars=1', /"dollars=1" is not understood/],
    ['__proto__=1', /"__proto__=1" is not understood/],
    ['usd=1,usd=9', /usd is given twice/],
    ['tokens=1.5', /tokens is "1\.5"; it must be a whole number/],
    ['tokens=99999999999999999999', /tokens is/],
    [`usd=1,${' '.repeat(2000)}tokens=5`, /has 2014 characters/],
  ];
  for (const [text, message] of refused) {
    it(`refuses ${JSON.stringify(text.slice(0, 30))}`, () => {
      const parsed = parseBudget(text);
      assert.ok(!parsed.ok);
      assert.match(parsed.message, message);
    });
  }
});
