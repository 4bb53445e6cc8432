import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { HaiosError } from '../../src/core/errors.ts';
import { createLogFile } from '../../src/telemetry/log-file.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createRedactor } from '../../src/telemetry/redact.ts';

const redactor = createRedactor({ secrets: () => ['top-secret-value'] });

function setUp() {
  const lines: string[] = [];
  const log = createLog({ level: 'info', redactor, destinations: [{ write: (line) => void lines.push(line) }] });
  return { log, lines, parsed: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('log', () => {
  it('writes one JSON object a line, with trace and span ids', () => {
    const { log, lines, parsed } = setUp();
    log.with({ traceId: 't', runId: 'r' }).warn('Late.', { spanId: 's', lane: 'critic' });
    assert.equal(lines.length, 1);
    assert.ok(lines[0]?.endsWith('}\n'));
    const { time, ...rest } = parsed()[0] ?? {};
    assert.match(String(time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.deepEqual(rest, { level: 'warn', trace_id: 't', span_id: 's', run_id: 'r', lane: 'critic', msg: 'Late.' });
  });

  it('keeps secrets out of messages, fields, errors and their causes', () => {
    const { log, lines, parsed } = setUp();
    const cause = new Error('Authorization: Bearer abcdefgh123');
    const error = new HaiosError('TOOL_FAILED', 'top-secret-value failed', {
      cause,
      details: { argv: ['--key=abcdef12'], n: 1 },
    });
    log.error('With top-secret-value', {
      error,
      headers: { cookie: 'abc' },
      nested: [{ text: 'password="open sesame"' }],
    });
    for (const word of ['top-secret', 'abcdefgh', 'abcdef', 'abc"', 'sesame'])
      assert.ok(!lines.join('').includes(word), `${word} in ${lines[0]}`);
    const [line] = parsed();
    assert.equal((line?.['error'] as { code: string }).code, 'TOOL_FAILED');
    assert.match((line?.['error'] as { stack: string }).stack, /log\.test\.ts/);
  });

  it('says only what its level lets through, and the level can change', () => {
    const { log, parsed } = setUp();
    log.debug('no');
    log.setLevel('debug');
    log.debug('yes');
    log.setLevel('silent');
    log.error('no');
    assert.deepEqual(
      parsed().map(({ msg }) => msg),
      ['yes'],
    );
  });

  it('cuts what is too long and survives what cannot be written as JSON', () => {
    const { log, parsed } = setUp();
    const cycle: Record<string, unknown> = { big: 10n };
    cycle['self'] = cycle;
    log.info('x'.repeat(100_000), { cycle });
    assert.ok(String(parsed()[0]?.['msg']).length < 20_000);
  });
});

describe('log file', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'haios-log-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('keeps within its size and its number of old files', () => {
    const file = path.join(folder, 'logs', 'haios.log');
    const log = createLogFile({ path: file, maxBytes: 1_000, keep: 2 });
    for (let index = 0; index < 200; index += 1) log.write(`${String(index).padStart(3, '0')} ${'x'.repeat(50)}\n`);
    log.close();
    const files = readdirSync(path.dirname(file)).sort();
    assert.deepEqual(files, ['haios.log', 'haios.log.1', 'haios.log.2']);
    for (const name of files) assert.ok(statSync(path.join(folder, 'logs', name)).size <= 1_000);
    const kept = ['haios.log.2', 'haios.log.1', 'haios.log'].flatMap((name) =>
      readFileSync(path.join(folder, 'logs', name), 'utf8')
        .trim()
        .split('\n'),
    );
    assert.deepEqual(
      kept.map((line) => Number(line.slice(0, 3))),
      Array.from(kept, (_, index) => 200 - kept.length + index),
    );
    assert.equal(log.lost(), 0);
  });

  it('is shared by two writers without losing a line', () => {
    const file = path.join(folder, 'haios.log');
    const [a, b] = [
      createLogFile({ path: file, maxBytes: 600, keep: 50 }),
      createLogFile({ path: file, maxBytes: 600, keep: 50 }),
    ];
    for (let index = 0; index < 60; index += 1) (index % 2 === 0 ? a : b).write(`line ${index} ${'y'.repeat(30)}\n`);
    a.close();
    b.close();
    const all = readdirSync(folder).flatMap((name) => readFileSync(path.join(folder, name), 'utf8').trim().split('\n'));
    assert.deepEqual(
      all.map((line) => Number(line.split(' ')[1])).sort((x, y) => x - y),
      Array.from({ length: 60 }, (_, index) => index),
    );
  });

  it('never throws: what cannot be written is counted', () => {
    const blocked = path.join(folder, 'a-file');
    writeFileSync(blocked, '');
    const log = createLogFile({ path: path.join(blocked, 'haios.log'), maxBytes: 1_000, keep: 1 });
    log.write('one\n');
    log.write('two\n');
    assert.equal(log.lost(), 2);
    log.close();
    log.write('three\n');
    assert.equal(log.lost(), 2);
  });
});
