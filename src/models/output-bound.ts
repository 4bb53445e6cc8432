import type { Tokenizer } from '../core/ports.ts';

export interface OutputBound {
  /** How much of a text still fits, from its beginning: all of it, or what surely has no more tokens than are left. */
  fitting(text: string): Promise<string>;
}

/**
 * Bounds an answer where the provider cannot be made to. Tokens are counted as they are when the call is settled; an
 * answer of no more bytes than tokens are allowed is not counted at all, since a token is at least one byte.
 */
export function createOutputBound(maxTokens: number, tokenizer: Tokenizer): OutputBound {
  let counted = 0;
  let uncounted = '';
  let bytes = 0;
  return {
    async fitting(text) {
      const left = maxTokens - counted;
      uncounted += text;
      bytes += Buffer.byteLength(text);
      if (bytes <= left) return text;
      const before = counted + (await tokenizer.count(uncounted.slice(0, uncounted.length - text.length)));
      counted += await tokenizer.count(uncounted);
      uncounted = '';
      bytes = 0;
      return counted <= maxTokens ? text : firstBytes(text, maxTokens - before);
    },
  };
}

/** As many whole characters as fit into so many bytes. */
function firstBytes(text: string, bytes: number): string {
  const cut = Buffer.from(text).subarray(0, Math.max(0, bytes));
  return new TextDecoder('utf-8').decode(cut, { stream: true });
}
