import type { BrowserEnvironment } from './browserTransport.ts';
import { requestTimeoutMs } from './pending.ts';
import type { VsCodeEnvironment } from './transport.ts';

const viewKey = 'haios.panel.view';
const eventNames = ['snapshot', 'delta', 'lost'] as const;

/** What the transports need of the page they run in. */
export function pageEnvironment(): BrowserEnvironment & Pick<VsCodeEnvironment, 'listen'> {
  return {
    timers: {
      set: (run, ms) => window.setTimeout(run, ms),
      clear: (timer) => window.clearTimeout(timer),
    },
    listen: (onData) => window.addEventListener('message', (event: MessageEvent<unknown>) => onData(event.data)),
    open: (url, handlers) => {
      const source = new EventSource(url);
      for (const name of eventNames) {
        source.addEventListener(name, (event: MessageEvent<unknown>) => handlers.onData(String(event.data)));
      }
      source.onerror = () => handlers.onError(source.readyState === EventSource.CLOSED);
      return source;
    },
    get: (url) =>
      fetch(url, { signal: AbortSignal.timeout(requestTimeoutMs), headers: { accept: 'application/json' } }),
    storage: { load: loadView, save: saveView },
  };
}

/** Tells the toolkit, which watches the body as it does in VS Code, which colours the browser asks for. */
export function followBrowserTheme(): void {
  const queries = {
    contrast: window.matchMedia('(prefers-contrast: more), (forced-colors: active)'),
    light: window.matchMedia('(prefers-color-scheme: light)'),
  };
  const apply = (): void => {
    const tone = queries.light.matches ? 'light' : 'dark';
    const kind = queries.contrast.matches
      ? tone === 'light'
        ? 'vscode-high-contrast-light'
        : 'vscode-high-contrast'
      : `vscode-${tone}`;
    document.body.dataset['vscodeThemeKind'] = kind;
    document.body.className = kind;
  };
  for (const query of Object.values(queries)) query.addEventListener('change', apply);
  apply();
}

function loadView(): unknown {
  try {
    return JSON.parse(window.sessionStorage.getItem(viewKey) ?? 'null');
  } catch {
    return null;
  }
}

/** A browser may forbid storage or have none left; the view is then not kept over a reload, and nothing else is lost. */
function saveView(view: unknown): void {
  try {
    window.sessionStorage.setItem(viewKey, JSON.stringify(view));
  } catch {
    return;
  }
}
