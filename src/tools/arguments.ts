import * as z from 'zod';
import { HaiosError } from '../core/errors.ts';
import type { ToolSpec } from '../core/ports.ts';

/** What a tool tells the model about itself; the JSON Schema is made from the schema that later checks the arguments. */
export function specOf(name: string, description: string, schema: z.ZodType): ToolSpec {
  const { $schema: _dialect, ...parameters } = z.toJSONSchema(schema, { io: 'input' });
  return { name, description, parameters };
}

/** Arguments straight from a model, checked. Throws TOOL_ARGUMENTS naming the field, its value and what is wrong. */
export function parseArguments<T>(tool: string, schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw wrongArgument(
    tool,
    issue?.path.join('.') ?? '',
    valueAt(input, issue?.path ?? []),
    issue?.message ?? 'not valid',
  );
}

/** An error for one argument that the schema could not judge. */
export function wrongArgument(tool: string, field: string, value: unknown, reason: string): HaiosError {
  const subject =
    field === '' ? `The arguments of ${tool} are ${show(value)}` : `Argument "${field}" of ${tool} is ${show(value)}`;
  return new HaiosError('TOOL_ARGUMENTS', `${subject}: ${reason}. Correct it and call ${tool} again.`);
}

/** A workspace path as tools take it. */
export const pathSchema = z.string().min(1).max(4096);

/** A glob below the folder searched; it cannot name a place outside it. */
export const globSchema = z
  .string()
  .min(1)
  .max(500)
  .refine((glob) => !/^[\\/~]|^[a-z]:/i.test(glob), 'a glob is relative to the folder searched')
  .refine((glob) => !/\.\./.test(glob), 'a glob cannot contain ".."');

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.getOwnPropertyDescriptor(value, key)?.value;
  }
  return value;
}

function show(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
