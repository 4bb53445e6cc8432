import { readMethods, type ReadMethod, type WireError } from '../protocol/messages.ts';
import { HaiosError, isHaiosError } from '../core/errors.ts';
import { errors, type ErrorCode } from '../catalogue/errors.ts';
import { json, type Answer } from './respond.ts';

export type Query = (method: ReadMethod, params: Readonly<Record<string, unknown>>) => Promise<unknown>;

/** Longest `params`, in UTF-8 bytes. */
const maxParams = 16 * 1024;
const notFound: ReadonlySet<ErrorCode> = new Set(['RUN_NOT_FOUND', 'CALL_NOT_FOUND']);
const names: ReadonlySet<string> = new Set(readMethods);

/**
 * `/api/<method>?params=<JSON object>` for the methods that only read: the result as JSON, or `{error: {code, message}}` with
 * 400 (wrong request), 404 (no such method, run or call), 504 (TIMEOUT) or 500. A defect is told to `report` and not
 * to the client.
 */
export async function api(
  method: string,
  search: URLSearchParams,
  query: Query,
  report: (error: unknown) => void,
): Promise<Answer> {
  if (!isReadMethod(method)) {
    return failure(404, {
      code: 'USAGE',
      message: `There is no method "${method.slice(0, 80)}" here; there are ${readMethods.join(', ')}.`,
    });
  }
  try {
    return json(200, (await query(method, parseParams(search.get('params')))) ?? null);
  } catch (error) {
    if (!isHaiosError(error)) {
      report(error);
      return failure(500, { code: 'INTERNAL', message: 'The question could not be answered; the log says why.' });
    }
    return failure(statusOf(error.code), { code: error.code, message: error.message });
  }
}

function parseParams(text: string | null): Readonly<Record<string, unknown>> {
  if (text === null) return {};
  if (Buffer.byteLength(text) > maxParams)
    throw new HaiosError('USAGE', `"params" is longer than ${maxParams} bytes; ask for less.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new HaiosError('USAGE', '"params" is not JSON; give a JSON object.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new HaiosError('USAGE', '"params" is not an object; give a JSON object such as {"limit":20}.');
  }
  if (Object.hasOwn(value, '__proto__')) throw new HaiosError('USAGE', '"params" has a key "__proto__"; leave it out.');
  return value as Record<string, unknown>;
}

function statusOf(code: ErrorCode): number {
  if (notFound.has(code)) return 404;
  if (code === 'TIMEOUT') return 504;
  return errors[code].exit === 2 ? 400 : 500;
}

function failure(status: number, error: WireError): Answer {
  return json(status, { error });
}

function isReadMethod(method: string): method is ReadMethod {
  return names.has(method);
}
