import { stat } from 'node:fs/promises';
import * as z from 'zod';
import { HaiosError, isHaiosError } from '../core/errors.ts';
import type { Tool, ToolContext } from '../core/ports.ts';
import { parseArguments, pathSchema, specOf, wrongArgument } from './arguments.ts';
import { requireTrust } from './change-file.ts';
import { childEnvironment } from './environment.ts';
import { displayName, failed, fileFailure, throwIfAborted } from './failures.ts';
import { OutputCapture } from './output-capture.ts';
import { permitted, refuseDeniedArguments } from './permitted.ts';
import type { Ended } from './sandbox/processes.ts';
import type { Sandboxes } from './sandbox/sandboxes.ts';

export interface RunCommandOptions {
  /** The most of one command's output that is kept on disk, bytes. */
  readonly spillCapBytes: number;
  /** How long a command that was told to end may take before it is killed, ms. */
  readonly killGraceMs: number;
  readonly sandboxes: Sandboxes;
}

const name = 'run_command';
const schema = z.strictObject({
  command: z
    .array(z.string().max(100_000))
    .min(1)
    .max(1000)
    .describe('The program and its arguments, one by one. No shell reads them: no pipes, wildcards or variables'),
  cwd: pathSchema.optional().describe('Folder to run in, workspace-relative; default the workspace'),
  timeout_ms: z.int().min(1).max(3_600_000).optional().describe('Default 120000'),
});

/**
 * Runs a program. Every call is shown to a person with its exact argv, one argument a line: there is no list of harmless
 * programs. Output: `exit code N`, `ended by SIGNAL` or `stopped after N ms (the time limit)`, then what it printed, standard
 * output and error in the order they came; a long output is cut in the middle and kept in full beside.
 */
export function runCommandTool(options: RunCommandOptions): Tool {
  return {
    spec: specOf(
      name,
      'Run a program in the workspace, without a shell and without input. A person is asked first.',
      schema,
    ),
    lane: 'tool_call',
    sandbox: 'process',
    async run(input, context) {
      throwIfAborted(context.signal);
      const { command, cwd = '.', timeout_ms: timeoutMs = 120_000 } = parseArguments(name, schema, input);
      const [program, ...rest] = command;
      if (program === undefined || program === '')
        throw wrongArgument(name, 'command.0', program, 'the program is missing');
      const nul = command.findIndex((argument) => argument.includes('\0'));
      if (nul !== -1)
        throw wrongArgument(name, `command.${nul}`, command[nul], 'an argument cannot contain a NUL character');
      requireTrust(context, `run ${displayName(program)}`);
      const folder = await runFolder(context, cwd);
      refuseCommand(context, command, folder.real);
      await refuseDeniedArguments(context, folder.real, command);

      const allowed = await context.approve({
        kind: 'command',
        title: commandTitle(command, folder.path),
        detail: command.map(displayName).join('\n'),
        path: folder.path,
        protected: false,
      });
      throwIfAborted(context.signal);
      if (!allowed)
        throw new HaiosError('DENIED', `Running ${displayName(program)} was not allowed; it was not started.`);
      // A person may have thought for long: the folder is looked at again.
      const now = await runFolder(context, cwd);
      if (now.real !== folder.real)
        throw failed(`The folder ${displayName(cwd)} changed its place meanwhile; nothing was run.`);

      const capture = new OutputCapture(context.spillDir, options.spillCapBytes);
      let result: Ended;
      try {
        result = await options.sandboxes.processes.run(
          {
            argv: [program, ...rest],
            cwd: folder.real,
            environment: childEnvironment(process.env, context.traceparent),
            timeoutMs,
            graceMs: options.killGraceMs,
            onOutput: (chunk) => capture.write(chunk),
          },
          context,
        );
      } catch (error) {
        const { spilled } = await capture.finish();
        if (spilled === null || !isHaiosError(error, 'TOOL_FAILED')) throw error;
        throw failed(`${error.message} Its output so far is in ${spilled}.`, error);
      }
      const output = await capture.finish();
      const text = [outcome(result, timeoutMs), output.text].filter((part) => part !== '').join('\n');
      return output.spilled === null ? { text } : { text, spilled: output.spilled };
    },
  };
}

async function runFolder(context: ToolContext, cwd: string): Promise<{ path: string; real: string }> {
  const folder = await permitted(context, cwd);
  try {
    if ((await stat(folder.real)).isDirectory()) return folder;
  } catch (error) {
    throw fileFailure(error, folder.path);
  }
  throw failed(`${displayName(folder.path)} is not a folder, so nothing can run in it.`);
}

function refuseCommand({ policy }: ToolContext, command: readonly string[], folder: string): void {
  const rule = policy.command(command, folder);
  if (rule === null) return;
  throw new HaiosError(
    'DENIED',
    `Running ${displayName(command[0] ?? '')} is forbidden by ${rule}; do without it, or have the rule changed.`,
    { details: { rule } },
  );
}

const maxTitle = 200;

function commandTitle(command: readonly string[], folder: string): string {
  const line = `Run ${command.map(displayName).join(' ')}`;
  const place = folder === '.' ? '' : ` in ${displayName(folder)}`;
  return (line.length > maxTitle ? `${line.slice(0, maxTitle)}…` : line) + place;
}

function outcome({ timedOut, exitCode, signal, allGone }: Ended, timeoutMs: number): string {
  const left = allGone ? '' : '; some of what it started could not be ended';
  if (timedOut) return `stopped after ${timeoutMs} ms (the time limit)${signal === null ? '' : ` by ${signal}`}${left}`;
  return (signal === null ? `exit code ${exitCode ?? 'unknown'}` : `ended by ${signal}`) + left;
}
