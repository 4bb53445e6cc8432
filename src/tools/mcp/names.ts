import { createHash } from 'node:crypto';

const maxLength = 64;
const hashLength = 8;

/**
 * The name by which a model calls a tool of a server: `mcp__SERVER__TOOL`, 1 to 64 letters, digits, `_` and `-`. It is that
 * very text where it fits and can be taken apart in one way only; otherwise it is cut and ends with a hash of both names.
 */
export function modelToolName(server: string, tool: string): string {
  const whole = `mcp__${server}__${tool}`;
  if (plain.test(server) && plain.test(tool) && whole.length <= maxLength) return whole;
  const hash = createHash('sha256').update(`${server}\0${tool}`).digest('hex').slice(0, hashLength);
  const readable = whole.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, maxLength - hashLength - 1);
  return `${readable}_${hash}`;
}

/** Without `__` inside and `_` at the ends, the two underscores between server and tool are found again. */
const plain = /^[a-zA-Z0-9-]+(?:_[a-zA-Z0-9-]+)*$/;
