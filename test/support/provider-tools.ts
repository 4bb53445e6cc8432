import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, matchesGlob, relative } from 'node:path';
import type { ToolCall, ToolResultMessage, ToolSpec } from '../../src/core/ports.ts';

export interface FakeTools {
  readonly specs: readonly ToolSpec[];
  run(call: ToolCall): ToolResultMessage;
}

export interface FakeToolOptions {
  /** Page sizes smaller than the caller asks for, to see it read on. */
  readonly pageSize?: number;
  /** Tools that are not offered. */
  readonly without?: readonly string[];
  /** An error instead of a result, by call. */
  readonly refuse?: (call: ToolCall) => string | null;
}

type Arguments = Readonly<Record<string, unknown>>;

/** The tools' output formats over a real folder, in little code: enough for a model's tests. */
export function fakeTools(folder: string, options: FakeToolOptions = {}): FakeTools {
  const page = (args: Arguments, all: number): number =>
    Math.min(number(args, 'max_results', all), options.pageSize ?? all);
  const handlers: Readonly<Record<string, (args: Arguments) => string>> = {
    list_files: (args) => {
      const files = listed(folder).filter((path) => inGlob(path, args));
      const lines = files.map((path) => (args['details'] === true ? `${details(join(folder, path))}\t${path}` : path));
      return paged(`${files.length} files`, lines, args, page(args, 1000));
    },
    read_file: (args) => {
      const path = String(args['path']);
      const whole = readFileSync(join(folder, path));
      if (whole.includes(0)) throw new Error(`${path} is a binary file, so it was not read; only text files can be.`);
      const lines = whole.toString('utf8').replace(/\n$/, '').split('\n');
      const from = number(args, 'start_line', 1);
      const to = Math.min(number(args, 'end_line', lines.length), lines.length, from + (options.pageSize ?? 1e9) - 1);
      return [
        `${path} lines ${from}-${to} of ${lines.length} (${whole.length} bytes)`,
        ...lines.slice(from - 1, to),
      ].join('\n');
    },
    search_files: (args) => search(folder, args, page(args, 200)),
    git_blame: (args) => blame(folder, args),
    edit_file: (args) => edit(folder, args),
  };
  return {
    specs: Object.keys(handlers)
      .filter((name) => options.without?.includes(name) !== true)
      .map((name) => ({ name, description: name, parameters: { type: 'object' } })),
    run(call) {
      const refusal = options.refuse?.(call) ?? null;
      const done = (text: string, isError: boolean): ToolResultMessage => ({
        id: call.id,
        name: call.name,
        text,
        isError,
      });
      if (refusal !== null) return done(refusal, true);
      try {
        const handler = handlers[call.name];
        if (handler === undefined) throw new Error(`There is no tool ${call.name}.`);
        return done(handler(Object(call.arguments) as Arguments), false);
      } catch (error) {
        return done(error instanceof Error ? error.message : String(error), true);
      }
    },
  };
}

function listed(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => !path.startsWith('.git/') && !/(^|\/)node_modules\//.test(path))
    .sort();
}

function details(path: string): string {
  const content = readFileSync(path);
  const text = content.toString('utf8');
  const lines = text === '' ? 0 : text.replace(/\n$/, '').split('\n').length;
  return `${statSync(path).size}\t${content.includes(0) ? '-' : lines}`;
}

function search(folder: string, args: Arguments, size: number): string {
  const source = args['regex'] === true ? String(args['pattern']) : escapeRegex(String(args['pattern']));
  const pattern = new RegExp(
    args['whole_word'] === true ? `\\b(?:${source})\\b` : source,
    args['case_sensitive'] === false ? 'i' : '',
  );
  const context = number(args, 'context', 0);
  const offset = number(args, 'offset', 0);
  const shown: string[] = [];
  let [matching, files, searched, binary] = [0, 0, 0, 0];
  for (const path of listed(folder).filter((p) => inGlob(p, args))) {
    const content = readFileSync(join(folder, path));
    if (content.includes(0)) {
      binary += 1;
      continue;
    }
    searched += 1;
    const lines = content.toString('utf8').replace(/\n$/, '').split('\n');
    const hits = lines.flatMap((line, i) => (pattern.test(line) ? [i] : []));
    if (hits.length > 0) files += 1;
    const onPage = hits.filter((_, i) => matching + i >= offset && matching + i < offset + size);
    matching += hits.length;
    if (onPage.length === 0) continue;
    shown.push(`== ${path}`);
    const near = (i: number): boolean => onPage.some((hit) => Math.abs(hit - i) <= context);
    lines.forEach((line, i) => {
      if (near(i)) shown.push(`${i + 1}${onPage.includes(i) ? ':' : '-'}${line.slice(0, 500)}`);
    });
  }
  const more = matching > offset + size ? [`… more: call again with offset=${offset + size}`] : [];
  return [
    `${matching} matching lines in ${files} files (${searched} searched, ${binary} binary skipped)`,
    ...shown,
    ...more,
  ].join('\n');
}

function blame(folder: string, args: Arguments): string {
  const lines = Array.isArray(args['lines']) ? args['lines'].map(Number) : [];
  const ranges = lines.flatMap((line) => ['-L', `${line},${line}`]);
  const options = [
    'blame',
    '--date=short',
    '-l',
    '--porcelain',
    '--line-porcelain',
    ...ranges,
    '--',
    String(args['path']),
  ];
  const out = execFileSync('git', options, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const found = [...out.matchAll(/^[0-9a-f]{40} \d+ (\d+)[\s\S]*?^author (.*)$[\s\S]*?^author-time (\d+)$/gm)];
  return found
    .map(([, line, author, time]) => `${line}\t${new Date(Number(time) * 1000).toISOString().slice(0, 10)}\t${author}`)
    .join('\n');
}

function edit(folder: string, args: Arguments): string {
  const path = String(args['path']);
  const before = readFileSync(join(folder, path), 'utf8');
  const source = args['regex'] === true ? String(args['find']) : escapeRegex(String(args['find']));
  const pattern = new RegExp(source, args['case_sensitive'] === false ? 'gi' : 'g');
  const times = before.match(pattern)?.length ?? 0;
  if (times === 0) throw new Error(`0 matches in ${path}.`);
  const by = String(args['replace']);
  writeFileSync(
    join(folder, path),
    args['regex'] === true ? before.replace(pattern, by) : before.replace(pattern, () => by),
  );
  return `${times} replacements in ${path}`;
}

function paged(header: string, lines: readonly string[], args: Arguments, size: number): string {
  const offset = number(args, 'offset', 0);
  const more = lines.length > offset + size ? [`… more: call again with offset=${offset + size}`] : [];
  return [header, ...lines.slice(offset, offset + size), ...more].join('\n');
}

function inGlob(path: string, args: Arguments): boolean {
  const glob = args['glob'];
  if (typeof glob !== 'string') return true;
  return matchesGlob(path, glob) || (!glob.includes('/') && matchesGlob(path, `**/${glob}`));
}

function number(args: Arguments, name: string, otherwise: number): number {
  const value = args[name];
  return typeof value === 'number' ? value : otherwise;
}

function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
