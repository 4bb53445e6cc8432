import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** `--listen ADDR --allow-host NAME`: headless only (CATALOGUE §2, DESIGN §5). */
export interface Listen {
  readonly address: string;
  readonly allowHosts: readonly string[];
}

export type Verdict =
  /** `host` is the name it was asked for by, without the port. */
  { readonly kind: 'allowed'; readonly host: string } | { readonly kind: 'denied' };

/** The only paths that a `--listen` address answers. */
const openPaths: ReadonlySet<string> = new Set(['/metrics', '/health', '/ready', '/sd']);
const localNames: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Whether a request may be answered at all (FAULTS 18: DNS rebinding, foreign Origin, cross-site requests). A name
 * other than this machine's own, another site's page, and a request from another machine for more than the open
 * paths are denied.
 */
export function judge(request: IncomingMessage, path: string, listen: Listen | null): Verdict {
  const denied: Verdict = { kind: 'denied' };
  const { headers, socket } = request;
  if (count(request, 'host') !== 1 || count(request, 'origin') > 1) return denied;
  const host = splitHost(headers.host ?? '');
  if (host === null) return denied;

  const isOpen = listen !== null && openPaths.has(path);
  const named = localNames.has(host.name) || (isOpen && allowed(host.name, listen));
  // Behind a published or forwarded port the number differs, so the open paths do not look at it.
  if (!named || (!isOpen && host.port !== null && host.port !== socket.localPort)) return denied;
  if (!isOpen && !isLoopback(socket.remoteAddress ?? '')) return denied;

  if (headers.origin !== undefined && headers.origin !== `http://${headers.host}`) return denied;
  if (!sameSite(request, path)) return denied;
  return { kind: 'allowed', host: host.name };
}

/** A page of our own, or a person (address bar, bookmark, a link from another local port to the panel). */
function sameSite({ headers }: IncomingMessage, path: string): boolean {
  switch (headers['sec-fetch-site']) {
    case undefined:
    case 'same-origin':
    case 'none':
      return true;
    case 'same-site':
      return path === '/' && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
    default:
      return false;
  }
}

function splitHost(host: string): { name: string; port: number | null } | null {
  const match = /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::(\d{1,5}))?$/i.exec(host);
  if (match === null) return null;
  return { name: (match[1] ?? '').toLowerCase(), port: match[2] === undefined ? null : Number(match[2]) };
}

function allowed(name: string, listen: Listen): boolean {
  const own = isIP(listen.address) === 6 ? `[${listen.address}]` : listen.address;
  return name === own.toLowerCase() || listen.allowHosts.some((host) => host.toLowerCase() === name);
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(?:::ffff:)?127\./.test(address);
}

function count({ rawHeaders }: IncomingMessage, name: string): number {
  return rawHeaders.filter((header, index) => index % 2 === 0 && header.toLowerCase() === name).length;
}
