import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isHaiosError } from '../../src/core/errors.ts';
import { createOfflineModel } from '../../src/models/offline.ts';
import { createTokenizer } from '../../src/models/tokenizer.ts';
import { callModel, converse, field, request, type Conversation } from '../support/provider-conversation.ts';
import { fakeTools, type FakeToolOptions } from '../support/provider-tools.ts';

const tokenizer = createTokenizer();
const model = createOfflineModel({ tokenizer });

describe('offline model', () => {
  let folder: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'haios-offline-')));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const files = (contents: Readonly<Record<string, string | Buffer>>): void => {
    for (const [path, content] of Object.entries(contents)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
  };
  const ask = (prompt: string, options: FakeToolOptions = {}): Promise<Conversation> =>
    converse(model, prompt, fakeTools(folder, options), { maxOutputTokens: 16_000 });
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-c', 'user.name=Ada `L`', '-c', 'user.email=a@example.org', ...args], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, GIT_AUTHOR_DATE: '2024-02-03T12:00:00Z', GIT_COMMITTER_DATE: '2024-02-03T12:00:00Z' },
    });

  describe('inventory', () => {
    it('tells files, languages, lines, the largest files and the README’s headings', async () => {
      files({
        'README.md': '# Title #\n\n```\n# no heading\n```\n<!-- \n# none either\n-->\n## Use `it`\ntext\n',
        'src/a.ts': 'one\ntwo\nthree\n',
        'src/b.ts': 'x\n',
        'logo.png': Buffer.from([137, 80, 78, 71, 0, 1, 2, 3]),
        'docs/README.md': '# Docs\n',
        Makefile: 'all:\n',
      });
      const { text, turns } = await ask('inventory');
      assert.match(text, /6 files, 16 lines of text, \d+ B; 1 binary file\./);
      assert.match(text, /\| TypeScript \| 2 \| 4 \|/);
      assert.match(text, /\| Markdown \| 2 \| 11 \|/);
      assert.match(text, /\| Images \| 1 \| 0 \|/);
      assert.match(text, /\| Makefile \| 1 \| 1 \|/);
      assert.match(text, /\| `README\.md` \| \d+ B \| 10 \|/);
      assert.match(text, /### Headings of `README\.md`\n\n- `Title`\n  - `` Use `it` ``/);
      assert.match(text, /### Headings of `docs\/README\.md`\n\n- `Docs`/);
      assert.ok(!text.includes('no heading') && !text.includes('none either'));
      assert.equal(turns.length, 3);
      assert.equal(turns[1]?.calls.length, 2, 'both READMEs in one turn');
    });

    it('reads on where a page ends', async () => {
      files(Object.fromEntries(Array.from({ length: 25 }, (_, i) => [`f${i}.txt`, 'x\n'.repeat(i + 1)])));
      const { text, calls } = await ask('inventory', { pageSize: 10 });
      assert.match(text, /25 files, 325 lines/);
      assert.deepEqual(
        calls.map((call) => field(call.arguments, 'offset')),
        [undefined, 10, 20],
      );
      assert.equal(text.split('### Largest files')[1]?.match(/`f\d+\.txt`/g)?.length, 10);
      assert.match(text, /There is no README/);
    });

    it('of an empty folder is short', async () => {
      assert.match((await ask('inventory')).text, /0 files, 0 lines of text, 0 B; no binary files/);
    });
  });

  describe('todo', () => {
    const sources = {
      'a.ts': '// TODO one\nconst TODOS = 1; // no\n/* FIXME and TODO in one line */\n',
      'b/c.py': '# HACK: `ticks` | pipe\n# todo in small letters\n# MY_TODO neither\n',
      'bin.dat': Buffer.from('TODO\0TODO'),
      'none.txt': 'nothing\n',
    };

    it('finds what grep finds, by file, with dates from git', async () => {
      files(sources);
      git('init', '-q');
      git('add', '.');
      git('commit', '-qm', 'first');
      const { text, calls } = await ask('list all TODOs');
      const grep = execFileSync('grep', ['-rnIwE', 'TODO|FIXME|HACK', '--exclude-dir=.git', '.'], {
        cwd: folder,
        encoding: 'utf8',
      });
      assert.equal(grep.trim().split('\n').length, 3);
      assert.match(text, /3 lines in 2 files \(lines with TODO 2, FIXME 1, HACK 1\)\./);
      assert.match(text, /\| `a\.ts` \| 2 \| 2024-02-03 \|\n\| `b\/c\.py` \| 1 \| 2024-02-03 \|/);
      assert.match(text, /- 3: `\/\* FIXME and TODO in one line \*\/` — since 2024-02-03, `` Ada `L` ``/);
      assert.deepEqual(
        calls.map((call) => call.name),
        ['search_files', 'git_blame', 'git_blame'],
      );
    });

    it('without git says that the age is unknown, and asks only once', async () => {
      files(Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`f${i}.txt`, 'TODO\n'])));
      const { text, calls } = await ask('todo', {
        refuse: (call) => (call.name === 'git_blame' ? 'not a git repository' : null),
      });
      assert.match(text, /40 lines in 40 files/);
      assert.match(text, /Their age is unknown: not a git repository/);
      assert.equal(calls.filter((call) => call.name === 'git_blame').length, 16);
    });

    it('reads every page of matches', async () => {
      files({ 'a.txt': 'TODO\n'.repeat(70), 'b.txt': 'TODO\n'.repeat(30) });
      const { text, calls } = await ask('todo', { pageSize: 33, without: ['git_blame'] });
      assert.match(text, /100 lines in 2 files/);
      assert.match(text, /\| `a\.txt` \| 70 \|  \|/);
      assert.equal(calls.length, 4);
    });

    it('says when there is none', async () => {
      files({ 'a.txt': 'done\n' });
      assert.match((await ask('todo')).text, /None in 1 searched file/);
    });
  });

  describe('find', () => {
    it('shows matching lines with context, the hits marked, in a block they cannot close', async () => {
      files({ 'a.md': 'zero\none\n```\nneedle ```` here\n```\nfour\nfive\n', 'b.txt': 'Needle\n' });
      const { text } = await ask('find "needle"');
      assert.match(text, /1 matching line in 1 file of 2 searched files/);
      const fence = /^(`{5,})text$/m.exec(text)?.[1] ?? '';
      assert.ok(
        text.includes(
          `${fence}text\n    2  one\n    3  \`\`\`\n    4: needle \`\`\`\` here\n    5  \`\`\`\n    6  four\n${fence}`,
        ),
      );
    });

    it('takes expressions, ignores case when told to, and keeps to the glob', async () => {
      files({ 'a.ts': 'Foo1\n', 'src/b.ts': 'foo22\n', 'c.js': 'foo3\n' });
      const { text, calls } = await ask('find /foo\\d+/i in *.ts');
      assert.match(text, /2 matching lines in 2 files/);
      assert.deepEqual(calls[0]?.arguments, {
        pattern: 'foo\\d+',
        regex: true,
        case_sensitive: false,
        glob: '**/*.ts',
        context: 2,
        max_results: 100,
      });
    });

    it('stops at 100 lines and says how many there are', async () => {
      files({ 'a.txt': 'hit\n'.repeat(250) });
      const { text, calls } = await ask('find hit');
      assert.match(text, /250 matching lines in 1 file.* The first 100 are shown/);
      assert.equal(calls.length, 1);
    });
  });

  describe('links', () => {
    it('finds broken inline, image, reference and HTML links, and only those', async () => {
      files({
        'README.md': [
          '[ok](docs/guide.md#part) [ok](./docs) [ok](docs/) [ok](/docs/guide.md?x=1) ![ok](img/a%20b.png "title")',
          '[broken](docs/none.md) ![broken](img/none.png) <img src="gone.svg" width="1">',
          '[web](https://example.org/x.md) [mail](mailto:a@b) [anchor](#here) [host](//example.org/a)',
          '`[code](nope.md)` and ``[code](nope.md) ` ``',
          '```md',
          '[fenced](nope.md)',
          '```',
          '<!-- [comment](nope.md) -->',
          '[a]: docs/guide.md',
          '[b]: <missing ref.md> "title"',
          '[^1]: nope.md a footnote',
          '[![badge](https://x.org/b.svg)](LICENSE) [parens](img/a(1).png) [above](../outside.md)',
          '[odd](%E0%A4%A)',
        ].join('\n'),
        'docs/guide.md': '[up](../README.md) [self](guide.md) [broken](README.md)\n',
        'img/a b.png': Buffer.from([0]),
        'img/a(1).png': Buffer.from([0]),
      });
      const { text } = await ask('find broken links');
      const listed = [...text.matchAll(/^- line (\d+): (.*)$/gm)].map((m) => `${m[1]} ${m[2]}`);
      assert.deepEqual(listed, [
        '2 `docs/none.md`',
        '2 `img/none.png`',
        '2 `gone.svg`',
        '10 `missing ref.md`',
        '12 `LICENSE`',
        '13 `%E0%A4%A`',
        '1 `README.md`',
      ]);
      assert.match(text, /7 broken links among 17 relative links in 2 Markdown files/);
      assert.match(text, /1 link leads out of the workspace/);
    });

    it('asks again for targets that are not listed, such as ignored files', async () => {
      files({
        'a.md': '[built](node_modules/x/index.js) [gone](node_modules/y.js)\n',
        'node_modules/x/index.js': 'x\n',
      });
      const { text } = await ask('links');
      assert.match(text, /1 broken link among 2/);
      assert.match(text, /- line 1: `node_modules\/y\.js`/);
    });

    it('reads many and long files, sixteen at a time, page by page', async () => {
      files(
        Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`d${i}.md`, `${'x\n'.repeat(5)}[l](none${i}.md)\n`])),
      );
      const { text, turns } = await ask('links', { pageSize: 4 });
      assert.match(text, /20 broken links among 20 relative links in 20 Markdown files/);
      assert.ok(turns.every((turn) => turn.calls.length <= 16));
      assert.match(text, /### `d7\.md`\n\n- line 6: `none7\.md`/);
    });

    it('reports a file that cannot be read and goes on', async () => {
      files({ 'a.md': '[x](gone.md)\n', 'b.md': 'secret\n' });
      const { text } = await ask('links', {
        refuse: (call) => (field(call.arguments, 'path') === 'b.md' ? 'not allowed' : null),
      });
      assert.match(text, /1 broken link among 1 relative link in 1 Markdown file/);
      assert.match(text, /### Not read\n\n- `b\.md`: not allowed/);
    });

    it('takes hostile lines quickly', async () => {
      const nasty = ['<a ', '`', '``a`', '](', '](a "', '<!--', '- ', '[a', '\\', '# ', '> '].map((piece) =>
        piece.repeat(40_000 / piece.length),
      );
      files({ 'README.md': nasty.join('\n') });
      assert.match((await ask('links and inventory')).text, /0 broken links/);
    });
  });

  describe('dependencies', () => {
    it('tells declared, unused and missing packages of each project', async () => {
      files({
        'package.json': JSON.stringify({
          name: 'root',
          scripts: { build: 'tsc -p . && node_modules/.bin/esbuild x', test: 'mocha --require tsx/cjs' },
          dependencies: { lodash: '1', '@scope/used': '1', unused: '1', dynamic: '1', reexported: '1', commented: '1' },
          devDependencies: {
            typescript: '1',
            esbuild: '1',
            mocha: '1',
            tsx: '1',
            '@types/node': '1',
            '@types/lodash': '1',
            '@types/gone': '1',
            eslint: '1',
            'prettier-plugin-x': '1',
          },
          prettier: { plugins: ['prettier-plugin-x'] },
          peerDependencies: { react: '1' },
        }),
        'src/a.ts': [
          "import fs from 'fs'; import { join } from 'node:path'; import x from './local.js';",
          "import get from 'lodash/get';",
          "import {\n  a,\n} from '@scope/used/sub';",
          "const d = await import('dynamic'); export * from 'reexported';",
          "const r = require('undeclared'); import self from 'root/x'; import alias from '@/x'; import sub from '#internal';",
          "// import c from 'commented'",
          "import React from 'react'; import type { T } from '@other/missing/deep';",
        ].join('\n'),
        'packages/b/package.json': JSON.stringify({ name: 'b', dependencies: { chalk: '1' }, devDependencies: {} }),
        'packages/b/index.js': "require('chalk'); require('lodash'); require('nowhere');\n",
        'broken/package.json': '{ nope',
      });
      const { text } = await ask('dependencies');
      const section = (title: string): string => text.split(`### \`${title}\``)[1]?.split('###')[0] ?? '';
      const names = (part: string, kind: string): readonly string[] =>
        [...(part.split(kind)[1]?.split('\n\n')[1] ?? '').matchAll(/^- `([^`]+)`/gm)].map((m) => m[1] ?? '');
      const root = section('package.json');
      assert.match(root, /Declared: dependencies 6, devDependencies 9, peerDependencies 1\./);
      assert.deepEqual(names(root, 'Unused'), ['commented', 'unused', '@types/gone', 'eslint']);
      assert.deepEqual(names(root, 'Missing'), ['@other/missing', 'undeclared']);
      const b = section('packages/b/package.json');
      assert.match(b, /Declared: dependencies 1\./);
      assert.match(b, /Unused[^\n]*: none\./);
      assert.deepEqual(names(b, 'Missing'), ['nowhere']);
      assert.match(text, /### Not read\n\n- `broken\/package\.json`: not a JSON object/);
    });

    it('says when there is no project', async () => {
      files({ 'a.js': '' });
      assert.match((await ask('dependencies')).text, /There is no package\.json/);
    });
  });

  describe('replace', () => {
    it('edits each file that holds the text, and counts', async () => {
      files({ 'docs/a.md': 'old old\n', 'docs/b.md': 'old\n', 'docs/c.txt': 'old\n', 'd.md': 'old\n' });
      const { text } = await ask('replace "old" with "$new" in docs/*.md');
      assert.equal(readFileSync(join(folder, 'docs/a.md'), 'utf8'), '$new $new\n');
      assert.equal(readFileSync(join(folder, 'docs/b.md'), 'utf8'), '$new\n');
      assert.equal(readFileSync(join(folder, 'docs/c.txt'), 'utf8'), 'old\n');
      assert.equal(readFileSync(join(folder, 'd.md'), 'utf8'), 'old\n');
      assert.match(text, /3 replacements in 2 files; no file was left as it was/);
      assert.match(text, /- `docs\/a\.md`: 2 replacements\n- `docs\/b\.md`: 1 replacement\n/);
    });

    it('with an expression uses its groups', async () => {
      files({ 'a.txt': 'v1 V2\n' });
      await ask('replace /v(\\d)/i with "w$1"');
      assert.equal(readFileSync(join(folder, 'a.txt'), 'utf8'), 'w1 w2\n');
    });

    it('in a plain file name changes that file only', async () => {
      files({ 'a.txt': 'old\n', 'sub/a.txt': 'old\n' });
      await ask('replace old with new in a.txt');
      assert.deepEqual(
        ['a.txt', 'sub/a.txt'].map((path) => readFileSync(join(folder, path), 'utf8')),
        ['new\n', 'old\n'],
      );
    });

    it('reports what was denied and does the rest, four files at a time', async () => {
      files(Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`f${i}.txt`, 'old\n'])));
      const { text, turns } = await ask('replace old with new', {
        refuse: (call) =>
          call.name === 'edit_file' && field(call.arguments, 'path') === 'f3.txt'
            ? 'Writing f3.txt was not allowed'
            : null,
      });
      assert.match(text, /8 replacements in 8 files; 1 file left as it was/);
      assert.match(text, /### Not changed\n\n- `f3\.txt`: Writing f3\.txt was not allowed/);
      assert.deepEqual(
        turns.map((turn) => turn.calls.length),
        [1, 4, 4, 1, 0],
      );
    });

    it('changes nothing where nothing is found, or where it may not write', async () => {
      files({ 'a.txt': 'x\n' });
      assert.match((await ask('replace old with new')).text, /Nothing to replace in 1 searched file/);
      const { text, calls } = await ask('replace x with y', { without: ['edit_file'] });
      assert.match(text, /Not done: replace\n\nThis needs the tools edit_file, which are not offered/);
      assert.deepEqual(calls, []);
    });
  });

  it('does several wishes one after the other, and says who did them', async () => {
    files({ 'a.md': '[x](gone.md) TODO\n' });
    const { text } = await ask('links and todo', { without: ['git_blame'] });
    assert.ok(text.indexOf('## Broken relative links') < text.indexOf('## TODO, FIXME and HACK'));
    assert.match(text, /_Found by rules and searches of HAiOS’s offline model; no language model was asked\._\n$/);
  });

  it('reports a search that fails', async () => {
    for (const prompt of ['todo', 'find x', 'links', 'dependencies', 'inventory', 'replace a with b']) {
      const { text } = await ask(prompt, { refuse: () => 'The disk is on fire.' });
      assert.match(text, /The disk is on fire\./, prompt);
    }
  });

  it('for anything else says what it can do and how to connect a model', async () => {
    const { text, calls } = await ask('write a `poem`');
    assert.deepEqual(calls, []);
    for (const part of [
      'write a `poem`',
      '`inventory`',
      'Ollama',
      'haios.config.json',
      '11434',
      'HAiOS: Set Model API Key…',
    ])
      assert.ok(text.includes(part), part);
  });

  it('plans in JSON, hands findings on unchanged, and does not judge', async () => {
    const say = async (role: 'planner' | 'summariser' | 'critic', prompt: string): Promise<string> =>
      (await callModel(model, request(prompt, { role }))).text;
    assert.deepEqual(JSON.parse(await say('planner', 'todo')), {
      type: 'inspect',
      size: 'S',
      steps: [{ title: 'TODO, FIXME and HACK notes', prompt: 'todo' }],
    });
    assert.match(await say('summariser', '## A\n\nb\n'), /^# [^\n]+\n\n## A\n\nb\n$/);
    assert.match(await say('critic', 'x'), /cannot judge/);
  });

  it('is a function of the request', async () => {
    files({ 'a.txt': 'TODO\n' });
    const first = await ask('todo', { without: ['git_blame'] });
    const second = await ask('todo', { without: ['git_blame'] });
    assert.deepEqual(second.turns, first.turns);
  });

  it('counts its tokens with the tokenizer: system, messages and tools in, text and calls out', async () => {
    const asked = request('find "x"', {
      system: 'S',
      tools: [{ name: 'search_files', description: 'd', parameters: {} }],
    });
    const turn = await callModel(model, asked);
    const [call] = turn.calls;
    assert.ok(call);
    const output =
      (await tokenizer.count(turn.text)) +
      (await tokenizer.count(JSON.stringify({ name: call.name, arguments: call.arguments })));
    const input = await tokenizer.count(['S', 'find "x"', JSON.stringify(asked.tools[0])].join('\n'));
    assert.deepEqual(turn.finish.usage, {
      input,
      cache_read: 0,
      cache_write: 0,
      cache_write_1h: 0,
      output,
      reasoning: 0,
    });
  });

  it('stays within the output limit: a long text is cut and says so', async () => {
    const long = 'line of findings\n'.repeat(500);
    for (const maxOutputTokens of [200, 40, 3, 1]) {
      const turn = await callModel(model, request(long, { role: 'summariser', maxOutputTokens }));
      assert.equal(turn.finish.reason, 'length');
      assert.ok((turn.finish.usage?.output ?? Infinity) <= maxOutputTokens);
      if (maxOutputTokens >= 40) assert.match(turn.text, /^# Findings[^]*… cut at the output limit of the call\.\n$/);
    }
    const small = createOfflineModel({ tokenizer, maxOutputTokens: 100 });
    assert.ok(
      ((await callModel(small, request(long, { role: 'summariser' }))).finish.usage?.output ?? Infinity) <= 100,
    );
  });

  it('asks for fewer calls at once when they do not fit, and still ends', async () => {
    files(Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`d${i}.md`, '[x](y.md)\n'])));
    const { turns } = await converse(model, 'links', fakeTools(folder), { maxOutputTokens: 60 });
    assert.ok(turns.every((turn) => (turn.finish.usage?.output ?? Infinity) <= 60));
    assert.ok(turns.some((turn) => turn.calls.length > 1 && turn.calls.length < 12));
    const last = turns.at(-1);
    assert.ok(last !== undefined && /Broken relative links/.test(last.text));
  });

  it('streams in pieces and stops when told to', async () => {
    const abort = new AbortController();
    let pieces = 0;
    const run = async (): Promise<void> => {
      for await (const event of model.stream(
        request('x\n'.repeat(5000), { role: 'summariser', maxOutputTokens: 16_000 }),
        abort.signal,
      )) {
        if (event.type === 'text' && ++pieces === 3) abort.abort();
      }
    };
    await assert.rejects(
      run(),
      (error) => isHaiosError(error, 'CANCELLED') && field(error.details['received'], 'textBytes') === 1200,
    );
    assert.equal(pieces, 3);
  });
});
