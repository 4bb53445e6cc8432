import assert from 'node:assert/strict';
import { stopMenu, type Typed } from '../../../src/hosts/cli/stop-menu.ts';
import { budgetUse, stopView } from '../../support/rows.ts';

const usd = 1_000_000_000;
const now = new Date(2026, 5, 17, 12).getTime();
const evening = new Date(2026, 5, 17, 16, 40).getTime();
const midnight = new Date(2026, 5, 18).getTime();
const day = budgetUse({ scope: 'user', key: 'user', window: 'day', limit: usd, used: usd, resetsAt: midnight });

function raise(limit: number, until: number | null = null): Typed {
  return { kind: 'decide', decision: { type: 'raise', limit, until } };
}

describe('hosts/cli/stop-menu', () => {
  it('says why it stopped, when that ends, and what can be typed for each choice', () => {
    const menu = stopMenu(stopView({ budget: day, freesAt: evening, cheaper: ['haiku', 'gpt-5-nano'] }), now);
    assert.deepEqual(menu.lines(100), [
      'Run g12 stopped: daily budget $1.00 is used up ($1.00 spent, the next call may cost $0.11).',
      'It frees up at 16:40.',
      '  r   Raise to $2               From $1.00, until 00:00',
      '  r2  Raise to $5               From $1.00, until 00:00',
      '  a   Raise to another amount…  At least $1.11 for the next call',
      '  m   Go on with haiku          A cheaper model, whose next call the budget allows',
      '  m2  Go on with gpt-5-nano     A cheaper model, whose next call the budget allows',
      '  w   Wait until 16:40          It then goes on by itself',
      '  t   Try again                 Goes on as it is: the budget may have been raised elsewhere',
      '  s   Stop the run              It can be resumed later; what was spent stays spent',
    ]);
    assert.equal(menu.prompt, 'Your choice (r, r2, a, m, m2, w, t or s): ');
  });

  it('leaves out details that do not fit, and what cannot be chosen', () => {
    const menu = stopMenu(stopView({}), now);
    assert.deepEqual(menu.lines(80).slice(4), [
      '  a   Raise to another amount…  At least $1.09 for the next call',
      '  t   Try again',
      '  s   Stop the run',
    ]);
    assert.deepEqual(menu.lines(40).slice(1), [
      'It does not free up by itself.',
      '  r   Raise to $2',
      '  r2  Raise to $5',
      '  a   Raise to another amount…',
      '  t   Try again',
      '  s   Stop the run',
    ]);
    assert.equal(menu.choice('w').kind, 'wrong');
    assert.equal(menu.choice('m').kind, 'wrong');
    const byPerson = stopMenu(stopView({ budget: null, raises: [] }), now);
    assert.deepEqual(byPerson.lines(80), [
      'Run g12 stopped: a person asked it to stop after its call.',
      '  c  Continue      Goes on as it is: the budget may have been raised elsewhere',
      '  s  Stop the run  It can be resumed later; what was spent stays spent',
    ]);
    assert.equal(byPerson.choice('raise 5').kind, 'wrong');
    assert.deepEqual(byPerson.choice('c'), { kind: 'decide', decision: { type: 'continue' } });
  });

  it('takes a key, a word, or a model’s name, in any case', () => {
    const menu = stopMenu(stopView({ budget: day, freesAt: evening, cheaper: ['Haiku', 'gpt-5-nano'] }), now);
    const model = (id: string): Typed => ({ kind: 'decide', decision: { type: 'switch_model', model: id } });
    const typed: readonly (readonly [string, Typed])[] = [
      ['r', raise(2 * usd, midnight)],
      [' RAISE ', raise(2 * usd, midnight)],
      ['r2', raise(5 * usd, midnight)],
      ['raise $3', raise(3 * usd, midnight)],
      ['raise to 3.5', raise(3.5 * usd, midnight)],
      ['a', { kind: 'amount' }],
      ['amount', { kind: 'amount' }],
      ['amount 4', raise(4 * usd, midnight)],
      ['m', model('Haiku')],
      ['model', model('Haiku')],
      ['haiku', model('Haiku')],
      ['m2', model('gpt-5-nano')],
      ['gpt-5-nano', model('gpt-5-nano')],
      ['w', { kind: 'decide', decision: { type: 'wait' } }],
      ['wait', { kind: 'decide', decision: { type: 'wait' } }],
      ['t', { kind: 'decide', decision: { type: 'continue' } }],
      ['try again', { kind: 'decide', decision: { type: 'continue' } }],
      ['Stop', { kind: 'decide', decision: { type: 'stop' } }],
    ];
    for (const [line, answer] of typed) assert.deepEqual(menu.choice(line), answer, line);
  });

  it('a model’s name never takes the place of a key or a word', () => {
    const menu = stopMenu(stopView({ cheaper: ['stop', 'R'] }), now);
    assert.deepEqual(menu.choice('stop'), { kind: 'decide', decision: { type: 'stop' } });
    assert.deepEqual(menu.choice('r'), raise(2 * usd));
    assert.deepEqual(menu.choice('m2'), { kind: 'decide', decision: { type: 'switch_model', model: 'R' } });
  });

  it('says what to type when it was none of them', () => {
    const menu = stopMenu(stopView({ raises: [2 * usd] }), now);
    const wrong = (line: string): unknown => menu.choice(line);
    assert.deepEqual(wrong(''), { kind: 'wrong', message: 'Nothing is chosen yet: type r, a, t or s, then Enter.' });
    assert.deepEqual(wrong('y\u001b[2J'), {
      kind: 'wrong',
      message: '“y\\u{1b}[2J” is none of the choices: type r, a, t or s, then Enter.',
    });
    assert.deepEqual(wrong('raise two'), {
      kind: 'wrong',
      message: '“two” is no such amount. Write for example $2.50.',
    });
  });

  it('reads an amount in the budget’s unit; nothing leads back', () => {
    const menu = stopMenu(stopView({}), now);
    assert.equal(menu.amountPrompt, 'New limit in dollars (nothing: back): ');
    assert.deepEqual(menu.amount('$2.50'), raise(2.5 * usd));
    assert.deepEqual(menu.amount(' '), { kind: 'back' });
    assert.equal(menu.amount('s').kind, 'wrong');
    const tokens = budgetUse({ resource: 'tokens', limit: 1000, used: 990 });
    assert.deepEqual(stopMenu(stopView({ budget: tokens }), now).amount('5k'), raise(5000));
  });
});
