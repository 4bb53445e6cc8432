import type { IncomingMessage, ServerResponse } from 'node:http';

/** One answer, whole. A HEAD request gets the headers of the GET. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** On every answer; there is no CORS header among them, and there must never be one. */
export const commonHeaders = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
} as const;

export function json(status: number, value: unknown): Answer {
  return { status, type: 'application/json; charset=utf-8', body: JSON.stringify(value) };
}

export function plain(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${body}\n`, headers };
}

export function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(answer.status, {
    ...commonHeaders,
    'Content-Type': answer.type,
    'Content-Length': Buffer.byteLength(answer.body),
    ...answer.headers,
  });
  response.end(request.method === 'HEAD' ? undefined : answer.body);
}

/** 403 without a body: a stranger learns nothing, not even what this is. */
export function refuse(response: ServerResponse): void {
  response.writeHead(403, { 'Content-Length': 0, Connection: 'close' });
  response.end();
}
