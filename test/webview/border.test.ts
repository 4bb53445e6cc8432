import assert from 'node:assert/strict';
import { readHostMessage } from '../../webview/border.ts';
import { readCalls, readCosts } from '../../webview/rows.ts';
import { callsPage, costRows, fullSnapshot, ledgerRow, runView } from './fixtures.ts';

describe('panel: messages at the border', () => {
  it('lets a whole snapshot through unchanged', () => {
    const message = { type: 'snapshot', snapshot: fullSnapshot(), readOnly: true };
    assert.deepEqual(readHostMessage(JSON.parse(JSON.stringify(message))), message);
  });

  it('drops what is no message', () => {
    const strangers = [
      null,
      undefined,
      1,
      'snapshot',
      [],
      {},
      { type: 'evil' },
      { type: 'view', view: 'settings' },
      { type: 'delta' },
      { type: 'delta', delta: { seq: '2' } },
      { type: 'reply', id: '1' },
      { type: 'toString' },
    ];
    assert.deepEqual(
      strangers.map(readHostMessage),
      strangers.map(() => null),
    );
  });

  it('leaves out rows of the wrong shape and keeps the others', () => {
    const runs = [
      runView(),
      { ...runView(), status: 'hacked' },
      { ...runView(), cost: null },
      null,
      runView({ runId: 'b' }),
    ];
    assert.deepEqual(
      readHostMessage({ type: 'delta', delta: { seq: 2, changed: { runs, lanes: 'no', global: { active: 1 } } } }),
      {
        type: 'delta',
        delta: { seq: 2, changed: { runs: [runView(), runView({ runId: 'b' })] } },
      },
    );
  });

  it('does not take members from a prototype', () => {
    const inherited = Object.create(runView()) as unknown;
    assert.deepEqual(readHostMessage({ type: 'delta', delta: { seq: 2, changed: { runs: [inherited] } } }), {
      type: 'delta',
      delta: { seq: 2, changed: { runs: [] } },
    });
  });

  it('says so when a snapshot cannot be read, instead of waiting for ever', () => {
    const { runtime: _, ...rest } = fullSnapshot();
    assert.equal(readHostMessage({ type: 'snapshot', snapshot: rest })?.type, 'lost');
  });

  it('an error that cannot be read is INTERNAL', () => {
    assert.deepEqual(readHostMessage({ type: 'failure', id: 1, error: { code: 'TIMEOUT', message: 'late' } }), {
      type: 'failure',
      id: 1,
      error: { code: 'TIMEOUT', message: 'late' },
    });
    const odd = readHostMessage({ type: 'failure', id: 1, error: { code: 'constructor', message: 'x' } });
    assert.deepEqual(odd, { type: 'failure', id: 1, error: { code: 'INTERNAL', message: 'x' } });
    const none = readHostMessage({ type: 'failure', id: 1 });
    assert.equal(none?.type === 'failure' && none.error.code, 'INTERNAL');
  });

  it('checks cost rows and pages of calls', () => {
    assert.deepEqual(readCosts([...costRows('run'), { key: 1 }]), costRows('run'));
    assert.equal(readCosts({}), null);
    assert.deepEqual(readCalls(callsPage(null)), callsPage(null));
    assert.deepEqual(readCalls({ rows: [ledgerRow(1), { ...ledgerRow(2), nusd: Number.NaN }], next: null }), {
      rows: [ledgerRow(1)],
      next: null,
    });
    assert.equal(readCalls({ rows: [], next: 3 }), null);
  });
});
