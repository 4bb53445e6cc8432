import assert from 'node:assert/strict';
import type { Question } from '../../../src/hosts/cli/questions.ts';
import { asking, settled, type Asking } from '../../support/asking.ts';

function question({ terminal }: Asking, id: string, heard: (string | null)[]): Question {
  return {
    id,
    gone: `${id} is gone`,
    async ask(lines, signal) {
      terminal.say(`about ${id}`);
      const line = await lines.next('? ');
      heard.push(line);
      return !signal.aborted;
    },
  };
}

describe('hosts/cli/questions', () => {
  it('asks one after the other; the progress makes way and comes back each time', async () => {
    const parts = asking();
    const heard: (string | null)[] = [];
    parts.questions.put(question(parts, 'q1', heard));
    parts.questions.put(question(parts, 'q2', heard));
    parts.stdin.write('one\n');
    await parts.shows('about q2');
    parts.stdin.write('two\n');
    await parts.shows('[resumed]', 2);
    assert.deepEqual(heard, ['one', 'two']);
    assert.equal(parts.shown(), '[paused]\nabout q1\n? [resumed]\n[paused]\nabout q2\n? [resumed]\n');
  });

  it('drops one that is no longer open and says so, but not one that no snapshot has held yet', async () => {
    const parts = asking();
    const heard: (string | null)[] = [];
    const { questions, shows, shown } = parts;
    for (const id of ['q1', 'q2', 'q3']) questions.put(question(parts, id, heard));
    questions.keep([]);
    questions.keep(['q1', 'q2']);
    questions.keep([]);
    await shows('about q3');
    assert.equal(shown(), '[paused]\nabout q1\n? \nq1 is gone\n[resumed]\n[paused]\nabout q3\n? ');
    parts.stdin.write('three\n');
    await shows('[resumed]', 2);
    assert.deepEqual(heard, [null, 'three']);
  });

  it('ends quietly when it is closed, and asks nothing more', async () => {
    const parts = asking();
    const heard: (string | null)[] = [];
    parts.questions.put(question(parts, 'q1', heard));
    parts.questions.put(question(parts, 'q2', heard));
    parts.questions.close();
    parts.questions.put(question(parts, 'q3', heard));
    await parts.shows('[resumed]');
    assert.equal(parts.shown(), '[paused]\nabout q1\n? \n[resumed]\n');
    assert.deepEqual(heard, [null]);
  });

  it('hears what was typed before stdin ended, then its end, and the end again in the next question', async () => {
    const parts = asking();
    const heard: (string | null)[] = [];
    const both: Question = {
      id: 'q1',
      gone: '',
      async ask(lines) {
        for (let i = 0; i < 3; i += 1) heard.push(await lines.next('? '));
        return true;
      },
    };
    parts.questions.put(both);
    parts.stdin.end('one\ntwo');
    await settled(
      () => heard.length === 3,
      () => JSON.stringify(heard),
    );
    parts.questions.put(question(parts, 'q2', heard));
    await parts.shows('[resumed]', 2);
    assert.deepEqual(heard, ['one', 'two', null, null]);
  });

  it('takes a terminal that goes away with an error, or without a word, for the end', async () => {
    for (const error of [new Error('read EIO'), undefined]) {
      const parts = asking();
      const heard: (string | null)[] = [];
      parts.questions.put(question(parts, 'q1', heard));
      parts.stdin.destroy(error);
      await parts.shows('[resumed]');
      assert.deepEqual(heard, [null]);
    }
  });
});
