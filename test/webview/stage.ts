import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { HostMessage } from '../../src/protocol/messages.ts';
import { answer } from './fixtures.ts';

/**
 * The strictest policy the panel must live under: no inline script, nothing from elsewhere, and no inline style
 * but the empty one (its hash is that of no text) that the toolkit makes at its start.
 */
export const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export type Theme = 'dark' | 'light' | 'contrast';
export const themes: readonly Theme[] = ['dark', 'light', 'contrast'];

/** A host for the panel: serves its bundle as a browser page and as a webview page, with a scripted runtime. */
export interface Stage {
  readonly browser: Browser;
  readonly url: string;
  /** The snapshot that each new event stream begins with. */
  begin(message: HostMessage): void;
  /** Goes to every open event stream. */
  send(message: HostMessage): void;
  /** Ends every open event stream, as a runtime does that died. */
  drop(): void;
  readonly requests: string[];
  open(options: { host: 'vscode' | 'browser'; theme: Theme; width: number; height?: number }): Promise<Opened>;
  close(): Promise<void>;
}

export interface Opened {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Console errors, page errors and refused resources. */
  readonly problems: string[];
  /** What the panel posted to VS Code. */
  posted(): Promise<readonly { readonly [key: string]: unknown }[]>;
  /** A message from VS Code to the panel. */
  tell(message: unknown): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const files = await bundle();
  const streams = new Set<ServerResponse>();
  const requests: string[] = [];
  let first: HostMessage | null = null;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    requests.push(url.pathname);
    response.setHeader('content-security-policy', policy);
    response.setHeader('cache-control', 'no-store');
    if (url.pathname === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      streams.add(response);
      request.on('close', () => streams.delete(response));
      if (first) response.write(frame(first));
      return;
    }
    if (url.pathname.startsWith('/api/')) {
      const params = JSON.parse(url.searchParams.get('params') ?? '{}') as { [key: string]: unknown };
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify(answer(url.pathname.slice(5), params)));
      return;
    }
    const file = files.get(url.pathname);
    if (!file) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': file.type }).end(file.body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const browser = await chromium.launch({
    executablePath: process.env['HAIOS_CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  const send = (message: HostMessage): void => {
    for (const stream of streams) stream.write(frame(message));
  };
  const drop = (): void => {
    for (const stream of streams) stream.destroy();
  };
  return {
    browser,
    url,
    requests,
    begin: (message) => void (first = message),
    send,
    drop,
    open: (options) => openPage(browser, url, options),
    async close() {
      await browser.close();
      drop();
      await new Promise((done) => server.close(done));
    },
  };
}

async function openPage(
  browser: Browser,
  url: string,
  { host, theme, width, height = 900 }: { host: 'vscode' | 'browser'; theme: Theme; width: number; height?: number },
): Promise<Opened> {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme === 'light' ? 'light' : 'dark',
    contrast: theme === 'contrast' ? 'more' : 'no-preference',
    timezoneId: 'UTC',
  });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  if (host === 'vscode') await page.addInitScript(fakeVsCode);
  await page.goto(`${url}/${host === 'vscode' ? 'webview' : ''}`);
  return {
    page,
    context,
    problems,
    posted: () => page.evaluate(() => (window as unknown as { posted: { [key: string]: unknown }[] }).posted),
    tell: (message) => page.evaluate((data) => window.postMessage(data, '*'), message),
  };
}

/** Runs in the page: what VS Code gives a webview, with a record of what was posted and a state that outlives a reload. */
function fakeVsCode(): void {
  const posted: unknown[] = [];
  const api = {
    postMessage: (message: unknown) => void posted.push(message),
    getState: () => JSON.parse(window.sessionStorage.getItem('vscode-state') ?? 'null') as unknown,
    setState: (state: unknown) => window.sessionStorage.setItem('vscode-state', JSON.stringify(state)),
  };
  Object.assign(window, { posted, acquireVsCodeApi: () => api });
}

function frame(message: HostMessage): string {
  return `event: ${message.type}\ndata: ${JSON.stringify(message)}\n\n`;
}

async function bundle(): Promise<Map<string, { type: string; body: string }>> {
  const built = await build({
    entryPoints: ['webview/main.ts'],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const styles = await build({ entryPoints: ['webview/panel.css'], bundle: true, write: false });
  const panel = styles.outputFiles[0]?.text ?? '';
  const browser = await readFile('webview/browser.css', 'utf8');
  const colours = browser.replaceAll("body[data-host='browser']", 'body');
  const page = (host: string, sheets: string): string =>
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>HAiOS</title><meta name="viewport" content="width=device-width">${sheets}</head><body data-host="${host}"><div id="app"></div><script type="module" src="main.js"></script></body></html>`;
  const sheet = '<link rel="stylesheet" href="panel.css"><link rel="stylesheet" href="browser.css">';
  return new Map([
    ['/', { type: 'text/html', body: page('browser', sheet) }],
    ['/webview', { type: 'text/html', body: page('vscode', `${sheet}<link rel="stylesheet" href="theme.css">`) }],
    ['/main.js', { type: 'text/javascript', body: built.outputFiles[0]?.text ?? '' }],
    ['/panel.css', { type: 'text/css', body: panel }],
    ['/browser.css', { type: 'text/css', body: browser }],
    ['/theme.css', { type: 'text/css', body: colours }],
    ['/favicon.ico', { type: 'image/x-icon', body: '' }],
  ]);
}
