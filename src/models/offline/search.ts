import type { Term } from './intent.ts';

/** A term as `search_files` takes it. */
export function searchArguments(term: Term, glob: string | null): Readonly<Record<string, unknown>> {
  return {
    pattern: term.kind === 'text' ? term.text : term.source,
    ...(term.kind === 'regex' ? { regex: true } : {}),
    ...(term.kind === 'regex' && term.ignoreCase ? { case_sensitive: false } : {}),
    ...(glob === null ? {} : { glob }),
  };
}

/** A plain path names one file, though the tools match a bare name at any depth. */
export function inPlace(path: string, glob: string | null, all: ReadonlySet<string>): boolean {
  return glob === null || !all.has(glob) || path === glob;
}
