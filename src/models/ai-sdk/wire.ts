import { HaiosError } from '../../core/errors.ts';
import { isFields } from '../usage/counts.ts';
import type { UsageReader } from '../usage/reader.ts';

export interface WireLimits {
  /** The longest line of an event stream, bytes. */
  readonly maxLineBytes: number;
  /** The most bytes of one answer as sent. */
  readonly maxBytes: number;
}

export interface Wire {
  /** Passes a provider's answer on, bounded, its usage taken out. */
  readonly fetch: typeof globalThis.fetch;
  /** The provider began an answer with a 2xx status. */
  answered(): boolean;
  /** The usage as the provider sent it, all its events together; undefined while there was none. */
  usage(): unknown;
  /** The last `service_tier` beside an answer; undefined while there was none. */
  serviceTier(): string | undefined;
}

interface Heard {
  readonly combine: UsageReader['combine'];
  usage: unknown;
  serviceTier: string | undefined;
}

const errorBodyBytes = 65_536;

/**
 * `fetch` for one model call. `onLine` is told of the response head and of every complete line of the answer: single
 * bytes do not count, so a provider that trickles them does not look alive.
 * Throws (or fails the body with) PROVIDER_PROTOCOL for a web page and for an answer over the limits.
 */
export function createWire(limits: WireLimits, onLine: () => void, combine: UsageReader['combine']): Wire {
  const heard: Heard = { combine, usage: undefined, serviceTier: undefined };
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
    const guard = response.ok ? lineGuard(limits, onLine, heard) : cutAt(errorBodyBytes);
    const head = { status: response.status, statusText: response.statusText, headers: response.headers };
    return new Response(response.body.pipeThrough(guard), head);
  };
  return { fetch, answered: () => answered, usage: () => heard.usage, serviceTier: () => heard.serviceTier };
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

function lineGuard(limits: WireLimits, onLine: () => void, heard: Heard): TransformStream<Uint8Array, Uint8Array> {
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
    if (!/"(?:usage|service_tier)"/.test(text)) return bytes;
    return encoder.encode(
      text
        .split('\n')
        .map((line) => takeUsage(line, heard))
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
 * Takes the usage out of an event, if it has one. The provider libraries refuse a whole event, and with it the answer, when
 * one usage number is no number: zeros stand in for them. What the provider sent is kept aside and read by us.
 */
function takeUsage(line: string, heard: Heard): string {
  const match = /^data:\s*(\{.*\})\s*$/.exec(line);
  if (match === null || !/"(?:usage|service_tier)"/.test(line)) return line;
  const parsed = parseLoose(match[1] ?? '');
  if (!isFields(parsed)) return line;
  let taken = false;
  for (const holder of [parsed, parsed['response'], parsed['message']]) {
    if (!isFields(holder)) continue;
    if (typeof holder['service_tier'] === 'string') heard.serviceTier = holder['service_tier'];
    if (holder['usage'] === undefined || holder['usage'] === null) continue;
    heard.usage = heard.usage === undefined ? holder['usage'] : heard.combine(heard.usage, holder['usage']);
    Reflect.set(holder, 'usage', { prompt_tokens: 0, completion_tokens: 0, input_tokens: 0, output_tokens: 0 });
    taken = true;
  }
  return taken ? `data: ${JSON.stringify(parsed)}` : line;
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
