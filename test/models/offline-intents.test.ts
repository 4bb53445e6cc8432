import assert from 'node:assert/strict';
import { parseIntent, type Intent } from '../../src/models/offline/intent.ts';
import { plan } from '../../src/models/offline/planner.ts';

const find = (text: string, glob: string | null = null): Intent => ({
  kind: 'find',
  term: { kind: 'text', text },
  glob,
});
const findRegex = (source: string, ignoreCase: boolean, glob: string | null = null): Intent => ({
  kind: 'find',
  term: { kind: 'regex', source, ignoreCase },
  glob,
});
const replace = (text: string, by: string, glob: string | null = null): Intent => ({
  kind: 'replace',
  term: { kind: 'text', text },
  by,
  glob,
});

describe('offline intents', () => {
  const wishes: Readonly<Record<string, Intent | null>> = {
    inventory: { kind: 'inventory' },
    'Take an inventory of this repository.': { kind: 'inventory' },
    'what is in this repo?': { kind: 'inventory' },
    "What's in here?": { kind: 'inventory' },
    'list all files': { kind: 'inventory' },
    'Please describe this project': { kind: 'inventory' },
    'which languages are used': { kind: 'inventory' },
    todo: { kind: 'todo' },
    'List all TODOs': { kind: 'todo' },
    'find fixmes and hacks': { kind: 'todo' },
    links: { kind: 'links' },
    'find broken links': { kind: 'links' },
    'check the markdown links in docs': { kind: 'links' },
    dependencies: { kind: 'dependencies' },
    'find unused dependencies': { kind: 'dependencies' },
    'are there missing packages?': { kind: 'dependencies' },
    'find "foo"': find('foo'),
    'Find “foo bar” in src': find('foo bar', 'src/**'),
    "search for 'a, b' in *.ts": find('a, b', '**/*.ts'),
    'find "todo"': find('todo'),
    'find foo': find('foo'),
    'grep createServer in src/http/': find('createServer', 'src/http/**'),
    'where is parseConfig defined?': find('parseConfig'),
    'find all occurrences of "x y" in the repo': find('x y'),
    'find all uses of foo in typescript files': find('foo', '**/*.{ts,tsx,mts,cts}'),
    'find foo in README.md': find('foo', 'README.md'),
    'find /re/i in *.ts': findRegex('re', true, '**/*.ts'),
    'find /a\\/b[/]c/': findRegex('a\\/b[/]c', false),
    'find lines matching /^import/ in src/**/*.ts': findRegex('^import', false, 'src/**/*.ts'),
    'replace X with Y in docs/*.md': replace('X', 'Y', 'docs/*.md'),
    'replace "a b" with "c" in src/**/*.ts': replace('a b', 'c', 'src/**/*.ts'),
    'Replace all occurrences of `old name` by `` in *.txt': replace('old name', '', '**/*.txt'),
    'rename foo to bar': replace('foo', 'bar'),
    'change "http:" → "https:" in all files': replace('http:', 'https:'),
    'replace /v(\\d)/i with "w$1" in a.txt': {
      kind: 'replace',
      term: { kind: 'regex', source: 'v(\\d)', ignoreCase: true },
      by: 'w$1',
      glob: 'a.txt',
    },
    'write me a poem': null,
    'refactor the scheduler to use promises': null,
    'replace the roof': null,
    'find ""': null,
    '': null,
  };
  for (const [prompt, intent] of Object.entries(wishes)) {
    it(`reads ${JSON.stringify(prompt)}`, () => assert.deepEqual(parseIntent(prompt), intent));
  }

  // Mocha's time limit is the assertion: each of these takes minutes with an expression that backtracks.
  for (const piece of ['a in ', '"', '(', ' ', 'and ', '`a` ', ', ', '/a ', '“', '- \n', 'x.']) {
    for (const start of ['find ', 'replace ', 'find /', '']) {
      it(`takes ${JSON.stringify(start)} and many ${JSON.stringify(piece)}`, () => {
        for (const length of [900, 19_000, 1_000_000])
          assert.ok(plan(start + piece.repeat(length / piece.length)).steps.length > 0);
      });
    }
  }
});

describe('offline planner', () => {
  const prompts = (prompt: string): readonly string[] => plan(prompt).steps.map((step) => step.prompt);

  it('makes one step per wish', () => {
    assert.deepEqual(plan('inventory, todo and links'), {
      type: 'inspect',
      size: 'M',
      steps: [
        { title: 'Inventory of the files', prompt: 'inventory' },
        { title: 'TODO, FIXME and HACK notes', prompt: 'todo' },
        { title: 'Broken links in Markdown', prompt: 'links' },
      ],
    });
  });

  const parted: Readonly<Record<string, readonly string[]>> = {
    'todo; links': ['todo', 'links'],
    'todo, then find broken links': ['todo', 'find broken links'],
    'inventory and then todo': ['inventory', 'todo'],
    'Please:\n- list all TODOs\n- find "a, b and c"\n2. inventory': [
      'list all TODOs',
      'find "a, b and c"',
      'inventory',
    ],
    'Do this:\n1. todo\n2) links': ['todo', 'links'],
    'list all TODOs, FIXMEs and HACKs': ['list all TODOs'],
    'What is in this repo? Find broken links.': ['What is in this repo', 'Find broken links.'],
    'find foo and bar': ['find foo and bar'],
    'replace "a, b" with "c; d and todo" in *.md; todo': ['replace "a, b" with "c; d and todo" in *.md', 'todo'],
    'find /a, todo/ and links': ['find /a, todo/', 'links'],
    'todo and todo': ['todo'],
    'write a poem, please': ['write a poem, please'],
    'todo; write a poem': ['todo', 'write a poem'],
  };
  for (const [prompt, steps] of Object.entries(parted)) {
    it(`parts ${JSON.stringify(prompt)}`, () => assert.deepEqual(prompts(prompt), steps));
  }

  it('tells what kind of work it is, and how much', () => {
    const about = (prompt: string): readonly string[] => [plan(prompt).type, plan(prompt).size];
    assert.deepEqual(about('todo'), ['inspect', 'S']);
    assert.deepEqual(about('replace a with b'), ['change', 'S']);
    assert.deepEqual(about('todo, replace a with b in x.md'), ['change', 'M']);
    assert.deepEqual(about('inventory, todo, links, dependencies'), ['inspect', 'L']);
    assert.deepEqual(about('what is love'), ['question', 'S']);
    assert.equal(plan('').steps.length, 1);
  });
});
