import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { testSandboxes } from '../support/sandboxes.ts';
import { newFolder, removeFolder, testTools, toolContext } from '../support/tool-context.ts';

const search = testTools()('search_files');

describe('search_files', () => {
  let workspace: string;
  before(async () => {
    workspace = await newFolder();
    generateTree(workspace);
  });
  after(() => removeFolder(workspace));

  const run = async (input: Record<string, unknown>): Promise<Found> =>
    parse((await search.run(input, toolContext({ workspace }))).text);

  it('counts what grep counts, over generated files', async function () {
    this.timeout(60_000);
    const patterns = ['TODO', 'a', 'é', 'naïve', '.', '$(x)', 'foo-bar', '日本', '\\d'];
    for (const pattern of patterns) {
      for (const [flags, options] of variants) {
        const found = await run({ pattern, ...options, max_results: 2000 });
        assert.deepEqual(found.all, grep(workspace, [...flags, '-F'], pattern), `${pattern} ${flags.join(' ')}`);
      }
    }
  });

  it('counts what grep -E counts', async function () {
    this.timeout(60_000);
    for (const pattern of ['TODO|FIXME', '^alpha', 'beta$', 'a.c', '[0-9]{2,}', '(foo|bar)+', '^$', 'x*', 'é.']) {
      for (const [flags, options] of variants) {
        const found = await run({ pattern, regex: true, ...options, max_results: 2000 });
        assert.deepEqual(found.all, grep(workspace, [...flags, '-E'], pattern), `${pattern} ${flags.join(' ')}`);
      }
    }
  });

  it('counts what grep counts for any text and any pattern', async function () {
    this.timeout(60_000);
    const letters = fc.constantFrom('a', 'b', 'A', '_', '1', ' ', '-', 'é', '.', '\t');
    const word = fc.string({ unit: letters, minLength: 1, maxLength: 4 });
    const file = fc.string({ unit: fc.oneof(letters, fc.constant('\n')), maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(word, file, fc.boolean(), fc.boolean(), async (pattern, content, wholeWord, sensitive) => {
        const folder = await newFolder();
        try {
          writeFileSync(join(folder, 'f.txt'), content);
          const input = { pattern, whole_word: wholeWord, case_sensitive: sensitive, max_results: 2000 };
          const { text } = await search.run(input, toolContext({ workspace: folder }));
          const flags = [...(wholeWord ? ['-w'] : []), ...(sensitive ? [] : ['-i']), '-F'];
          assert.deepEqual(parse(text).all, grep(folder, flags, pattern));
        } finally {
          await removeFolder(folder);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('gives the exact text: header, files, lines, context', async () => {
    const folder = await newFolder();
    try {
      writeFileSync(join(folder, 'a.txt'), 'one\ntwo hit\nthree\nfour\nfive hit\r\nsix');
      writeFileSync(join(folder, 'b.bin'), Buffer.from([104, 105, 116, 0, 1]));
      writeFileSync(join(folder, 'c.txt'), `hit ${'x'.repeat(600)}\n`);
      const { text } = await search.run({ pattern: 'hit', context: 1 }, toolContext({ workspace: folder }));
      assert.equal(
        text,
        [
          '3 matching lines in 2 files (2 searched, 1 binary skipped)',
          '== a.txt',
          '1-one',
          '2:two hit',
          '3-three',
          '4-four',
          '5:five hit',
          '6-six',
          '== c.txt',
          `1:hit ${'x'.repeat(496)}…`,
        ].join('\n'),
      );
    } finally {
      await removeFolder(folder);
    }
  });

  it('pages through all matching lines once, with whole totals on every page', async () => {
    const whole = await run({ pattern: 'alpha', max_results: 2000 });
    const seen: string[] = [];
    for (let offset: number | null = 0; offset !== null;) {
      const page: Found = await run({ pattern: 'alpha', max_results: 29, offset, context: 2 });
      assert.equal(page.total, whole.total);
      seen.push(...page.all);
      offset = page.next;
    }
    assert.deepEqual(seen, whole.all);
    assert.ok(whole.total > 20);
  });

  it('searches the files a glob names, at any depth when it has no slash', async () => {
    const everywhere = await run({ pattern: 'alpha', glob: '*.md', max_results: 2000 });
    assert.deepEqual(everywhere.all, grep(workspace, ['-F', '--include=*.md'], 'alpha'));
    const below = await run({ pattern: 'alpha', path: 'd1', glob: 'd2/*.ts', max_results: 2000 });
    assert.ok(below.total > 0);
    assert.ok(below.all.every((line) => /^d1\/d2\/[^/]+\.ts:/.test(line)));
  });

  it('finds what crosses the parts of a very long line, and ^ and $ only at its ends', async () => {
    const folder = await newFolder();
    try {
      const mebibyte = 1024 * 1024;
      writeFileSync(
        join(folder, 'long.txt'),
        `start${'x'.repeat(mebibyte - 3)}needle${'y'.repeat(3 * mebibyte)}end\nneedle\n`,
      );
      const count = async (input: Record<string, unknown>): Promise<number> =>
        parse((await search.run(input, toolContext({ workspace: folder }))).text).total;
      assert.equal(await count({ pattern: 'needle' }), 2);
      assert.equal(await count({ pattern: 'xneedley', regex: true }), 1);
      assert.equal(await count({ pattern: '^y', regex: true }), 0);
      assert.equal(await count({ pattern: 'y$', regex: true }), 0);
      assert.equal(await count({ pattern: '^start', regex: true }), 1);
      assert.equal(await count({ pattern: 'end$', regex: true }), 1);
    } finally {
      await removeFolder(folder);
    }
  });

  it('stops a regular expression that backtracks for ever, by the time limit and by an abort, and serves others meanwhile', async function () {
    const folder = await newFolder();
    try {
      writeFileSync(join(folder, 'a.txt'), `${'a'.repeat(60)}!\n`);
      const hostile = { pattern: '^(a+)+$', regex: true };
      const limited = testTools({ sandboxes: testSandboxes({ jobTimeoutMs: 300 }) })('search_files');
      await assert.rejects(limited.run(hostile, toolContext({ workspace: folder })), {
        code: 'TOOL_FAILED',
        message: /stopped/,
      });

      const abort = new AbortController();
      const running = search.run(hostile, toolContext({ workspace: folder, signal: abort.signal }));
      const other = await search.run({ pattern: 'a' }, toolContext({ workspace: folder }));
      assert.match(other.text, /^1 matching lines/);
      abort.abort();
      await assert.rejects(running, { code: 'CANCELLED' });
    } finally {
      await removeFolder(folder);
    }
  });

  it('refuses wrong arguments naming the field and the value', async () => {
    const wrong: [Record<string, unknown>, RegExp][] = [
      [{ pattern: '(', regex: true }, /"pattern" of search_files is "\("/],
      [{ pattern: 'a', max_results: 2001 }, /"max_results" of search_files is 2001/],
      [{ pattern: 'a', glob: '../*' }, /"glob" of search_files is "\.\.\/\*"/],
      [{ pattern: 'a', glob: '/etc/*' }, /"glob"/],
      [{ pattern: 'a\nb' }, /"pattern"/],
      [{ pattern: 'a', colour: 'red' }, /colour/],
      [{}, /"pattern" of search_files is missing/],
    ];
    for (const [input, message] of wrong) {
      await assert.rejects(search.run(input, toolContext({ workspace })), { code: 'TOOL_ARGUMENTS', message });
    }
    await assert.rejects(search.run('not JSON', toolContext({ workspace })), { code: 'TOOL_ARGUMENTS' });
  });
});

const variants: readonly (readonly [string[], Record<string, boolean>])[] = [
  [[], {}],
  [['-w'], { whole_word: true }],
  [['-i'], { case_sensitive: false }],
];

interface Found {
  readonly total: number;
  /** `path:line`, as shown. */
  readonly all: string[];
  readonly next: number | null;
}

function parse(text: string): Found {
  const [header = '', ...lines] = text.split('\n');
  const total = Number(/^(\d+) matching lines in \d+ files \(\d+ searched, \d+ binary skipped\)$/.exec(header)?.[1]);
  const all: string[] = [];
  let file = '';
  let next: number | null = null;
  for (const line of lines) {
    if (line.startsWith('== ')) file = line.slice(3);
    const match = /^(\d+):/.exec(line);
    if (match !== null) all.push(`${file}:${match[1]}`);
    const more = /^… more: call again with offset=(\d+)$/.exec(line);
    if (more !== null) next = Number(more[1]);
  }

  return { total, all, next };
}

/** `path:line` of every line that grep finds, in the order of search_files. */
function grep(folder: string, flags: string[], pattern: string): string[] {
  const found = spawnSync('grep', ['-rnI', ...flags, '-e', pattern, '.'], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1e9,
    env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' },
  });
  assert.ok((found.status ?? 2) < 2, found.stderr);
  const keys = found.stdout.split('\n').flatMap((line) => {
    const match = /^\.\/(.*?):(\d+):/.exec(line);
    return match === null ? [] : [[match[1] ?? '', Number(match[2])] as const];
  });
  keys.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1]));
  return keys.map(([path, line]) => `${path}:${line}`);
}

/** 300 files of every kind: text, CRLF, without a last line end, empty, binary, in folders, with odd names. */
function generateTree(root: string): void {
  const words = [
    'alpha',
    'beta',
    'TODO',
    'todo:',
    'FIXME',
    'a.c',
    'abc',
    'foo-bar',
    'foobar',
    'naïve',
    'é',
    '日本',
    '12',
    '[x]',
    '$(x)',
    'x_a',
  ];
  let seed = 7;
  const random = (limit: number): number => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor((seed / 2147483648) * limit);
  };
  const names = ['a.ts', 'b.md', 'c d.txt', 'é.txt', '.hidden', 'x#y.js'];
  for (let index = 0; index < 300; index += 1) {
    const folder = ['.', 'd1', 'd1/d2', 'd3', '.dot'][random(5)] ?? '.';
    const path = join(root, folder, `${index}-${names[random(names.length)]}`);
    const lines = Array.from({ length: random(10) }, () =>
      Array.from({ length: random(6) }, () => words[random(words.length)]).join([' ', '_', ''][random(3)]),
    );
    const text = lines.join(index % 7 === 0 ? '\r\n' : '\n') + (index % 3 === 0 ? '' : '\n');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(
      path,
      index % 11 === 0 ? Buffer.concat([Buffer.from(text), Buffer.from([0]), Buffer.from(text)]) : text,
    );
  }
}
