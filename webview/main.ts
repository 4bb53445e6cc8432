import { render } from 'lit';
import type { PanelMessage } from '../src/protocol/messages.ts';
import { browserTransport } from './browserTransport.ts';
import { Effects } from './effects.ts';
import { followBrowserTheme, pageEnvironment } from './page.ts';
import { registerToolkit } from './parts/toolkit.ts';
import { initialState, reduce, ticks } from './store.ts';
import type { Action, PanelState } from './store.ts';
import { vscodeTransport } from './transport.ts';
import type { Transport, VsCodeApi } from './transport.ts';
import { readView } from './view.ts';
import { focusedTask, followFocus, keepFocus, showBudgets } from './views/focus.ts';
import { shell } from './views/shell.ts';

declare function acquireVsCodeApi(): VsCodeApi;

/** How often a running clock is looked at, ms; each second shows for a second. */
const tickMs = 250;
/** How often sums that have become old are read again, ms. */
const refreshMs = 3000;

start();

function start(): void {
  registerToolkit();
  const transport = chooseTransport();
  const root = document.createElement('main');
  (document.getElementById('app') ?? document.body).append(root);

  let state: PanelState = initialState(readView(transport.loadView()));
  let drawnView = state.view;
  let shownBudgets = state.shownBudgets;
  let drawing = false;

  const dispatch = (action: Action): void => {
    const before = state;
    state = reduce(before, action);
    if (state === before) return;
    if (state.view !== before.view) transport.saveView(state.view);
    if (state.connection.phase === 'gap' && before.connection.phase !== 'gap') transport.resync();
    effects.run(state);
    draw();
  };
  const effects = new Effects(transport, dispatch);

  function draw(): void {
    if (drawing) return;
    drawing = true;
    requestAnimationFrame(() => {
      drawing = false;
      const post = (message: PanelMessage): void => transport.post(message);
      const time = { now: performance.now(), wall: Date.now() };
      const task = focusedTask();
      render(shell({ state, ...time, width: window.innerWidth, dispatch, post }), root);
      keepFocus(root, task);
      followFocus(root, drawnView, state.view);
      drawnView = state.view;
      if (shownBudgets !== state.shownBudgets) shownBudgets = showBudgets(root) ? state.shownBudgets : shownBudgets;
    });
  }

  transport.start((message) => dispatch({ type: 'host', message, at: performance.now() }));
  effects.run(state);
  draw();
  window.addEventListener('resize', draw);
  setInterval(() => {
    const { connection } = state;
    if (connection.phase === 'live' && ticks(connection.snapshot)) draw();
  }, tickMs);
  setInterval(() => {
    if (state.connection.phase === 'live' && state.costs.state === 'loaded' && state.costs.stale)
      dispatch({ type: 'refresh' });
  }, refreshMs);
}

function chooseTransport(): Transport {
  const environment = pageEnvironment();
  if (document.body.dataset['host'] !== 'browser') {
    return vscodeTransport({ api: acquireVsCodeApi(), listen: environment.listen, timers: environment.timers });
  }
  followBrowserTheme();
  return browserTransport(environment);
}
