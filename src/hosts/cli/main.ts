#!/usr/bin/env node
import type { CommandName, ExitCode } from '../../catalogue/cli.ts';
import { oneLine } from '../../protocol/text.ts';
import { parseArguments } from './arguments.ts';
import { exitCodeOf } from './cli-error.ts';
import { doctor } from './commands/doctor.ts';
import { explain, report, runs, trace } from './commands/read.ts';
import { run } from './commands/run.ts';
import { serve } from './commands/serve.ts';
import type { Context } from './context.ts';
import { helpText } from './help.ts';
import { findVersion, programFolder } from './installation.ts';
import { listenToInterrupts } from './interrupts.ts';
import { createTerminal } from './terminal.ts';

const handlers: Readonly<Record<CommandName, (context: Context) => Promise<ExitCode>>> = {
  run,
  serve,
  report,
  'costs explain': explain,
  runs,
  trace,
  doctor,
};

async function main(argv: readonly string[]): Promise<ExitCode> {
  const terminal = createTerminal(process, process.env);
  try {
    const invocation = parseArguments(argv);
    const folder = programFolder(process.argv[1] ?? '.');
    switch (invocation.kind) {
      case 'help':
        terminal.print(helpText(invocation.command));
        return 0;
      case 'version':
        terminal.print(`${findVersion(folder)}\n`);
        return 0;
      case 'command': {
        const { command, argument, values } = invocation;
        const { env, stdin } = process;
        const context = {
          argument,
          values,
          terminal,
          interrupts: listenToInterrupts(),
          env,
          cwd: process.cwd(),
          stdin,
          folder,
        };
        return await handlers[command](context);
      }
    }
  } catch (error) {
    terminal.say(`haios: ${oneLine(error instanceof Error ? error.message : String(error), 1000)}`);
    return exitCodeOf(error);
  }
}

/** Ends the process once what was written is out; a pipe nobody reads any more is no reason to wait. */
function exit(code: ExitCode): void {
  process.exitCode = code;
  const end = (): void => process.exit(code);
  setTimeout(end, 2000).unref();
  process.stdout.write('', () => process.stderr.write('', end));
}

void main(process.argv.slice(2)).then(exit);
