import type { FlagValues } from './arguments.ts';
import type { Interrupts } from './interrupts.ts';
import type { Terminal } from './terminal.ts';

/** What every command is given. */
export interface Context {
  readonly argument: string | null;
  readonly values: FlagValues;
  readonly terminal: Terminal;
  readonly interrupts: Interrupts;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly stdin: NodeJS.ReadStream;
  /** The folder of this program. */
  readonly folder: string;
}
