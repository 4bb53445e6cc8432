import assert from 'node:assert/strict';
import { cliCommands, commonFlags } from '../../../src/catalogue/cli.ts';
import { nameOf, parseArguments, valueNameOf } from '../../../src/hosts/cli/arguments.ts';
import { CliError, exitCodeOf } from '../../../src/hosts/cli/cli-error.ts';
import { helpText } from '../../../src/hosts/cli/help.ts';

function sentence(...argv: string[]): string {
  try {
    parseArguments(argv);
  } catch (error) {
    assert.ok(error instanceof CliError);
    assert.equal(exitCodeOf(error), 2);
    return error.message;
  }
  throw new Error(`${argv.join(' ')} was accepted.`);
}

describe('hosts/cli/arguments', () => {
  it('reads a command, its argument and its flags, wherever they stand', () => {
    const parsed = parseArguments(['--db', 'x.db', 'run', '--json', 'fix it', '--budget=usd=1', '--quiet']);
    assert.ok(parsed.kind === 'command');
    assert.deepEqual([parsed.command, parsed.argument], ['run', 'fix it']);
    const { values } = parsed;
    assert.deepEqual(
      [
        values.get('db'),
        values.has('json'),
        values.get('budget'),
        values.has('quiet'),
        values.get('model'),
        values.has('serve'),
      ],
      ['x.db', true, 'usd=1', true, null, false],
    );
  });

  it('takes a prompt that begins with dashes after --, and “-” for stdin', () => {
    const dashed = parseArguments(['run', '--', '--todo']);
    const stdin = parseArguments(['run', '-']);
    assert.ok(dashed.kind === 'command' && stdin.kind === 'command');
    assert.deepEqual([dashed.argument, stdin.argument], ['--todo', '-']);
  });

  it('knows help and version', () => {
    assert.deepEqual(parseArguments(['--help']), { kind: 'help', command: null });
    assert.deepEqual(parseArguments(['help']), { kind: 'help', command: null });
    assert.deepEqual(parseArguments(['help', 'costs', 'explain']), { kind: 'help', command: 'costs explain' });
    assert.deepEqual(parseArguments(['trace', '-h']), { kind: 'help', command: 'trace' });
    assert.deepEqual(parseArguments(['--version']), { kind: 'version' });
  });

  it('suggests what was meant', () => {
    assert.equal(sentence('rnu'), '“rnu” is not a command: did you mean “haios run”?');
    assert.equal(
      sentence('dance'),
      '“dance” is not a command; write one of run, serve, report, costs explain, runs, trace, doctor.',
    );
    assert.equal(
      sentence('run', 'x', '--bugdet', 'usd=1'),
      '--bugdet is no flag of “haios run”: did you mean --budget?',
    );
    assert.equal(
      sentence('run', 'x', '--frobnicate'),
      '--frobnicate is no flag of “haios run”; “haios run --help” lists its flags.',
    );
    assert.equal(
      sentence('runs', '--days', '3'),
      '--days is no flag of “haios runs”, only of “haios report”; leave it out.',
    );
    assert.equal(
      sentence('run', 'x', '--priority', 'hihg'),
      '--priority is “hihg”; it must be high, normal or low: did you mean high?',
    );
    assert.equal(sentence('report', '--format', 'docx'), '--format is “docx”; it must be md, csv or json.');
  });

  it('refuses what is missing, double or too much', () => {
    assert.match(sentence(), /^A command is missing; write one of run, serve/);
    assert.equal(sentence('costs'), '“haios costs” has one subcommand; write “haios costs explain CALL”.');
    assert.equal(sentence('trace'), '“haios trace” needs the run; write “haios trace <run>”.');
    assert.equal(sentence('run', 'x', '--model'), '--model needs a value; write --model <id>.');
    assert.equal(sentence('run', 'x', '--model', '--json'), '--model needs a value; write --model <id>.');
    assert.equal(sentence('run', 'x', '--model='), '--model needs a value; write --model <id>.');
    assert.equal(sentence('run', 'x', '--json=yes'), '--json takes no value, but “yes” was given; write --json alone.');
    assert.equal(
      sentence('run', 'x', '--budget', 'usd=1', '--budget', 'tokens=5'),
      '--budget is given twice; keep one.',
    );
    assert.equal(sentence('run', 'fix', 'it'), '“it” is one word too many: put the prompt in quotes.');
    assert.equal(sentence('runs', 'x'), '“x” is one word too many: “haios runs” takes flags only.');
  });

  it('keeps hostile words on one harmless line, and is no slower for a long one', () => {
    assert.equal(
      sentence('a\u001b[2J\nb'),
      '“a\\u{1b}[2J b” is not a command; write one of run, serve, report, costs explain, runs, trace, doctor.',
    );
    assert.ok(sentence('x'.repeat(100_000)).length < 300);
    assert.match(sentence('run', 'x', '--__proto__', '1'), /^--__proto__ is no flag/);
  });
});

describe('hosts/cli/help', () => {
  it('names every command, flag and example of the catalogue within 100 columns', () => {
    const overview = helpText(null);
    for (const { name } of cliCommands) assert.ok(overview.includes(`\n  ${name}`), name);
    for (const command of cliCommands) {
      const text = helpText(command.name);
      for (const flag of [...command.flags, ...commonFlags]) assert.ok(text.includes(`\n  ${flag.flag} `), flag.flag);
      for (const example of command.examples) assert.ok(text.includes(example), example);
      const tables = text.slice(0, text.indexOf('\nExamples:'));
      for (const line of tables.split('\n')) assert.ok(line.length <= 100, line);
    }
  });

  it('gives every example that the parser accepts', () => {
    for (const { examples } of cliCommands) {
      for (const example of examples) {
        const line = (example.split(' #')[0] ?? '').replace(/ [<>] \S+/, '').trim();
        const argv = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((m) => m[1] ?? m[2] ?? '').slice(1);
        assert.equal(parseArguments(argv).kind, 'command', example);
      }
    }
  });

  it('gives a flag of one name one kind in all commands', () => {
    const kinds = new Map<string, boolean>();
    for (const flag of [...commonFlags, ...cliCommands.flatMap((command) => [...command.flags])]) {
      const takesValue = valueNameOf(flag) !== null;
      assert.equal(kinds.get(nameOf(flag)) ?? takesValue, takesValue, flag.flag);
      kinds.set(nameOf(flag), takesValue);
    }
  });
});
