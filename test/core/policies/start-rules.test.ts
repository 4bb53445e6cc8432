import assert from 'node:assert/strict';
import { mergeConfig, type PartialConfig } from '../../../src/core/config.ts';
import { startRules } from '../../../src/core/policies/start-rules.ts';

const subject = { repository: '/r', workspace: '/r/w', agent: 'review' };
const rulesOf = (file: PartialConfig, settings: PartialConfig, of = subject) =>
  startRules({ config: mergeConfig(file, settings), file, settings }, of);

describe('policies: rules of a start', () => {
  it('has none without a limit', () => {
    assert.deepEqual(rulesOf({}, { policies: { repository: { queue: 3 } } }), []);
  });

  it('takes the stricter of a repository’s limits, and counts it everywhere', () => {
    const [rule, ...others] = rulesOf(
      { policies: { repository: { concurrency: 4, starts_per_hour: 9 } } },
      { policies: { repository: { concurrency: 2, queue: 5 } } },
    );
    assert.deepEqual(others, []);
    assert.deepEqual(rule, {
      key: 'policies.repository',
      of: { repository: '/r', workspace: null, agent: null },
      concurrency: 2,
      queue: 5,
      startsPerHour: 9,
    });
  });

  it('binds the workspace by the file’s limits of an agent, and all workspaces by the settings’', () => {
    const limits = { agents: { 're*': { concurrency: 2 }, haios: { concurrency: 1 } } };
    assert.deepEqual(
      rulesOf({ policies: limits }, { policies: limits }).map(({ key, of, queue }) => [
        key,
        of.workspace,
        of.agent,
        queue,
      ]),
      [
        ['policies.agents.re*', '/r/w', 're*', 100],
        ['policies.agents.re*', null, 're*', 100],
      ],
    );
    assert.deepEqual(rulesOf({ policies: limits }, {}, { ...subject, agent: 'other' }), []);
  });
});
