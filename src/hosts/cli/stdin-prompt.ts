import { longestPrompt } from './checks.ts';

/** Reads a prompt from stdin to its end, and no more than the longest one that is allowed plus one character. */
export async function readPrompt(stdin: NodeJS.ReadStream): Promise<string> {
  stdin.setEncoding('utf8');
  let text = '';
  for await (const chunk of stdin) {
    text += String(chunk);
    // A character takes at most two UTF-16 units; the check that follows says what is wrong.
    if (text.length > 2 * longestPrompt + 2) break;
  }
  return text.replace(/\r?\n$/, '');
}
