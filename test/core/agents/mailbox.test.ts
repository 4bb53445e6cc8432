import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Mailbox, type Message } from '../../../src/core/agents/mailbox.ts';
import { HaiosError, isHaiosError } from '../../../src/core/errors.ts';

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const bodies = <B>(messages: readonly Message<B>[]): B[] => messages.map(({ body }) => body);
const ended = new HaiosError('CANCELLED', 'Stopped by a person.');

interface Told {
  taken: number;
  dropped: number;
}
function mailbox(capacity: number): { box: Mailbox<number>; told: Told } {
  const told = { taken: 0, dropped: 0 };
  const box = new Mailbox<number>('worker-1', capacity, (taken, dropped) => {
    told.taken += taken;
    told.dropped += dropped;
  });
  return { box, told };
}

describe('a mailbox', () => {
  it('takes what fits at once and gives all of it at once, in order, with the sender', () => {
    const { box, told } = mailbox(3);
    assert.deepEqual(
      [box.send('a', 1, 'wait'), box.send('b', 2, 'wait'), box.send('a', 3, 'drop')],
      Array(3).fill('sent'),
    );
    assert.deepEqual(box.drain(), [
      { from: 'a', body: 1 },
      { from: 'b', body: 2 },
      { from: 'a', body: 3 },
    ]);
    assert.deepEqual(box.drain(), []);
    assert.deepEqual(told, { taken: 3, dropped: 0 });
  });

  it('lets a sender wait until there is room, the longest waiting first', async () => {
    const { box, told } = mailbox(1);
    void box.send('a', 1, 'wait');
    const order: string[] = [];
    const waits = ['a', 'b', 'c'].map((from, n) =>
      Promise.resolve(box.send(from, 10 + n, 'wait')).then((sent) => order.push(`${from} ${sent}`)),
    );
    await tick();
    assert.deepEqual([order, box.length], [[], 1]);
    assert.deepEqual(bodies(box.drain()), [1]);
    await tick();
    assert.deepEqual([order, box.length], [['a sent'], 1]);
    assert.deepEqual([bodies(box.drain()), bodies(box.drain()), bodies(box.drain())], [[10], [11], [12]]);
    await Promise.all(waits);
    assert.deepEqual(order, ['a sent', 'b sent', 'c sent']);
    assert.deepEqual(told, { taken: 4, dropped: 0 });
  });

  it('refuses a sender that does not wait for its waiting message, so that those who wait are bounded too', () => {
    const { box } = mailbox(1);
    void box.send('a', 1, 'wait');
    void box.send('b', 2, 'wait');
    assert.throws(
      () => box.send('b', 3, 'wait'),
      (error) =>
        isHaiosError(error, 'QUEUE_FULL') && /“worker-1” is full \(agents\.mailbox = 1\).*“b”/.test(error.message),
    );
    assert.equal(box.send('b', 3, 'drop'), 'dropped');
    assert.deepEqual([bodies(box.drain()), bodies(box.drain())], [[1], [2]]);
  });

  it('drops and counts where the sender chose so', () => {
    const { box, told } = mailbox(2);
    assert.deepEqual(
      [1, 2, 3, 4].map((n) => box.send('a', n, 'drop')),
      ['sent', 'sent', 'dropped', 'dropped'],
    );
    assert.deepEqual([bodies(box.drain()), told], [[1, 2], { taken: 2, dropped: 2 }]);
  });

  it('wakes its reader with all that came until then, and has one reader', async () => {
    const { box } = mailbox(9);
    const reading = box.receive();
    await assert.rejects(box.receive(), (error) => isHaiosError(error, 'INTERNAL'));
    void box.send('a', 1, 'wait');
    void box.send('a', 2, 'wait');
    assert.deepEqual(bodies(await reading), [1, 2]);
    void box.send('a', 3, 'wait');
    assert.deepEqual(bodies(await box.receive()), [3]);
  });

  it('tells all who wait why it closed, and counts what nobody read as dropped', async () => {
    const { box, told } = mailbox(1);
    void box.send('a', 1, 'wait');
    const sending = box.send('b', 2, 'wait');
    box.close(ended);
    box.close(new Error('a second end changes nothing'));
    await assert.rejects(Promise.resolve(sending), ended);
    await assert.rejects(box.receive(), ended);
    assert.throws(() => box.send('a', 3, 'wait'), ended);
    assert.throws(() => box.drain(), ended);
    assert.deepEqual(told, { taken: 1, dropped: 1 });
    const empty = mailbox(1).box;
    const reading = empty.receive();
    empty.close(ended);
    await assert.rejects(reading, ended);
  });
});

describe('a mailbox, whatever is done to it', () => {
  type Act = { kind: 'send'; from: number; whenFull: 'wait' | 'drop' } | { kind: 'drain' } | { kind: 'receive' };
  const act: fc.Arbitrary<Act> = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('send' as const),
        from: fc.nat(3),
        whenFull: fc.constantFrom('wait' as const, 'drop' as const),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('drain' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('receive' as const) }) },
  );

  it('keeps the order of each sender and its bound, loses and doubles nothing, and ends every wait', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(act, { maxLength: 60 }), async (capacity, acts) => {
        const { box, told } = mailbox(capacity);
        const accepted = [0, 1, 2, 3].map((): number[] => []);
        const read: Message<number>[] = [];
        const settled: Promise<string>[] = [];
        let reading: Promise<void> | null = null;
        let dropped = 0;
        let refused = 0;
        for (const [n, one] of acts.entries()) {
          switch (one.kind) {
            case 'send':
              try {
                const sent = box.send(String(one.from), n, one.whenFull);
                if (sent === 'dropped') dropped += 1;
                else accepted[one.from]?.push(n);
                if (typeof sent !== 'string') settled.push(sent.catch(() => 'closed'));
              } catch (error) {
                assert.ok(isHaiosError(error, 'QUEUE_FULL'));
                refused += 1;
              }
              break;
            case 'drain':
              read.push(...box.drain());
              break;
            case 'receive':
              reading ??= box.receive().then((messages) => {
                read.push(...messages);
                reading = null;
              });
              await tick();
              break;
          }
          assert.ok(box.length <= capacity, `${box.length} of ${capacity}`);
        }
        for (let messages = box.drain(); messages.length > 0; messages = box.drain()) read.push(...messages);
        await tick();
        for (const from of [0, 1, 2, 3]) {
          assert.deepEqual(bodies(read.filter((message) => message.from === String(from))), accepted[from]);
        }
        const sends = acts.filter(({ kind }) => kind === 'send').length;
        assert.equal(read.length + dropped + refused, sends);
        assert.deepEqual(
          [...(await Promise.all(settled))],
          settled.map(() => 'sent'),
        );
        box.close(ended);
        if (reading !== null) await assert.rejects(reading, ended);
        assert.deepEqual(told, { taken: read.length, dropped });
      }),
      { numRuns: 500 },
    );
  });

  it('rejects everyone who waits when it closes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 8 }), async (capacity, senders) => {
        const { box } = mailbox(capacity);
        const sent = Array.from({ length: senders }, (_, n) => box.send(`worker-${n}`, n, 'wait'));
        box.close(ended);
        const outcomes = await Promise.allSettled(sent.map((one) => Promise.resolve(one)));
        assert.deepEqual(
          outcomes.map(({ status }) => status),
          sent.map((_, n) => (n < capacity ? 'fulfilled' : 'rejected')),
        );
      }),
    );
  });
});
