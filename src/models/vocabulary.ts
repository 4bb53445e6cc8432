import { countTokens as count } from 'gpt-tokenizer/encoding/o200k_base';

/**
 * Tokens of a text in OpenAI's o200k vocabulary; markers such as `<|endoftext|>` count as the plain text they are.
 * A bundle of its own (2.7 MB): loaded by `tokenizer.ts` when the first text is counted.
 */
export function countTokens(text: string): number {
  return count(text, { disallowedSpecial: new Set() });
}
