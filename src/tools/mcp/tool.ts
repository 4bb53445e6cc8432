import { HaiosError } from '../../core/errors.ts';
import type { Tool, ToolContext, ToolOutput, ToolSpec } from '../../core/ports.ts';
import { wrongArgument } from '../arguments.ts';
import { requireTrust } from '../change-file.ts';
import { displayName, failed, throwIfAborted, visibleJson } from '../failures.ts';
import { refuseDeniedArguments, textsIn } from '../permitted.ts';
import { OutputCapture } from '../output-capture.ts';
import { modelToolName } from './names.ts';
import { cutPlainText } from './plain-text.ts';
import type { ListedTool } from './protocol.ts';
import { writeResult } from './result.ts';
import type { ToolServer } from './server.ts';

const maxDescription = 2000;
const maxTitle = 200;
const maxDepth = 32;
const maxErrorText = 4000;

/**
 * One tool of a server. Whatever the server says of it, each call is shown to a person with its exact arguments, and what
 * it answers is text for the model and nothing else.
 * Throws TOOL_ARGUMENTS, UNTRUSTED, DENIED, CANCELLED, TOOL_FAILED (what the server answered), TOOL_SERVER (it ended or hangs).
 */
export function serverTool(server: ToolServer, listed: ListedTool, spillCapBytes: number): Tool {
  const spec = specOf(server.name, listed);
  return {
    spec,
    lane: 'tool_call',
    sandbox: 'process',
    async run(input, context) {
      throwIfAborted(context.signal);
      if (!isObject(input)) throw wrongArgument(spec.name, '', input, 'an object { … } is expected');
      requireTrust(context, `call the tool server ${displayName(server.name)}`);
      await refuseDeniedArguments(context, context.workspace, textsIn(input));
      await ask(server.name, listed.name, input, context);
      const result = await server.call(listed.name, input, context);
      const capture = new OutputCapture(context.spillDir, spillCapBytes);
      await writeResult(result, capture);
      const { text, spilled } = await capture.finish();
      if (result.isError === true) throw failed(cutPlainText(text === '' ? 'The tool failed.' : text, maxErrorText));
      const output: ToolOutput = { text: text === '' ? '(no output)' : text };
      return spilled === null ? output : { ...output, spilled };
    },
  };
}

function specOf(server: string, { name, description, parameters }: ListedTool): ToolSpec {
  const { $schema: _dialect, ...schema } = parameters;
  return {
    name: modelToolName(server, name),
    description: cutPlainText(description, maxDescription),
    parameters: plainStrings(schema) as ToolSpec['parameters'],
  };
}

async function ask(server: string, tool: string, input: object, context: ToolContext): Promise<void> {
  const title = `Tool server ${displayName(server)}: call ${displayName(tool)}`;
  const allowed = await context.approve({
    kind: 'command',
    title: title.length > maxTitle ? `${title.slice(0, maxTitle)}…` : title,
    detail: visibleJson(input),
    path: null,
    protected: false,
  });
  throwIfAborted(context.signal);
  if (!allowed) {
    throw new HaiosError(
      'DENIED',
      `Calling ${displayName(tool)} of the tool server ${displayName(server)} was not allowed; nothing was sent to it.`,
    );
  }
}

/** A JSON value with all its texts made plain, names of members too; what is nested too deep to be meant is left out. */
function plainStrings(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return cutPlainText(value, maxDescription);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === maxDepth) return null;
  if (Array.isArray(value)) return value.map((item) => plainStrings(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [cutPlainText(key, maxTitle), plainStrings(member, depth + 1)]),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
