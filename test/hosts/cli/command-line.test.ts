import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const main = resolve('src/hosts/cli/main.ts');
const bundle = resolve('test/support/fake-runtime.ts');

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

describe('haios, as a process', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'haios-cli-'));
    mkdirSync(join(dir, 'w'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const start = (scenario: string, argv: readonly string[]): ChildProcess =>
    spawn(process.execPath, [main, ...argv], {
      cwd: join(dir, 'w'),
      env: { ...process.env, HAIOS_RUNTIME_BUNDLE: bundle, HAIOS_FAKE: scenario, HAIOS_FAKE_LOG: join(dir, 'log') },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  const finish = (child: ChildProcess, input = ''): Promise<Ended> => {
    let out = '';
    let err = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.stdin?.end(input);
    return new Promise((settle) => child.once('close', (code) => settle({ code, out, err })));
  };
  const haios = (scenario: string, ...argv: string[]): Promise<Ended> => finish(start(scenario, argv));
  const asked = (): Record<string, unknown>[] =>
    readFileSync(join(dir, 'log'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  it('runs a prompt: plain progress on stderr, the result on stdout, and hands everything on', async () => {
    const db = join(dir, 'new', 'h.db');
    const { code, out, err } = await haios(
      'ok',
      ...[
        'run',
        'todo',
        '--model',
        'm',
        '--budget',
        'usd=1.5,tokens=50000',
        '--priority',
        'high',
        '--db',
        db,
        '--port',
        '0',
      ],
    );
    assert.equal(out, 'Done: todo\\u{1b}[31m\n');
    assert.deepEqual(err.split('\n'), [
      'forecast: usually $0.10–0.35, 2–4 min, 30k–50k tokens (12 runs)',
      'g007 planner · task 0/2 · 12,345 tokens · $0.01',
      'g007 execute · task 2/2 · 12,345 tokens · $0.01',
      'run g007 succeeded · 2 tasks · 9 worker calls · 12,345 tokens · $0.01 · 2.3 s',
      'wrote .haios/reports/report_g007.md',
      '',
    ]);
    assert.equal(code, 0);
    const workspace = join(dir, 'w');
    assert.deepEqual(asked(), [
      { argv: ['--port', '0', '--db', db] },
      { hello: { host: 'cli', attended: false, workspaces: [workspace], trusted: true, settings: {} } },
      { forecast: { prompt: 'todo', workspace, model: 'm' } },
      {
        startRun: {
          ...{ prompt: 'todo', workspace, model: 'm', agent: null, budget: { usd: 1.5, tokens: 50_000 } },
          ...{ priority: 'high', approve: 'none', labels: [], onLimit: null, resume: null },
        },
      },
      { shutdown: true },
    ]);
    assert.deepEqual(readdirSync(dir).sort(), ['log', 'w']);
  });

  it('reads a prompt from stdin and prints one JSON document and nothing else', async () => {
    const { code, out, err } = await finish(start('ok', ['run', '-', '--json', '--quiet']), 'a long prompt\n');
    assert.equal((JSON.parse(out) as { text: string }).text, 'Done: a long prompt\u001b[31m');
    assert.deepEqual([code, err], [0, '']);
  });

  it('ends with 3 at a budget and says how to go on', async () => {
    const { code, err } = await haios('budget', 'run', 'todo');
    assert.equal(code, 3);
    assert.match(err, /^haios: The budget of 1\.00 USD does not allow the next call\.$/m);
    assert.match(err, /^go on with: haios run --resume 7 \(--budget usd=… sets a new total for the run\)$/m);
  });

  it('hands on what the run does at a budget’s limit, and says when it goes on', async () => {
    const { code, err } = await haios('window', 'run', 'todo', '--on-limit', 'wait');
    assert.equal(code, 0);
    const at = new Date(Date.UTC(2026, 0, 2)).toLocaleString();
    assert.ok(err.includes(`does not allow this call. It goes on at ${at}.`), err);
    const [begun] = asked().flatMap((entry) => ('startRun' in entry ? [entry['startRun']] : []));
    assert.equal((begun as { onLimit: unknown }).onLimit, 'wait');
    const wrong = await haios('ok', 'run', 'todo', '--on-limit', 'ask');
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /--on-limit/);
  });

  it('ends with 4 and its JSON when the provider is away', async () => {
    const { code, out } = await haios('failed', 'run', 'todo', '--json', '--quiet');
    assert.deepEqual([code, (JSON.parse(out) as { status: string }).status], [4, 'failed']);
  });

  it('says that there is not enough history, and begins without a forecast that does not come', async () => {
    const few = await haios('budget', 'run', 'todo');
    assert.equal(few.err.split('\n')[0], 'forecast: not enough history yet');
    const { code, err } = await haios('crash', 'run', 'todo');
    assert.equal(code, 1);
    assert.ok(!err.includes('forecast'), err);
    assert.deepEqual(
      asked().flatMap((entry) => Object.keys(entry)),
      ['argv', 'hello', 'forecast', 'startRun', 'shutdown', 'argv', 'hello', 'forecast', 'startRun'],
    );
    const quiet = await haios('ok', 'run', 'todo', '--quiet');
    assert.ok(!quiet.err.includes('forecast'), quiet.err);
  });

  it('survives the death of the runtime: one sentence, one document, exit code 1', async () => {
    const { code, out, err } = await haios('crash', 'run', 'todo', '--json', '--quiet');
    assert.equal(code, 1);
    assert.equal(err, 'haios: The HAiOS runtime ended unexpectedly; go on with “haios run --resume 7”.\n');
    const document = JSON.parse(out) as { status: string; usd_nano: number; workerCalls: unknown };
    assert.deepEqual([document.status, document.usd_nano, document.workerCalls], ['interrupted', 12_345_678, null]);
  });

  it('hands on the sentence and the exit code of a runtime that refuses to start', async () => {
    assert.deepEqual(await haios('refuse', 'runs'), {
      code: 2,
      out: '',
      err: 'haios: The database was written by a newer version; update HAiOS.\n',
    });
    assert.deepEqual(await haios('damaged', 'runs'), {
      code: 2,
      out: '',
      err: 'haios: The database is newer; give another one with --db FILE.\n',
    });
  });

  it('says no for a person where there is none', async () => {
    const { code, err } = await haios('approval', 'run', 'todo', '--approve', 'all');
    assert.equal(code, 1);
    assert.match(err, /^Not allowed, because nobody can be asked here: Write src\/a\.ts/m);
    assert.ok(
      asked().some((entry) => JSON.stringify(entry) === '{"answerApproval":{"approvalId":"a1","decision":"deny"}}'),
    );
  });

  it('cancels at the first Ctrl-C and prints what there is', async () => {
    const child = start('hang', ['run', 'todo', '--json']);
    interruptAt(child, /execute/);
    const { code, out, err } = await finish(child);
    assert.equal(code, 130);
    assert.equal((JSON.parse(out) as { status: string }).status, 'cancelled');
    assert.match(err, /Cancelling; Ctrl-C again ends at once\./);
  });

  it('kills the runtime and ends at once at the second Ctrl-C', async () => {
    const child = start('hang', ['run', 'stuck']);
    interruptAt(child, /execute/);
    // An echo of the first one, which a parent handed on, and then a person's second.
    interruptAt(child, /Cancelling/);
    interruptAt(child, /Cancelling/, 700);
    assert.equal((await finish(child)).code, 130);
    // The runtime was killed and not asked: it never heard of a shutdown.
    assert.ok(!asked().some((entry) => 'shutdown' in entry));
  });

  it('serves until Ctrl-C', async () => {
    const child = start('ok', ['serve']);
    interruptAt(child, /Ctrl-C ends/);
    const { code, out } = await finish(child);
    assert.equal(out, 'panel    http://127.0.0.1:8000/\nmetrics  http://127.0.0.1:8000/metrics\n');
    assert.equal(code, 0);
  });

  it('goes on serving after a run that was asked to, and keeps the run’s exit code', async () => {
    const child = start('failed', ['run', 'todo', '--serve']);
    interruptAt(child, /Ctrl-C ends/);
    assert.equal((await finish(child)).code, 4);
  });

  it('reports, explains, traces and checks', async () => {
    const out = join(dir, 'r.csv');
    const [report, written, explained, trace, doctor] = await Promise.all([
      haios('ok', 'report'),
      haios('ok', 'report', '--format', 'csv', '--out', out, '--days', '30', '--price-as', 'gpt-5'),
      haios('ok', 'costs', 'explain', 'call-1'),
      haios('ok', 'trace', '7', '--format', 'otlp'),
      haios('ok', 'doctor'),
    ]);
    assert.deepEqual(report, {
      code: 0,
      out: '# Cost report g008\n',
      err: 'wrote .haios/reports/cost_report_g008.md\n',
    });
    assert.deepEqual(written, { code: 0, out: '', err: `wrote ${out}\n` });
    assert.deepEqual(explained, { code: 0, out: 'call call-1\n', err: '' });
    assert.deepEqual(trace, { code: 0, out: '7 as otlp\n', err: '' });
    assert.equal(doctor.code, 1);
    const workspace = join(dir, 'w');
    const queries = asked().flatMap((entry) => ('report' in entry ? [entry['report']] : []));
    assert.deepEqual(
      queries.find((query) => (query as { days: number }).days === 30),
      { days: 30, range: null, format: 'csv', priceAs: 'gpt-5', out, workspace },
    );
    assert.deepEqual(
      queries.find((query) => (query as { days: number }).days === 7),
      { days: 7, range: null, format: 'md', priceAs: null, out: null, workspace },
    );
  });

  it('refuses bad input with one sentence and exit code 2, and starts nothing', async () => {
    const cases = [
      ['run'],
      ['run', 'x', '--budget', 'usd=-1', '--db', join(dir, 'h.db')],
      ['run', 'x', '--listen', '0.0.0.0', '--db', join(dir, 'h.db')],
    ];
    const results = await Promise.all(cases.map((argv) => haios('ok', ...argv)));
    for (const [i, { code, out, err }] of results.entries()) {
      assert.deepEqual([code, out], [2, ''], cases[i]?.join(' '));
      assert.match(err, /^haios: [^\n]+[.?]\n$/);
    }
    assert.deepEqual(readdirSync(dir), ['w']);
  });

  it('ends quietly when nobody reads its output', async () => {
    const child = start('ok', ['run', 'todo', '--quiet']);
    child.stdout?.destroy();
    const { code, err } = await finish(child);
    assert.deepEqual([code, err], [0, '']);
  });
});

/** Sends Ctrl-C once, when stderr has said something that matches. */
function interruptAt(child: ChildProcess, pattern: RegExp, laterMs = 0): void {
  let text = '';
  let sent = false;
  child.stderr?.on('data', (chunk: unknown) => {
    text += String(chunk);
    if (sent || !pattern.test(text)) return;
    sent = true;
    setTimeout(() => child.kill('SIGINT'), laterMs);
  });
}
