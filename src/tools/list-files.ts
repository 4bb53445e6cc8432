import * as z from 'zod';
import type { Tool } from '../core/ports.ts';
import { globSchema, parseArguments, pathSchema, specOf } from './arguments.ts';
import { maxTextBytes } from './failures.ts';
import type { Sandboxes } from './sandbox/sandboxes.ts';
import { findPlace } from './search-place.ts';

const name = 'list_files';
const schema = z.strictObject({
  path: pathSchema.optional().describe('Folder to list, workspace-relative; default the whole workspace'),
  glob: globSchema
    .optional()
    .describe('Such as src/**/*.ts, relative to path; without "/" it matches names at any depth'),
  details: z.boolean().optional().describe('Give BYTES, LINES and path, separated by tabs'),
  max_results: z.int().min(1).max(5000).optional().describe('Default 1000'),
  offset: z.int().min(0).optional().describe('How many files to leave out, to read on'),
});

/**
 * Lists files. Output: `N files` (all there are), then a line per file, sorted: `path`, or `BYTES\tLINES\tpath`; when cut,
 * a last line `… more: call again with offset=K`. Names with invisible characters are quoted as in JSON.
 */
export function listFilesTool(sandboxes: Sandboxes): Tool {
  return {
    spec: specOf(
      name,
      'List the files of the workspace. What .gitignore names, .git and node_modules are left out.',
      schema,
    ),
    lane: 'file_read',
    sandbox: 'thread',
    async run(input, context) {
      const list = parseArguments(name, schema, input);
      const place = await findPlace(context, list.path, list.glob);
      const request = {
        op: 'list',
        place,
        details: list.details ?? false,
        maxResults: list.max_results ?? 1000,
        offset: list.offset ?? 0,
        maxBytes: maxTextBytes,
      } as const;
      const { text } = await sandboxes.job(request, context);
      return { text };
    },
  };
}
