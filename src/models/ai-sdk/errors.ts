import { APICallError } from '@ai-sdk/provider';
import type { ErrorCode } from '../../catalogue/errors.ts';
import { HaiosError, messageOf } from '../../core/errors.ts';

/** Whom a call was made to, for sentences; `secrets` are cut out of whatever the provider says. */
export interface Callee {
  readonly modelId: string;
  /** The address without user, password and query. */
  readonly address: string;
  readonly secrets: readonly string[];
}

/** What had arrived when a call broke: the caller settles by it. */
export interface Received {
  readonly textBytes: number;
  readonly reasoningBytes: number;
  readonly toolBytes: number;
}

/**
 * Turns whatever the provider library threw or reported into one PROVIDER_* error.
 * `answered`: the status was 2xx, so that any other one is the library's guess at what an error event means.
 * Details: `retryable`, `status?`, `retryAfterMs?`. The library's own error is not kept as cause: it carries the whole
 * request and the provider's raw answer.
 */
export function classify(error: unknown, callee: Callee, answered: boolean, now: number): HaiosError {
  const chain = causes(error);
  const ours = chain.find((e) => e instanceof HaiosError);
  if (ours instanceof HaiosError) return fail(callee, ours.code, ours.message, { retryable: false });
  const call = chain.find((e) => APICallError.isInstance(e));
  if (
    APICallError.isInstance(call) &&
    call.statusCode !== undefined &&
    (call.statusCode < 200 || call.statusCode > 299)
  ) {
    return answered ? fromFirstEvent(call, callee) : fromStatus(call.statusCode, call, callee, now);
  }
  const network = networkReason(chain);
  if (network !== null) {
    return fail(callee, 'PROVIDER_UNAVAILABLE', `cannot be reached or broke the connection (${network})`, {
      retryable: true,
    });
  }
  if (error instanceof Error)
    return fail(callee, 'PROVIDER_PROTOCOL', `sent no valid answer: ${error.message}`, { retryable: false });
  return fromReport(error, callee);
}

function fromStatus(status: number, call: APICallError, callee: Callee, now: number): HaiosError {
  const said = call.message === '' ? (call.responseBody ?? '') : call.message;
  const retryAfterMs = retryAfter(call.responseHeaders ?? {}, now);
  const details = { status, ...(retryAfterMs === null ? {} : { retryAfterMs }) };
  if (status === 401 || status === 403) {
    return fail(callee, 'PROVIDER_AUTH', `refused the API key (${status}): ${said}`, { ...details, retryable: false });
  }
  if (status === 408 || status === 429 || status >= 500) {
    const exhausted = (call.responseBody ?? '').includes('insufficient_quota');
    return fail(callee, 'PROVIDER_UNAVAILABLE', `is overloaded or down (${status}): ${said}`, {
      ...details,
      retryable: !exhausted,
    });
  }
  return fail(callee, 'PROVIDER_REJECTED', `refused the request (${status}): ${said}`, {
    ...details,
    retryable: false,
  });
}

/** The library gives an error in the first event a status, and keeps the event (or its own parse error) as the body. */
function fromFirstEvent(call: APICallError, callee: Callee): HaiosError {
  const body = parse(call.responseBody ?? '');
  if (typeof field(body, 'type') === 'string' || field(body, 'error') !== undefined) return fromReport(body, callee);
  return fail(callee, 'PROVIDER_PROTOCOL', `sent no valid answer: ${call.message}`, { retryable: false });
}

const authTypes = /authentication|permission|invalid_api_key/;
const rejectedTypes = /invalid_request|not_found|too_large|context_length|content_policy|billing|insufficient_quota/;

/** An error event in the middle of a stream: `{type?, code?, message?}`, sometimes one level deeper, sometimes text. */
function fromReport(report: unknown, callee: Callee): HaiosError {
  const body = field(report, 'error') ?? field(field(report, 'response'), 'error') ?? report;
  const message = field(body, 'message') ?? body;
  const said = typeof message === 'string' ? message : 'an error in the middle of the answer';
  const kinds = [field(body, 'type'), field(body, 'code')].filter((k) => typeof k === 'string').join(' ');
  const code = Number(field(body, 'code') ?? field(body, 'status') ?? Number.NaN);
  const status = Number.isInteger(code) && code >= 400 && code < 600 ? { status: code } : {};
  if (code === 401 || code === 403 || authTypes.test(kinds)) {
    return fail(callee, 'PROVIDER_AUTH', `refused the API key: ${said}`, { ...status, retryable: false });
  }
  if ((code >= 400 && code < 500 && code !== 408 && code !== 429) || rejectedTypes.test(kinds)) {
    return fail(callee, 'PROVIDER_REJECTED', `refused the request: ${said}`, { ...status, retryable: false });
  }
  return fail(callee, 'PROVIDER_UNAVAILABLE', `broke off: ${said}`, { ...status, retryable: true });
}

/** A sentence about the callee, without its secrets and at most 600 characters long. */
export function fail(callee: Callee, code: ErrorCode, what: string, details: Record<string, unknown>): HaiosError {
  const remedy: Partial<Record<ErrorCode, string>> = {
    PROVIDER_AUTH: ' Set the key again.',
    PROVIDER_UNAVAILABLE: ' Check the address and the provider’s status, then resume the run.',
    PROVIDER_PROTOCOL: ' Check `base_url` and `provider` of the model.',
    PROVIDER_STALLED: ' Resume the run, or allow more time for slow local models.',
  };
  const said = redact(what, callee.secrets).replace(/\s+/g, ' ').trim();
  const short = said.length > 400 ? `${said.slice(0, 400)}…` : said;
  const end = /[.!?…]$/.test(short) ? '' : '.';
  const message = `Model "${callee.modelId}" at ${callee.address} ${short}${end}${remedy[code] ?? ''}`;
  return new HaiosError(code, message, { details });
}

function redact(text: string, secrets: readonly string[]): string {
  return secrets.reduce((t, secret) => (secret === '' ? t : t.replaceAll(secret, '[key]')), text);
}

function retryAfter(headers: Record<string, string>, now: number): number | null {
  const ms = Number(headers['retry-after-ms'] ?? Number.NaN);
  if (Number.isFinite(ms) && ms >= 0) return ms;
  const value = headers['retry-after'];
  if (value === undefined) return null;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return seconds >= 0 ? seconds * 1000 : null;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

const networkCodes = /^(E[A-Z]+|UND_ERR_\w+|ERR_SSL\w*|CERT_\w+|DEPTH_ZERO\w+|SELF_SIGNED\w+)$/;

function networkReason(chain: readonly unknown[]): string | null {
  for (const error of chain) {
    const code = field(error, 'code');
    if (typeof code === 'string' && networkCodes.test(code)) return code;
  }
  const dropped = chain.find(
    (e) => e instanceof TypeError && /^(fetch failed|terminated|network error)$/i.test(e.message),
  );
  return dropped === undefined ? null : messageOf(dropped);
}

function causes(error: unknown): readonly unknown[] {
  const chain: unknown[] = [];
  let next: unknown = error;
  while (next !== undefined && next !== null && chain.length < 10) {
    chain.push(next);
    next = next instanceof Error ? next.cause : undefined;
  }
  return chain;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (Reflect.get(value, name) ?? undefined) : undefined;
}
