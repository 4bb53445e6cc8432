import type { ErrorCode } from '../../catalogue/errors.ts';
import { errors } from '../../catalogue/errors.ts';
import type { ExitCode } from '../../catalogue/cli.ts';
import { ChannelError } from '../../protocol/channel.ts';

/** What ends a command: one sentence for a person and the exit code, by default that of the error code. */
export class CliError extends Error {
  readonly code: ErrorCode;
  readonly exit: ExitCode;
  constructor(code: ErrorCode, message: string, exit: ExitCode = errors[code].exit) {
    super(message);
    this.name = 'CliError';
    this.code = code;
    this.exit = exit;
  }
}

export function usage(message: string): CliError {
  return new CliError('USAGE', message);
}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CliError) return error.exit;
  return error instanceof ChannelError ? errors[error.code].exit : 1;
}
