import * as z from 'zod';
import type { Tool } from '../core/ports.ts';
import { parseArguments, pathSchema, specOf, wrongArgument } from './arguments.ts';
import { changeFile, shownTarget, type ChangeOptions } from './change-file.ts';
import { displayName, failed } from './failures.ts';
import { compilePattern } from './pattern.ts';
import { maxEditBytes, textOf, type CurrentFile } from './read-current.ts';

const name = 'edit_file';
const schema = z.strictObject({
  path: pathSchema.describe('Workspace-relative path of an existing text file'),
  find: z
    .string()
    .min(1)
    .max(1_000_000)
    .describe('Text to find, exactly; or a JavaScript regular expression with regex'),
  replace: z.string().max(1_000_000).describe('What it becomes; with regex, $1 stands for a group'),
  regex: z.boolean().optional(),
  case_sensitive: z.boolean().optional().describe('Default true'),
  all: z.boolean().optional().describe('Replace every match, not only the first'),
});

/** Replaces text in a file. Output: `K replacements in PATH`. */
export function editFileTool(options: ChangeOptions): Tool {
  return {
    spec: specOf(name, 'Find and replace in a text file of the workspace. A person may be asked first.', schema),
    lane: 'file_write',
    sandbox: 'thread',
    async run(input, context) {
      const edit = parseArguments(name, schema, input);
      if (edit.regex === true && compilePattern({ ...edit, pattern: edit.find, whole_word: false }) === null) {
        throw wrongArgument(name, 'find', edit.find, 'not a JavaScript regular expression');
      }
      const all = edit.all ?? false;
      let count = 0;
      let left = 0;
      const changed = await changeFile(options, context, edit.path, async (current, target) => {
        const shown = shownTarget(target);
        const before = editable(current, edit.path);
        const request = {
          op: 'replace',
          text: before,
          find: edit.find,
          replace: edit.replace,
          regex: edit.regex ?? false,
          caseSensitive: edit.case_sensitive ?? true,
          all,
          maxBytes: maxEditBytes,
        } as const;
        const result = await options.sandboxes.job(request, context);
        count = result.replaced;
        left = result.matches - result.replaced;
        if (count === 0) throw failed(noMatch(edit.path, edit.find, before));
        return { text: result.text, title: `Edit ${shown} (${count} ${count === 1 ? 'replacement' : 'replacements'})` };
      });
      const rest = left > 0 ? `\n${left} further matches were left; give all: true to replace them too.` : '';
      return { text: `${count} replacements in ${displayName(changed.path)}${rest}` };
    },
  };
}

function editable(current: CurrentFile | null, path: string): string {
  const shown = displayName(path);
  if (current === null) throw failed(`There is no file ${shown} to edit; write_file makes a new one.`);
  if (current.content === null)
    throw failed(`${shown} has ${current.size} bytes; files up to ${maxEditBytes} bytes can be edited.`);
  const text = textOf(current.content);
  if (text === null) throw failed(`${shown} is not a UTF-8 text file, so it cannot be edited.`);
  return text;
}

function noMatch(path: string, find: string, text: string): string {
  const hint = find.includes('\n') && !find.includes('\r') && text.includes('\r\n') ? ' Its lines end in \\r\\n.' : '';
  return `0 matches of the text to find in ${displayName(path)}, so nothing was replaced.${hint} Read the file again and copy the text exactly.`;
}
