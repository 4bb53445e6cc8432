import type { Mutant } from './mutant.ts';

const chat = 'src/models/usage/openai-chat.ts';
const anthropic = 'src/models/usage/anthropic.ts';
const responses = 'src/models/usage/openai-responses.ts';
const prices = 'src/models/prices.ts';
const own = 'src/models/prices/own.ts';
const corrected = 'src/models/prices/corrected.ts';
const replay = ['test/models/usage/replay.test.ts', '--timeout', '5000'];
const list = ['test/models/prices.test.ts', '--timeout', '20000'];
const settlement = ['test/core/agent/settlement.test.ts', '--timeout', '5000'];

/** Defects of what makes a cost equal to the bill, one or more for each known trap. */
export const priceMutants: readonly Mutant[] = [
  {
    guard: 'trap: cached tokens counted twice',
    defect: 'OpenAI’s chat: cached tokens stay in the input',
    file: chat,
    find: 'input: prompt - read - written,',
    replace: 'input: prompt - written,',
    tests: replay,
  },
  {
    guard: 'trap: cached tokens counted twice',
    defect: 'OpenAI’s responses: cached tokens stay in the input',
    file: responses,
    find: 'input: input - read - written,',
    replace: 'input: input - written,',
    tests: replay,
  },
  {
    guard: 'trap: cached tokens counted twice',
    defect: 'one count under two names is added up',
    file: chat,
    find: 'return Math.max(',
    replace: 'return ((...counts: number[]) => counts.reduce((a, b) => a + b, 0))(',
    tests: replay,
  },
  {
    guard: 'trap: 1-hour cache writes priced as 5-minute ones',
    defect: 'Anthropic’s writes are one bucket',
    file: anthropic,
    find: 'cache_write: written - hour,\n    cache_write_1h: hour,',
    replace: 'cache_write: written,\n    cache_write_1h: hour * 0,',
    tests: replay,
  },
  {
    guard: 'trap: 1-hour cache writes priced as 5-minute ones',
    defect: 'a missing rate is that of five minutes',
    file: 'src/models/prices/library.ts',
    find: "rate('cache_write_1h_mtok') ?? hour,",
    replace: "rate('cache_write_1h_mtok') ?? (hour, rate('cache_write_mtok')),",
    tests: list,
  },
  {
    guard: 'trap: 1-hour cache writes priced as 5-minute ones',
    defect: 'a person’s five-minute rate counts for an hour',
    file: own,
    find: '(prices.cache_write === undefined ? input : undefined)',
    replace: 'cache_write',
    tests: list,
  },
  {
    guard: 'trap: unknown or aliased model priced as another by prefix match',
    defect: 'the library’s match is taken as it is',
    file: 'src/models/prices/library.ts',
    find: 'return model.id.toLowerCase() === id || declares(model.match, id) || isSnapshot(model.match, id)\n    ? { model, price }\n    : null;',
    replace:
      'return id === "" || declares({ equals: id }, id) || isSnapshot(model.match, id) ? { model, price } : null;',
    tests: list,
  },
  {
    guard: 'trap: unknown or aliased model priced as another by prefix match',
    defect: 'a correction holds for whatever begins like its id',
    file: corrected,
    find: '&& /^(-20\\d{6}|-20\\d\\d-\\d\\d-\\d\\d)?$/.test(id.slice(m.length))',
    replace: '',
    tests: list,
  },
  {
    guard: 'trap: a streamed message whose usage is repeated counted repeatedly',
    defect: 'the first of several usages counts',
    file: 'src/models/usage/reader.ts',
    find: '(_, now) => now;',
    replace: '(before, _) => before;',
    tests: replay,
  },
  {
    guard: 'trap: a streamed message whose usage is repeated counted repeatedly',
    defect: 'Anthropic’s counts are added up',
    file: anthropic,
    find: 'return { ...before, ...Object.fromEntries(Object.entries(now).filter(([, value]) => value !== null)) };',
    replace:
      'return { ...before, ...Object.fromEntries(Object.entries(now).map(([name, value]) => [name, Number(before[name] ?? 0) + Number(value)])) };',
    tests: replay,
  },
  {
    guard: 'trap: last-chunk-only usage missed',
    defect: 'streams are not asked for usage',
    file: 'src/models/openai-compatible.ts',
    find: 'includeUsage: true,',
    replace: 'includeUsage: false,',
    tests: replay,
  },
  {
    guard: 'trap: last-chunk-only usage missed',
    defect: 'only a usage that an earlier event had is heard of',
    file: 'src/models/ai-sdk/wire.ts',
    find: 'heard.usage === undefined ? holder',
    replace: 'heard.usage === undefined ? undefined && holder',
    tests: replay,
  },
  {
    guard: 'trap: currency other than USD in own prices',
    defect: 'any currency is taken for dollars',
    file: 'src/core/config/schema.ts',
    find: "z.literal('USD', {",
    replace: 'z.string({',
    tests: ['test/core/config.test.ts'],
  },
  {
    guard: 'tiers',
    defect: 'a tier without a price has the standard one',
    file: corrected,
    find: 'return price === null ? null : tierCard(standard, price);',
    replace: 'return price === null ? standard : tierCard(standard, price);',
    tests: list,
  },
  {
    guard: 'tiers',
    defect: 'the tier that was served is not asked after',
    file: 'src/core/budget/pricing.ts',
    find: "const served = tier ?? (model.serviceTier === 'priority' ? 'priority' : 'standard');",
    replace: "const served = tier === undefined ? 'standard' : 'standard';",
    tests: settlement,
  },
  {
    guard: 'bound',
    defect: 'the tier that the provider may choose is left out',
    file: prices,
    find: "return ['priority'];",
    replace: 'return [];',
    tests: list,
  },
  {
    guard: 'bound',
    defect: 'only the rates at the bound itself are looked at',
    file: 'src/models/prices/card.ts',
    find: '[0, ...card.steps.filter((step) => step < inputTokens).map((step) => step + 1), inputTokens]',
    replace: '[inputTokens]',
    tests: list,
  },
  {
    guard: 'bound',
    defect: 'other hours are left out',
    file: 'src/models/prices/card.ts',
    find: '[card.rates, ...card.soon]',
    replace: '[card.rates]',
    tests: list,
  },
  {
    guard: 'malformed usage',
    defect: 'it settles as an estimate of what was received',
    file: 'src/core/agent/model-call.ts',
    find: 'const malformed = usageError !== undefined && held !== undefined;',
    replace: 'const malformed = usageError === undefined && held === undefined;',
    tests: settlement,
  },
  {
    guard: 'malformed usage',
    defect: 'a part may be larger than its whole',
    file: 'src/models/usage/counts.ts',
    find: 'if (parts > whole) refuse',
    replace: 'if (parts > whole * 9) refuse',
    tests: ['test/models/usage/malformed.test.ts'],
  },
  {
    guard: 'reported cost',
    defect: 'what the maker charges besides is forgotten',
    file: 'src/models/usage/reported-cost.ts',
    find: "raw['is_byok'] === true ?",
    replace: "raw['is_byok'] === null ?",
    tests: ['test/models/usage/compatible.test.ts'],
  },
];
