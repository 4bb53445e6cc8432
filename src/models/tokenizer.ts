import { createRequire } from 'node:module';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { HaiosError } from '../core/errors.ts';
import type { Tokenizer } from '../core/ports.ts';

const pieceLength = 4096;
const wordlessLength = 1024;

/**
 * Counts tokens in OpenAI's o200k vocabulary: exact for its models, an estimate for others.
 * `chunkPath` is the absolute path of the bundled vocabulary; without it the source file beside this one is loaded.
 * Long texts are counted in pieces, cut at blanks where there are any, and the event loop runs in between.
 */
export function createTokenizer(chunkPath?: string): Tokenizer {
  const path = chunkPath ?? './vocabulary.ts';
  let loaded: ((text: string) => number) | null = null;
  return {
    async count(text) {
      const countTokens = (loaded ??= load(path));
      let total = 0;
      for (const piece of pieces(text)) {
        total += countTokens(piece);
        if (text.length > pieceLength) await nextTurn();
      }
      return total;
    },
  };
}

function load(path: string): (text: string) => number {
  const module: unknown = createRequire(import.meta.url)(path);
  const found: unknown = typeof module === 'object' && module !== null ? Reflect.get(module, 'countTokens') : undefined;
  if (typeof found === 'function') return found as (text: string) => number;
  throw new HaiosError('INTERNAL', `The tokenizer's vocabulary at "${path}" exports no countTokens.`);
}

function* pieces(text: string): Generator<string> {
  let start = 0;
  while (text.length - start > pieceLength) {
    const end = cutBetween(text, start + wordlessLength, start + pieceLength);
    yield text.slice(start, end);
    start = end;
  }
  if (start < text.length) yield text.slice(start);
}

/**
 * The last place before `end` where a word begins, so that the sum of the pieces differs from the whole by little; a
 * text without blanks is cut short, as its counting time grows with the square of its length.
 */
function cutBetween(text: string, atLeast: number, end: number): number {
  for (let i = end; i > atLeast; i--) {
    if (/\s/.test(text[i] ?? '') && !/\s/.test(text[i - 1] ?? '')) return i;
  }
  // Never between the halves of a surrogate pair.
  return /[\uD800-\uDBFF]/.test(text[atLeast - 1] ?? '') ? atLeast - 1 : atLeast;
}
