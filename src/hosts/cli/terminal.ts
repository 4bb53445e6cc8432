import { visible } from '../../protocol/text.ts';

/** What a command may know of and do to the terminal. */
export interface Terminal {
  /** stderr is a terminal on which a block can be redrawn. */
  readonly redraws: boolean;
  /** A person sits at stdin and stderr and can answer. */
  readonly interactive: boolean;
  readonly colour: boolean;
  columns(): number;
  /** Result text to stdout, made harmless for a terminal. */
  print(text: string): void;
  /** Machine-readable text to stdout, as it is. */
  printRaw(text: string): void;
  /** To stderr, as it is: control sequences are the caller's. */
  draw(text: string): void;
  /** A remark to stderr. */
  say(line: string): void;
  onResize(listener: () => void): () => void;
}

export interface Streams {
  readonly stdin: { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream;
  /** `isTTY` and `columns` are there on a terminal only. */
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
}

/** A reader that goes away (`haios runs | head -1`) ends the output quietly. */
export function createTerminal(streams: Streams, env: NodeJS.ProcessEnv): Terminal {
  const { stdin, stdout, stderr } = streams;
  const writers = [stdout, stderr].map((stream) => {
    let open = true;
    stream.on('error', () => {
      open = false;
    });
    return (text: string): void => {
      if (open && text !== '') stream.write(text);
    };
  });
  const [out = () => undefined, err = () => undefined] = writers;
  const terminal = stderr.isTTY === true && env['TERM'] !== 'dumb';
  const attended = !isSet(env['CI']);
  return {
    redraws: terminal && attended,
    interactive: terminal && attended && stdin.isTTY === true,
    colour: terminal && !isSet(env['NO_COLOR']),
    columns: () => (stderr.columns !== undefined && stderr.columns > 0 ? stderr.columns : 80),
    print: (text) => out(visible(text)),
    printRaw: out,
    draw: err,
    say: (line) => err(`${visible(line)}\n`),
    onResize(listener) {
      stderr.on('resize', listener);
      return () => void stderr.off('resize', listener);
    },
  };
}

/** `NO_COLOR` and `CI` count when they are set to anything but nothing (and, for CI, `false`). */
function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== 'false';
}
