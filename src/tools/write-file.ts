import * as z from 'zod';
import type { Tool } from '../core/ports.ts';
import { parseArguments, pathSchema, specOf } from './arguments.ts';
import { changeFile, shownTarget, type ChangeOptions } from './change-file.ts';
import { displayName, failed } from './failures.ts';
import { maxEditBytes } from './read-current.ts';

const name = 'write_file';
const schema = z.strictObject({
  path: pathSchema.describe('Workspace-relative path; missing folders are made'),
  content: z.string().max(maxEditBytes).describe('The whole new content of the file'),
});

/** Writes a whole file, new or not. Output: `wrote PATH (BYTES bytes)`. */
export function writeFileTool(options: ChangeOptions): Tool {
  return {
    spec: specOf(name, 'Write a whole text file in the workspace. A person may be asked first.', schema),
    lane: 'file_write',
    // Comparing a large file with what it becomes is work for a thread.
    sandbox: 'thread',
    async run(input, context) {
      const { path, content } = parseArguments(name, schema, input);
      const changed = await changeFile(options, context, path, (current, target) => {
        if (target.path === '.' || /[\\/]$/.test(path))
          throw failed(`${displayName(path)} is a folder; give the path of a file.`);
        const verb = current === null ? 'Create' : 'Overwrite';
        return Promise.resolve({
          text: content,
          title: `${verb} ${shownTarget(target)} (${Buffer.byteLength(content)} bytes)`,
        });
      });
      return { text: `wrote ${displayName(changed.path)} (${changed.size} bytes)` };
    },
  };
}
