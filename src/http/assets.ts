import { readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import type { Answer } from './respond.ts';

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.ttf': 'font/ttf',
};

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  // The component toolkit sets styles of its own.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>HAiOS</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/assets/browser.css">
<script type="module" src="/assets/main.js"></script>
</head>
<body data-host="browser">
<div id="app"></div>
<noscript>The panel needs JavaScript. The numbers are at /metrics.</noscript>
</body>
</html>
`;

/** The page of the panel. */
export function page(): Answer {
  return {
    status: 200,
    type: 'text/html; charset=utf-8',
    body: html,
    headers: { 'Content-Security-Policy': policy },
  };
}

/**
 * A file of the panel's bundle by the part of the path after `/assets/`; null if there is none. Names are taken as
 * they stand (nothing is decoded), may not begin with a dot, and the real file must lie in the real folder.
 */
export async function asset(assetsDir: string, name: string): Promise<Answer | null> {
  const segments = name.split('/');
  const type = types[path.extname(name)];
  if (type === undefined || segments.length > 4 || !segments.every((segment) => /^[\w-][\w.-]{0,127}$/.test(segment)))
    return null;
  try {
    const root = await realpath(assetsDir);
    const file = await realpath(path.join(root, ...segments));
    if (!file.startsWith(root + path.sep)) return null;
    return { status: 200, type, body: await readFile(file), headers: { 'Cache-Control': 'no-cache' } };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return null;
    throw error;
  }
}
