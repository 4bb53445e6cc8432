import * as z from 'zod';
import type { Tool, ToolContext } from '../core/ports.ts';
import { parseArguments, pathSchema, specOf } from './arguments.ts';
import { requireTrust } from './change-file.ts';
import { childEnvironment, findProgram } from './environment.ts';
import { displayName, failed, throwIfAborted } from './failures.ts';
import { permitted } from './permitted.ts';
import type { ProgramOptions } from './sandbox/processes.ts';
import type { Sandboxes } from './sandbox/sandboxes.ts';

export interface GitOptions {
  /** Absolute path of git; by default the first one on the PATH that is not in the workspace. */
  readonly gitPath?: string | undefined;
  readonly sandboxes: Sandboxes;
}

const name = 'git_blame';
const schema = z.strictObject({
  path: pathSchema.describe('Workspace-relative path of a file under git'),
  lines: z.array(z.int().min(1).max(1_000_000_000)).min(1).max(500).describe('Line numbers, from 1'),
});

/** Who last changed lines, and when. Output: a line per number, in the order asked: `LINE\tYYYY-MM-DD\tauthor`. */
export function gitBlameTool(options: GitOptions): Tool {
  return {
    spec: specOf(name, 'Tell the date and author of the last change of lines of a file, from git.', schema),
    lane: 'tool_call',
    sandbox: 'process',
    async run(input, context) {
      throwIfAborted(context.signal);
      const { path, lines } = parseArguments(name, schema, input);
      requireTrust(context, `run git for ${displayName(path)}`);
      const target = await permitted(context, path);
      const git = options.gitPath ?? findProgram('git', process.env, context.workspace);
      if (git === null) throw failed('git was not found on the PATH; install it to use git_blame.');
      // Filters of the repository would run on the file as it is compared: they are named here to be switched off.
      const filters = await runGit(
        git,
        [...quiet, 'config', '--name-only', '-z', '--get-regexp', '^filter\\..*'],
        options,
        context,
      );
      const off = filterNames(filters.output).flatMap((filter) => [
        ...['-c', `filter.${filter}.clean=`, '-c', `filter.${filter}.smudge=`],
        ...['-c', `filter.${filter}.process=`, '-c', `filter.${filter}.required=false`],
      ]);
      const ranges = lineRanges(lines).map(([from, to]) => `-L${from},${to}`);
      const argv = [...quiet, ...off, 'blame', '--no-textconv', '--porcelain', ...ranges, '--', target.realPath];
      const blame = await runGit(git, argv, options, context);
      if (blame.exitCode !== 0)
        throw failed(`git blame of ${displayName(target.path)} failed: ${reason(blame.problem)}`);
      const found = parsePorcelain(blame.output);
      return { text: lines.map((line) => `${line}\t${found.get(line) ?? '\t'}`).join('\n') };
    },
  };
}

/** Settings that keep a repository's configuration from starting anything or reaching out. */
const quiet = [
  ...['--no-pager', '-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '-c', 'core.pager=cat'],
  ...['-c', 'protocol.allow=never', '-c', 'safe.bareRepository=explicit', '-c', 'blame.ignoreRevsFile='],
];
const timeoutMs = 60_000;
const maxOutput = 16 * 1024 * 1024;

interface GitResult {
  readonly exitCode: number | null;
  readonly output: string;
  readonly problem: string;
}

async function runGit(
  git: string,
  argv: readonly string[],
  options: GitOptions,
  context: ToolContext,
): Promise<GitResult> {
  const chunks: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
  let size = 0;
  const program: ProgramOptions = {
    argv: [git, ...argv],
    cwd: context.workspace,
    environment: {
      ...childEnvironment(process.env, context.traceparent),
      ...{
        LC_ALL: 'C',
        GIT_TERMINAL_PROMPT: '0',
        GIT_OPTIONAL_LOCKS: '0',
        GIT_NO_LAZY_FETCH: '1',
        GIT_NO_REPLACE_OBJECTS: '1',
      },
    },
    timeoutMs,
    graceMs: 1000,
    onOutput: (chunk, stream) => {
      size += chunk.length;
      if (size > maxOutput) return Promise.reject(failed('git printed too much; ask for fewer lines.'));
      chunks[stream].push(Buffer.from(chunk));
      return Promise.resolve();
    },
  };
  const result = await options.sandboxes.processes.run(program, context);
  if (result.timedOut) throw failed(`git took longer than ${timeoutMs / 1000} s and was stopped; ask for fewer lines.`);
  const [output, problem] = [
    Buffer.concat(chunks.stdout).toString('utf8'),
    Buffer.concat(chunks.stderr).toString('utf8'),
  ];
  return { exitCode: result.exitCode, output, problem };
}

function filterNames(output: string): string[] {
  const names = output.split('\0').flatMap((key) => /^filter\.(.+)\.[^.]+$/s.exec(key)?.[1] ?? []);
  return [...new Set(names)];
}

/** Sorted, without gaps between neighbours: git is asked once per range. */
function lineRanges(lines: readonly number[]): (readonly [number, number])[] {
  const ranges: [number, number][] = [];
  for (const line of [...new Set(lines)].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === line - 1) last[1] = line;
    else ranges.push([line, line]);
  }
  return ranges;
}

/** `--porcelain` tells of a commit only the first time it comes. Line → `YYYY-MM-DD\tauthor`, the date where the author was. */
function parsePorcelain(output: string): Map<number, string> {
  const commits = new Map<string, { author: string; time: number; zone: string }>();
  const found = new Map<number, string>();
  let commit = { author: '', time: 0, zone: '+0000' };
  let line = 0;
  for (const text of output.split('\n')) {
    const header = /^([0-9a-f]{40,64}) \d+ (\d+)/.exec(text);
    if (header !== null) {
      const id = header[1] ?? '';
      line = Number(header[2]);
      commit = commits.get(id) ?? { author: '', time: 0, zone: '+0000' };
      commits.set(id, commit);
    } else if (text.startsWith('author ')) commit.author = text.slice(7).replace(/[\u0000-\u001f\u007f]/g, ' ');
    else if (text.startsWith('author-time ')) commit.time = Number(text.slice(12));
    else if (text.startsWith('author-tz ')) commit.zone = text.slice(10);
    else if (text.startsWith('\t')) found.set(line, `${day(commit.time, commit.zone)}\t${commit.author}`);
  }
  return found;
}

function day(seconds: number, zone: string): string {
  const parts = /^([+-])(\d\d)(\d\d)$/.exec(zone);
  const minutes = parts === null ? 0 : (Number(parts[2]) * 60 + Number(parts[3])) * (parts[1] === '-' ? -1 : 1);
  const date = new Date((seconds + minutes * 60) * 1000);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString().slice(0, 10);
}

function reason(problem: string): string {
  const first = problem.split('\n').find((line) => line.trim() !== '') ?? 'it gave no reason';
  return displayName(
    first
      .replace(/^fatal: /, '')
      .trim()
      .slice(0, 300),
  );
}
