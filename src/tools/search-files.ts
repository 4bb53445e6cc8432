import * as z from 'zod';
import type { Tool } from '../core/ports.ts';
import { globSchema, parseArguments, pathSchema, specOf, wrongArgument } from './arguments.ts';
import { maxTextBytes } from './failures.ts';
import { compilePattern } from './pattern.ts';
import type { Sandboxes } from './sandbox/sandboxes.ts';
import { findPlace } from './search-place.ts';

const name = 'search_files';
const schema = z.strictObject({
  pattern: z
    .string()
    .min(1)
    .max(1000)
    .refine((pattern) => !pattern.includes('\n'), 'lines are searched one by one, so a pattern has no line end')
    .describe('Plain text, or a JavaScript regular expression with regex'),
  path: pathSchema.optional().describe('Folder or file to search, workspace-relative; default the whole workspace'),
  regex: z.boolean().optional(),
  case_sensitive: z.boolean().optional().describe('Default true'),
  whole_word: z.boolean().optional(),
  glob: globSchema.optional().describe('Which files, relative to path; without "/" it matches names at any depth'),
  context: z.int().min(0).max(5).optional().describe('Lines to show around each match'),
  max_results: z.int().min(1).max(2000).optional().describe('Matching lines to show; default 200'),
  offset: z.int().min(0).optional().describe('How many matching lines to leave out, to read on'),
});

/**
 * Searches text files line by line. Output: `M matching lines in F files (S searched, B binary skipped)`, totals of the
 * whole search; per file `== path`, then `LINE:text`, and `LINE-text` for context, each cut at 500 characters; when cut, a
 * last line `… more: call again with offset=K`.
 */
export function searchFilesTool(sandboxes: Sandboxes): Tool {
  return {
    spec: specOf(name, 'Search the text files of the workspace. Left out are the same files as in list_files.', schema),
    lane: 'file_read',
    sandbox: 'thread',
    async run(input, context) {
      const search = parseArguments(name, schema, input);
      if (compilePattern(search) === null) {
        throw wrongArgument(name, 'pattern', search.pattern, 'not a JavaScript regular expression');
      }
      const place = await findPlace(context, search.path, search.glob);
      const request = {
        op: 'find',
        place,
        pattern: search.pattern,
        regex: search.regex ?? false,
        caseSensitive: search.case_sensitive ?? true,
        wholeWord: search.whole_word ?? false,
        context: search.context ?? 0,
        maxResults: search.max_results ?? 200,
        offset: search.offset ?? 0,
        maxBytes: maxTextBytes,
      } as const;
      const { text } = await sandboxes.job(request, context);
      return { text };
    },
  };
}
