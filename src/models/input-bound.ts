import type { ModelRequest } from '../core/ports.ts';

const bytesPerRequest = 2048;
const bytesPerPart = 64;

/**
 * An upper bound of the input tokens: the UTF-8 bytes of the request as JSON (a token is at least one byte), and a
 * margin for what providers put around messages and tools.
 */
export function inputBound(request: ModelRequest): number {
  const { system, messages, tools } = request;
  const calls = messages.reduce(
    (sum, m) => sum + (m.role === 'assistant' ? m.toolCalls.length : m.role === 'tool' ? m.results.length : 0),
    0,
  );
  const parts = messages.length + tools.length + calls;
  return Buffer.byteLength(JSON.stringify({ system, messages, tools })) + bytesPerRequest + bytesPerPart * parts;
}
