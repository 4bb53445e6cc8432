import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { until } from './runtime.ts';

/** A program with a person at its terminal. */
export interface PseudoTerminal {
  /** Types once the terminal has shown `after`, since what was typed last. */
  type(after: string, text: string): Promise<void>;
  /** All that it has shown. */
  shown(): string;
  readonly ended: Promise<number | null>;
  /** Ends what is left of it. */
  close(): void;
}

export const ctrlC = '\u0003';
export const ctrlD = '\u0004';

/** Runs a program in a pseudo-terminal of 80 columns, which `script` makes (of util-linux, or BSD's). */
export function inTerminal(argv: readonly string[], env: NodeJS.ProcessEnv): PseudoTerminal {
  const command = `exec ${argv.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ')}`;
  const how = process.platform === 'linux' ? ['-qec', command, '/dev/null'] : ['-q', '/dev/null', 'sh', '-c', command];
  const child = spawn('script', how, { env: { ...env, TERM: 'xterm' }, stdio: ['pipe', 'pipe', 'inherit'] });
  let shown = '';
  let seen = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
  return {
    async type(after, text) {
      await until(
        `the terminal shows “${after}”`,
        () => {
          if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode} before “${after}”:\n${shown}`);
          return shown.includes(after, seen);
        },
        30_000,
      );
      seen = shown.length;
      child.stdin.write(text);
    },
    shown: () => shown,
    ended: once(child, 'close').then(([code]) => code as number | null),
    close: () => {
      child.stdin.destroy();
      child.kill();
    },
  };
}
