import assert from 'node:assert/strict';
import { forecastHint } from '../../../src/hosts/vscode/forecast-hint.ts';
import type { RuntimeHost } from '../../../src/hosts/vscode/runtime-host.ts';
import type { Forecast } from '../../../src/protocol/messages.ts';
import { forecastOf } from '../../support/views.ts';

const query = { prompt: 'todo', workspace: null, model: null };

function hint(answer: () => Promise<Forecast>): Promise<string | null> {
  const asked: unknown[] = [];
  const request = ((...given: unknown[]) => (asked.push(given), answer())) as unknown as RuntimeHost['request'];
  return forecastHint({ request }, query).finally(() => assert.deepEqual(asked, [['forecast', query]]));
}

describe('the forecast beside the budget question', () => {
  it('is one line', async () => {
    assert.equal(await hint(async () => forecastOf({})), 'Usually $0.10–0.35 · 2–4 min · 30k–50k tokens.');
    assert.equal(
      await hint(async () => ({ kind: 'not_enough_history', samples: 4 })),
      'Not enough history yet to say what it usually takes.',
    );
  });

  it('is nothing when it fails', async () => {
    assert.equal(await hint(() => Promise.reject(new Error('gone'))), null);
  });
});
