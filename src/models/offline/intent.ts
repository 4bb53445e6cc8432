/** What the offline model understands. */
export type Intent =
  | { readonly kind: 'inventory' }
  | { readonly kind: 'todo' }
  | { readonly kind: 'links' }
  | { readonly kind: 'dependencies' }
  | { readonly kind: 'find'; readonly term: Term; readonly glob: string | null }
  | { readonly kind: 'replace'; readonly term: Term; readonly by: string; readonly glob: string | null };

export type Term =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'regex'; readonly source: string; readonly ignoreCase: boolean };

const maxLength = 1000;

/** Reads one wish in tolerant English; null when no rule fits, as none does for more than 1,000 characters. */
export function parseIntent(prompt: string): Intent | null {
  if (prompt.length > maxLength) return null;
  const text = prompt
    .trim()
    .replace(/^(please|can you|could you|now|also)\s+/i, '')
    .replace(/[\s.!?;,]+$/, '');
  const replace = parseReplace(text);
  if (replace !== null) return replace;
  const explicit = parseFind(text, explicitTerm);
  if (explicit !== null) return explicit;
  const topic = topics.find(({ pattern }) => pattern.test(text));
  if (topic !== undefined) return { kind: topic.kind };
  return parseFind(text, bareTerm);
}

/** A short name of an intent, for a step's title. */
export function titleOf(intent: Intent): string {
  const place = 'glob' in intent && intent.glob !== null ? ` in ${intent.glob}` : '';
  switch (intent.kind) {
    case 'inventory':
      return 'Inventory of the files';
    case 'todo':
      return 'TODO, FIXME and HACK notes';
    case 'links':
      return 'Broken links in Markdown';
    case 'dependencies':
      return 'Declared, unused and missing dependencies';
    case 'find':
      return `Find ${termText(intent.term)}${place}`;
    case 'replace':
      return `Replace ${termText(intent.term)} with "${intent.by}"${place}`;
  }
}

export function termText(term: Term): string {
  return term.kind === 'text' ? `"${term.text}"` : `/${term.source}/${term.ignoreCase ? 'i' : ''}`;
}

