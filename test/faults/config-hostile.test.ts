import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { mergeConfig, parseConfig, settingsToConfig } from '../../src/core/config.ts';

/** FAULTS 8: each of these is an error in one sentence, and none of them lifts a budget. */
const hostile: readonly (readonly [string, string, RegExp])[] = [
  ['deep nesting', '['.repeat(500_000), /nested more than 32 levels/],
  ['deep objects', '{"a":'.repeat(100_000), /nested more than 32 levels/],
  ['a key that is the prototype', '{ "__proto__": { "budgets": { "usd": 1e6 } } }', /key "__proto__" is not allowed/],
  [
    'the prototype further in',
    '{ "budgets": { "models": { "__proto__": { "usd": 1 } } } }',
    /:1:28: the key "__proto__"/,
  ],
  ['a key that is the constructor', '{ "budgets": { "constructor": {} } }', /key "constructor" is not allowed/],
  ['a key given twice', '{ "budgets": { "usd": 1, "usd": 1000000 } }', /budgets\.usd is given twice/],
  ['10 MB', `{ "mode": "${'x'.repeat(10_000_000)}" }`, /characters; at most 1048576/],
  ['a long value', `{ "mode": "${'x'.repeat(100_000)}" }`, /mode is "x{1,80}…/],
  ['NaN', '{ "budgets": { "usd": NaN } }', /not valid JSON here/],
  ['Infinity', '{ "budgets": { "usd": Infinity } }', /not valid JSON here/],
  ['1e999', '{ "budgets": { "usd": 1e999 } }', /budgets\.usd is Infinity; it must be a number of US dollars/],
  ['-1e999', '{ "budgets": { "tokens": -1e999 } }', /budgets\.tokens is -Infinity/],
  [
    'a negative budget',
    '{ "budgets": { "windows": { "day": { "usd": -0.01 } } } }',
    /budgets\.windows\.day\.usd is -0\.01/,
  ],
  ['a text budget', '{ "budgets": { "usd": "5" } }', /budgets\.usd is "5"/],
  ['no budget', '{ "budgets": { "usd": null } }', /budgets\.usd is null/],
  ['no budgets', '{ "budgets": null }', /budgets is null; it must be an object/],
  ['a huge budget', '{ "budgets": { "usd": 1000001 } }', /from 0 to 1000000/],
  ['tokens beyond exact numbers', '{ "budgets": { "tokens": 9007199254740993 } }', /budgets\.tokens is/],
  ['a fraction of a token', '{ "budgets": { "tokens": 0.5 } }', /a whole number of tokens/],
  ['a budget spelt wrongly', '{ "budgets": { "USD": 1 } }', /unknown key budgets\.USD\. Did you mean budgets\.usd\?/],
  [
    'no call at all',
    '{ "quotas": { "task": { "calls": 0 } } }',
    /quotas\.task\.calls is 0; it must be a whole number of calls, 1 or more/,
  ],
  [
    'half a call',
    '{ "quotas": { "task": { "calls": 1.5 } } }',
    /quotas\.task\.calls is 1\.5; it must be a whole number/,
  ],
  ['a negative quota', '{ "quotas": { "task": { "usd": -1 } } }', /quotas\.task\.usd is -1/],
  ['no quota', '{ "quotas": { "task": { "tokens": null } } }', /quotas\.task\.tokens is null/],
  ['a text quota', '{ "quotas": { "task": { "seconds": "60" } } }', /quotas\.task\.seconds is "60"/],
  ['an endless quota', '{ "quotas": { "task": { "seconds": 1e999 } } }', /quotas\.task\.seconds is Infinity/],
  [
    'half a file',
    '{ "quotas": { "task": { "files_written": 0.5 } } }',
    /quotas\.task\.files_written is 0\.5; it must be a whole number/,
  ],
  ['a quota spelt wrongly', '{ "quotas": { "task": { "files": 1 } } }', /unknown key quotas\.task\.files/],
  ['a list of quotas', '{ "quotas": { "task": [] } }', /quotas\.task is a list; it must be an object/],
  ['no agent at all', '{ "agents": { "capacity": 0 } }', /agents\.capacity is 0; it must be a whole number/],
  ['a mailbox for no message', '{ "agents": { "mailbox": 0 } }', /agents\.mailbox is 0; it must be a whole number/],
  ['a text after the end', '{} {}', /not valid JSON here/],
  ['binary', '\u0000\u0001\uFFFF', /not valid JSON here/],
];

describe('FAULTS 8: hostile config', () => {
  for (const [name, text, message] of hostile) {
    it(`refuses ${name}`, () => {
      const parsed = parseConfig(text, { file: 'haios.config.json' });
      assert.ok(!parsed.ok);
      assert.equal(parsed.error.code, 'CONFIG_INVALID');
      assert.match(parsed.error.message, message);
      assert.match(parsed.error.message, /^haios\.config\.json/);
      assert.ok(parsed.error.message.length < 400, 'one sentence');
    });
  }

  it('leaves no trace on the prototype', () => {
    parseConfig('{ "__proto__": { "polluted": true }, "constructor": { "prototype": { "polluted": true } } }', {
      file: 'f',
    });
    settingsToConfig(JSON.parse('{ "__proto__": { "polluted": true } }') as Record<string, unknown>);
    assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false);
  });

  it('refuses the same in settings', () => {
    for (const usd of [Number.NaN, Number.POSITIVE_INFINITY, -1, '5', 1e9, {}, []]) {
      assert.equal(settingsToConfig({ budgets: { usd } }).ok, false, typeof usd);
    }
    let deep: Record<string, unknown> = {};
    for (let level = 0; level < 50_000; level += 1) deep = { budgets: deep };
    assert.equal(settingsToConfig(deep).ok, false);
  });

  it('gives either an error or finite limits, whatever the budget is', () => {
    const anything = fc.oneof(
      fc.json(),
      fc.double().map(String),
      fc.constantFrom('null', 'true', '""', '[]', '{}', '1e400'),
    );
    fc.assert(
      fc.property(anything, anything, (usd, tokens) => {
        const parsed = parseConfig(`{ "budgets": { "usd": ${usd}, "tokens": ${tokens} } }`, { file: 'f' });
        if (!parsed.ok) return;
        const { budgets } = mergeConfig(parsed.config, {});
        assert.ok(budgets.usd >= 0 && budgets.usd <= 1e6);
        assert.ok(budgets.tokens >= 0 && budgets.tokens <= 1e12);
      }),
      { numRuns: 2000 },
    );
  });
});
