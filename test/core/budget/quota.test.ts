import assert from 'node:assert/strict';
import { ledgerLimits, type BudgetSources } from '../../../src/core/budget/limits.ts';
import { checkQuotas, type QuotaUse } from '../../../src/core/budget/quota.ts';
import { isHaiosError } from '../../../src/core/errors.ts';

const nothing: QuotaUse = { calls: 0, tokens: 0, usd: 0, seconds: 0, files_written: 0 };

function refused(quotas: Parameters<typeof checkQuotas>[1], used: Partial<QuotaUse>, writes = false): string | null {
  try {
    checkQuotas('A', quotas, { ...nothing, ...used }, writes);
    return null;
  } catch (error) {
    assert.ok(isHaiosError(error, 'QUOTA_EXCEEDED'));
    return error.message;
  }
}

describe('checkQuotas', () => {
  it('lets a call pass below each quota and refuses it at the quota, with what was used and the setting', () => {
    const cases = [
      [{ calls: 3 }, { calls: 2 }, { calls: 3 }, '3 calls', 3],
      [{ tokens: 500 }, { tokens: 499 }, { tokens: 501 }, '501 tokens', 500],
      [{ usd: 0.5 }, { usd: 499_999_999 }, { usd: 500_000_000 }, '$0.50', 0.5],
      [{ seconds: 1.5 }, { seconds: 1.49 }, { seconds: 1.52 }, '1.5 seconds of work', 1.5],
      [{ files_written: 2 }, { files_written: 1 }, { files_written: 2 }, '2 written files', 2],
    ] as const;
    for (const [quotas, below, at, amount, limit] of cases) {
      const [name] = Object.keys(quotas);
      assert.equal(refused(quotas, below, true), null, name);
      assert.equal(
        refused(quotas, at, true),
        `Task “A” has used ${amount}, and quotas.task.${name} allows ${limit}; its next call was not made. Raise quotas.task.${name} and resume the run.`,
      );
    }
  });

  it('holds no task without quotas, and a task at its last file to writing only', () => {
    const much: QuotaUse = { calls: 1e9, tokens: 1e9, usd: 1e15, seconds: 1e9, files_written: 1e6 };
    assert.equal(refused({}, much, true), null);
    assert.equal(refused({ files_written: 0 }, nothing, false), null);
    assert.ok(refused({ files_written: 0 }, nothing, true));
  });

  it('of 0 usd lets free calls pass, of 0 tokens or seconds lets none', () => {
    assert.equal(refused({ usd: 0 }, {}), null);
    assert.ok(refused({ usd: 0 }, { usd: 1 }));
    assert.ok(refused({ tokens: 0 }, {}));
    assert.ok(refused({ seconds: 0 }, {}));
  });
});

describe('the limits that the ledger holds a task to', () => {
  const taskLimits = (sources: Partial<BudgetSources>) =>
    ledgerLimits(
      { file: {}, settings: {}, defaults: {}, run: {}, windows: [], ...sources },
      { runId: 'r', taskId: 't', agent: 'a', model: 'm', workspace: null },
      0,
    ).map(({ name, resource, limit, key }) => [name, resource, limit, key]);

  it('are the lower of budget and quota, under the name of the one in force', () => {
    const quota = { usd: 0.25, tokens: 900, calls: 3 };
    assert.deepEqual(taskLimits({ quota }), [
      ['quotas.task', 'usd', 250_000_000, 't'],
      ['quotas.task', 'tokens', 900, 't'],
    ]);
    assert.deepEqual(taskLimits({ quota, file: { task: { usd: 1 } }, settings: { task: { tokens: 100 } } }), [
      ['quotas.task', 'usd', 250_000_000, 't'],
      ['task', 'tokens', 100, 't'],
    ]);
    assert.deepEqual(taskLimits({ file: { task: { usd: 1 } } }), [['task', 'usd', 1e9, 't']]);
  });
});
