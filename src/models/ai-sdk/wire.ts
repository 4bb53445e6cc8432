import { HaiosError } from '../../core/errors.ts';

export interface WireLimits {
  /** The longest line of an event stream, bytes. */
  readonly maxLineBytes: number;
  /** The most bytes of one answer as sent. */
  readonly maxBytes: number;
}

export interface Wire {
  /** Passes a provider's answer on, bounded, with unusable usage numbers replaced by 0. */
  readonly fetch: typeof globalThis.fetch;
  /** The provider began an answer with a 2xx status. */
  answered(): boolean;
  /** Why the usage the provider sent is unusable; null while nothing is wrong with it. */
  usageError(): string | null;
}

const errorBodyBytes = 65_536;

/**
 * `fetch` for one model call. `onLine` is told of the response head and of every complete line of the answer: single
 * bytes do not count, so a provider that trickles them does not look alive.
 * Throws (or fails the body with) PROVIDER_PROTOCOL for a web page and for an answer over the limits.
 */
export function createWire(limits: WireLimits, onLine: () => void): Wire {
  let usageError: string | null = null;
  let answered = false;
  const fetch: typeof globalThis.fetch = async (input, init) => {
    // A redirect would carry the key to an address nobody configured.
    const response = await globalThis.fetch(input, { ...init, redirect: 'manual' });
    answered = response.ok;
    onLine();
    if (response.body === null) return response;
    const type = response.headers.get('content-type') ?? '';
    if (response.ok && /^text\/html\b/i.test(type)) {
      await response.body.cancel();
      throw new HaiosError('PROVIDER_PROTOCOL', `answered with a web page (${type}) where an event stream was due`);
    }
    const guard = response.ok
      ? lineGuard(limits, onLine, (reason) => {
          usageError ??= reason;
        })
      : cutAt(errorBodyBytes);
    const head = { status: response.status, statusText: response.statusText, headers: response.headers };
    return new Response(response.body.pipeThrough(guard), head);
  };
  return { fetch, answered: () => answered, usageError: () => usageError };
}

function cutAt(bytes: number): TransformStream<Uint8Array, Uint8Array> {
  let left = bytes;
  return new TransformStream({
    transform(chunk, controller) {
      controller.enqueue(chunk.subarray(0, left));
      left -= chunk.length;
      if (left <= 0) controller.terminate();
    },
  });
}

function lineGuard(
  limits: WireLimits,
  onLine: () => void,
  onUsageError: (reason: string) => void,
): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let total = 0;
  const tooLarge = (what: string, limit: number): HaiosError =>
    new HaiosError('PROVIDER_PROTOCOL', `sent ${what} larger than ${limit} bytes`);
  const take = (last: Uint8Array): Uint8Array => {
    const whole = pending.length === 0 ? last : Buffer.concat([...pending, last]);
    pending = [];
    pendingBytes = 0;
    return whole;
  };
  const mend = (bytes: Uint8Array): Uint8Array => {
    const text = decoder.decode(bytes);
    if (!text.includes('"usage"')) return bytes;
    return encoder.encode(
      text
        .split('\n')
        .map((line) => mendLine(line, onUsageError))
        .join('\n'),
    );
  };
  return new TransformStream({
    transform(chunk, controller) {
      total += chunk.length;
      const end = chunk.lastIndexOf(10) + 1;
      if (total > limits.maxBytes) {
        controller.error(tooLarge('an answer', limits.maxBytes));
      } else if (pendingBytes + (end === 0 ? chunk.length : Math.max(end, chunk.length - end)) > limits.maxLineBytes) {
        controller.error(tooLarge('a line', limits.maxLineBytes));
      } else if (end === 0) {
        pending.push(chunk);
        pendingBytes += chunk.length;
      } else {
        onLine();
        controller.enqueue(mend(take(chunk.subarray(0, end))));
        if (end < chunk.length) {
          pending.push(chunk.subarray(end));
          pendingBytes = chunk.length - end;
        }
      }
    },
    flush(controller) {
      if (pendingBytes > 0) controller.enqueue(mend(take(new Uint8Array(0))));
    },
  });
}

/**
 * The provider libraries refuse a whole event, and with it the answer, when one usage number is no number. The answer
 * is still good: zeros stand in, and the call is settled as an estimate.
 */
function mendLine(line: string, onUsageError: (reason: string) => void): string {
  const match = /^data:\s*(\{.*\})\s*$/.exec(line);
  if (match === null || !line.includes('"usage"')) return line;
  const parsed = parseLoose(match[1] ?? '');
  if (!isObject(parsed)) return line;
  let mended = false;
  const complain = (reason: string): void => {
    mended = true;
    onUsageError(reason);
  };
  for (const holder of [parsed, parsed['response'], parsed['message']]) {
    if (isObject(holder) && holder['usage'] !== undefined && holder['usage'] !== null) {
      holder['usage'] = mendUsage(holder['usage'], complain);
    }
  }
  return mended ? `data: ${JSON.stringify(parsed)}` : line;
}

function parseLoose(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    try {
      return JSON.parse(text.replace(/:\s*(NaN|-?Infinity)\b/g, ':"$1"'));
    } catch {
      return null;
    }
  }
}

function mendUsage(usage: unknown, complain: (reason: string) => void): unknown {
  if (!isObject(usage)) {
    complain(`usage is ${describe(usage)}, not an object`);
    return { prompt_tokens: 0, completion_tokens: 0, input_tokens: 0, output_tokens: 0 };
  }
  return mendCounts(usage, 'usage', complain);
}

function mendCounts(
  holder: Record<string, unknown>,
  path: string,
  complain: (reason: string) => void,
): Record<string, unknown> {
  const result: Record<string, unknown> = { ...holder };
  for (const [name, value] of Object.entries(holder)) {
    const where = `${path}.${name}`;
    if (isObject(value)) {
      result[name] = mendCounts(value, where, complain);
    } else if (/tokens$/.test(name) && value !== null && !isCount(value)) {
      complain(`${where} is ${describe(value)}`);
      result[name] = 0;
    } else if (/_details$/.test(name) && value !== null) {
      complain(`${where} is ${describe(value)}`);
      result[name] = null;
    }
  }
  return result;
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function describe(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