const topics = [
  { kind: 'links', pattern: /\b(hyper)?links?\b/i },
  { kind: 'dependencies', pattern: /\bdependenc(y|ies)\b|\bdeps\b|\b(unused|missing) packages?\b|\bpackage\.json\b/i },
  { kind: 'todo', pattern: /\b(todos?|fixmes?|hacks?|to-dos?)\b/i },
  {
    kind: 'inventory',
    pattern:
      /\binventor(y|ies)\b|\boverview\b|\bwhat(['’]s| is| are)? in (this|the|here|my)\b|\b(describe|summari[sz]e|explain|explore|survey|scan) (this|the|my) (repo(sitory)?|project|workspace|folder|directory|code(base)?)\b|\b(list|show|count)( me)?( all)?( the)? (files|languages)\b|\b(largest|biggest) files\b|\blanguages\b|\blines of code\b|\bhow many (files|lines)\b|\b(project|repo(sitory)?|folder|directory) structure\b/i,
  },
] as const;

const quotes: Readonly<Record<string, string>> = { '"': '"', "'": "'", '`': '`', '“': '”', '‘': '’', '«': '»' };
const findVerb =
  /^(?:find|search(?:\s+for)?|grep(?:\s+for)?|look\s+(?:for|up)|locate|where\s+(?:is|are|do(?:es)?\s+we\s+use)|show(?:\s+me)?)\s+/i;
const findNoise =
  /^(?:(?:all|every|any|the|each)\s+)*(?:(?:occurrences?|uses?|usages?|mentions?|places?|lines?|text|word|string|pattern|regex)\s+(?:(?:of|with|containing|that\s+contain|matching|where)\s+)?)?/i;

type TermReader = (text: string) => { readonly term: Term; readonly rest: string } | null;

function parseFind(text: string, readTerm: TermReader): Intent | null {
  const verb = findVerb.exec(text);
  if (verb === null) return null;
  const after = text.slice(verb[0].length);
  const read = readTerm(after.replace(findNoise, '')) ?? readTerm(after);
  if (read === null) return null;
  const place = readPlace(read.rest.replace(/^\s*(?:is\s+|are\s+)?(?:used|defined|declared|called|mentioned)\b/i, ''));
  return place === null ? null : { kind: 'find', term: read.term, glob: place.glob };
}

function parseReplace(text: string): Intent | null {
  const verb =
    /^(?:replace|change|rename|substitute)\s+(?:(?:all|every|each)\s+)?(?:(?:occurrences?|uses?)\s+of\s+)?/i.exec(text);
  if (verb === null) return null;
  const after = text.slice(verb[0].length);
  const from = explicitTerm(after) ?? bareUntil(after, /\s+(?:with|by|to|into)\s+|\s*(?:→|=>|->)\s*/i);
  if (from === null) return null;
  const joint = /^\s*(?:(?:with|by|to|into)\b|→|=>|->)\s*/i.exec(from.rest);
  if (joint === null) return null;
  const remaining = from.rest.slice(joint[0].length);
  const quoted = readQuoted(remaining);
  const to = quoted ?? bareUntil(remaining, /\s+(?:in|inside|across|within|throughout)\s+|$/i);
  if (to === null) return null;
  const place = readPlace(to.rest);
  const by = 'text' in to ? to.text : to.term.kind === 'text' ? to.term.text : '';
  return place === null ? null : { kind: 'replace', term: from.term, by, glob: place.glob };
}

/** A quoted text or a /regular expression/ at the start. */
function explicitTerm(text: string): { term: Term; rest: string } | null {
  const quoted = readQuoted(text);
  if (quoted !== null)
    return quoted.text === '' ? null : { term: { kind: 'text', text: quoted.text }, rest: quoted.rest };
  const regex = /^\/((?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([a-z]*)(?=\s|$)/.exec(text);
  if (regex === null || !isRegex(regex[1] ?? '')) return null;
  const term: Term = { kind: 'regex', source: regex[1] ?? '', ignoreCase: (regex[2] ?? '').includes('i') };
  return { term, rest: text.slice(regex[0].length) };
}

function bareTerm(text: string): { term: Term; rest: string } | null {
  return bareUntil(
    text,
    /\s+(?:in|inside|across|within|throughout)\s+(?=\S+(?:\s+files)?\s*$|(?:the|this|all|my)\s)|\s+(?:is\s+)?(?:used|defined|declared|called|mentioned)\s*$|$/i,
  );
}

function bareUntil(text: string, end: RegExp): { term: Term; rest: string } | null {
  const match = end.exec(text);
  const term = match === null ? '' : text.slice(0, match.index).trim();
  return match === null || /^["'`“”‘’«»]*$/.test(term)
    ? null
    : { term: { kind: 'text', text: term }, rest: text.slice(match.index) };
}

function readQuoted(text: string): { text: string; rest: string } | null {
  const closing = quotes[text[0] ?? ''];
  const end = closing === undefined ? -1 : text.indexOf(closing, 1);
  return end < 0 ? null : { text: text.slice(1, end), rest: text.slice(end + 1) };
}

/** "in GLOB" at the end: null when the rest means something else, glob null for the whole workspace. */
function readPlace(rest: string): { readonly glob: string | null } | null {
  const text = rest.trim();
  if (text === '' || /^(everywhere|anywhere)$/i.test(text)) return { glob: null };
  const match = /^(?:(?:in|inside|across|within|throughout)\s+)(.+)$/i.exec(text);
  if (match === null) return null;
  const place = (match[1] ?? '').replace(/^(?:all|the|every|any|my)\s+(?:of\s+the\s+)?/i, '');
  if (
    /^(?:(?:this|the|my)\s+)?(?:repo(?:sitory)?|project|workspace|code(?:base)?|files|folder|everything|all)$/i.test(
      place,
    )
  ) {
    return { glob: null };
  }
  const kind = /^\.?([\w+#]+)\s+files$/i.exec(place);
  if (kind !== null) return { glob: `**/*.${extensionOf(kind[1] ?? '')}` };
  const quoted = readQuoted(place);
  const glob = quoted !== null && quoted.rest.trim() === '' ? quoted.text : place;
  return /\s/.test(glob) && quoted === null ? null : { glob: toGlob(glob) };
}

/** `*.ts` means at any depth, `src` or `src/` a whole folder, `src/a.ts` one file. */
function toGlob(place: string): string {
  const glob = place.replace(/^\.\//, '');
  if (glob.endsWith('/')) return `${glob}**`;
  if (/[*?{[]/.test(glob)) return glob.includes('/') ? glob : `**/${glob}`;
  return /(^|\/)[^/]*\.[^/]+$/.test(glob) ? glob : `${glob}/**`;
}

function extensionOf(name: string): string {
  const known: Readonly<Record<string, string>> = {
    typescript: '{ts,tsx,mts,cts}',
    javascript: '{js,jsx,mjs,cjs}',
    markdown: '{md,markdown}',
    python: 'py',
    rust: 'rs',
    yaml: '{yaml,yml}',
  };
  return known[name.toLowerCase()] ?? name.toLowerCase();
}

function isRegex(source: string): boolean {
  try {
    new RegExp(source);
    return true;
  } catch {
    return false;
  }
}
