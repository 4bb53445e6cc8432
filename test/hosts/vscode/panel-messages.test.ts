import assert from 'node:assert/strict';
import { panelHtml } from '../../../src/hosts/vscode/panel-html.ts';
import { parsePanelMessage, parseReadParams, runArguments } from '../../../src/hosts/vscode/panel-messages.ts';
import { readMethods, type PanelMessage } from '../../../src/protocol/messages.ts';

describe('parsePanelMessage', () => {
  it('takes each message of the protocol', () => {
    const messages: PanelMessage[] = [
      { type: 'ready' },
      { type: 'request', id: 1, method: 'runs', params: { limit: 5, cursor: null } },
      { type: 'cancelRun', runId: 'r' },
      { type: 'resumeRun', runId: 'r' },
      { type: 'answerApproval', approvalId: 'a', decision: 'allow_run' },
      { type: 'decideBudget', runId: 'r', decision: { type: 'raise', limit: 2e9, until: null } },
      { type: 'decideBudget', runId: 'r', decision: { type: 'switch_model', model: 'nano' } },
      { type: 'decideBudget', runId: 'r', decision: { type: 'wait' } },
      { type: 'raiseBudget', budget: { name: 'run', resource: 'usd', scope: 'run', key: 'r', window: 'lifetime' } },
      { type: 'controlLane', lane: null, action: 'pause' },
      { type: 'controlLane', lane: 'tool_call', action: 'drain' },
      { type: 'controlTask', id: 4, runId: 'r', taskId: 't', action: 'retry' },
      { type: 'showTrace', runId: 'r' },
      { type: 'openReport', runId: 'r' },
      { type: 'command', command: 'exportReport' },
    ];
    for (const message of messages) assert.deepEqual(parsePanelMessage(structuredClone(message)), message);
  });

  it('drops everything else', () => {
    const strangers: unknown[] = [
      null,
      'ready',
      [],
      {},
      { type: 'startRun', prompt: 'x' },
      { type: 'request', id: 1, method: 'startRun', params: {} },
      { type: 'request', id: 1, method: 'setKey', params: {} },
      { type: 'request', id: -1, method: 'runs', params: {} },
      { type: 'command', command: 'workbench.action.terminal.new' },
      { type: 'cancelRun', runId: { toString: 'x' } },
      { type: 'cancelRun', runId: 'x'.repeat(201) },
      { type: 'cancelRun', runId: 'x', extra: 1 },
      { type: 'answerApproval', approvalId: 'a', decision: 'always' },
      { type: 'decideBudget', runId: 'r', decision: { type: 'raise', limit: -1, until: null } },
      { type: 'decideBudget', runId: 'r', decision: { type: 'raise', limit: Infinity, until: null } },
      { type: 'decideBudget', runId: 'r', decision: { type: 'raise', limit: 2e9 } },
      { type: 'decideBudget', runId: 'r', decision: { type: 'switch_model', model: '' } },
      { type: 'decideBudget', runId: 'r', decision: { type: 'ignore' } },
      { type: 'raiseBudget', budget: { name: 'run', resource: 'usd', scope: 'planet', key: 'r', window: 'lifetime' } },
      { type: 'controlLane', lane: 'tool', action: 'pause' },
      { type: 'controlLane', action: 'pause' },
      { type: 'controlLane', lane: null, action: 'stop' },
      { type: 'controlTask', id: 4, runId: 'r', taskId: null, action: 'cancel' },
      { type: 'controlTask', id: 4, runId: 'r', taskId: 't', action: 'resume' },
      { type: 'controlTask', runId: 'r', taskId: 't', action: 'pause' },
      JSON.parse('{"type":"ready","__proto__":{"x":1}}'),
    ];
    for (const stranger of strangers) assert.equal(parsePanelMessage(stranger), null, JSON.stringify(stranger));
  });
});

describe('parseReadParams', () => {
  it('has a schema for each method that a panel may call', () => {
    for (const method of readMethods) assert.equal(parseReadParams(method, { unexpected: true }), null, method);
  });

  it('bounds what may be asked', () => {
    assert.deepEqual(parseReadParams('runs', { limit: 50, cursor: null }), { limit: 50, cursor: null });
    for (const limit of [0, 501, 1.5, Number.NaN, '5'])
      assert.equal(parseReadParams('runs', { limit, cursor: null }), null);
    assert.equal(parseReadParams('costs', { by: 'run', days: 1e9, priceAs: null }), null);
  });
});

describe('runArguments', () => {
  it('takes a part of a run and nothing else', () => {
    assert.equal(runArguments.safeParse({ prompt: 'todo', budget: { usd: 1 } }).success, true);
    assert.equal(runArguments.safeParse({ prompt: 'todo', approve: 'all' }).success, false);
    assert.equal(runArguments.safeParse({ budget: { usd: -1 } }).success, false);
  });
});

describe('panelHtml', () => {
  const html = panelHtml({ cspSource: 'https://csp.example', script: 'main.js', style: 'panel.css', nonce: 'abc' });

  it('allows our scripts only', () => {
    assert.match(html, /default-src 'none'/);
    const scripts = /script-src ([^;"]*)/.exec(html)?.[1];
    assert.equal(scripts, "'nonce-abc' https://csp.example");
    assert.ok(!html.includes('unsafe-eval'));
  });

  it('is the page that the bundle expects', () => {
    assert.match(html, /<html lang="en">/);
    assert.match(html, /<body data-host="vscode">\s*<div id="app"><\/div>/);
  });
});
