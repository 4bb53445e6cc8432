import { isBuiltin } from 'node:module';

export interface Manifest {
  readonly path: string;
  /** The folder it governs, '' for the workspace. */
  readonly folder: string;
  readonly name: string | null;
  /** Names by `dependencies`, `devDependencies` and so on, kinds without names left out. */
  readonly declared: ReadonlyMap<string, readonly string[]>;
  /** Words of its scripts and of its settings for tools. */
  readonly mentioned: ReadonlySet<string>;
}

export interface Report {
  readonly manifest: Manifest;
  readonly unused: readonly { readonly name: string; readonly kind: string }[];
  readonly missing: readonly { readonly name: string; readonly firstUse: string; readonly files: number }[];
}

const kinds = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'] as const;
/** Settings of package.json in which tools are named by package. */
const described = new Set<string>([
  ...kinds,
  'name',
  'version',
  'description',
  'keywords',
  'author',
  'homepage',
  'repository',
]);
/** Commands whose package has another name. */
const commands: Readonly<Record<string, string>> = {
  tsc: 'typescript',
  tsserver: 'typescript',
  biome: '@biomejs/biome',
  depcruise: 'dependency-cruiser',
  playwright: '@playwright/test',
  ng: '@angular/cli',
  babel: '@babel/cli',
  changeset: '@changesets/cli',
  vsce: '@vscode/vsce',
  'vscode-test': '@vscode/test-cli',
  'run-s': 'npm-run-all',
  'run-p': 'npm-run-all',
  'lint-staged': 'lint-staged',
  wireit: 'wireit',
};

/** Null when the text is no JSON object. */
export function readManifest(path: string, text: string): Manifest | null {
  const json = parse(text);
  if (!isObject(json)) return null;
  const declared = new Map<string, readonly string[]>();
  for (const kind of kinds) {
    const names = isObject(json[kind]) ? Object.keys(json[kind]).sort() : [];
    if (names.length > 0) declared.set(kind, names);
  }
  const settings = Object.entries(json).filter(([key]) => !described.has(key));
  const words = stringsOf(settings)
    .flatMap((value) => value.split(/[^\w@/.-]+/))
    .map((word) => word.replace(/^.*node_modules\/(\.bin\/)?/, ''));
  const mentioned = new Set(
    words.flatMap((word) => [word, Object.hasOwn(commands, word) ? (commands[word] ?? word) : word]),
  );
  return {
    path,
    folder: path.slice(0, -'/package.json'.length),
    name: typeof json['name'] === 'string' ? json['name'] : null,
    declared,
    mentioned,
  };
}

/** The packages that a line of code imports: no relative paths, no Node modules, subpaths cut off. */
export function importsOf(line: string): readonly string[] {
  if (/^\s*(\/\/|\*|\/\*)/.test(line)) return [];
  const specifiers = line.matchAll(/(?:\bfrom|\bimport|\brequire(?:\.resolve)?)\s*\(?\s*(['"])([^'"]+)\1/g);
  return [...specifiers].flatMap((match) => packageOf(match[2] ?? '') ?? []);
}

/** Gives each import to the nearest package.json above it. The root's packages serve the projects below it too. */
export function assign(
  manifests: readonly Manifest[],
  imports: readonly { path: string; name: string }[],
): readonly Report[] {
  const byDepth = [...manifests].sort((a, b) => b.folder.length - a.folder.length);
  const root = manifests.find((m) => m.folder === '');
  const used = new Map<Manifest, Map<string, Set<string>>>(manifests.map((m) => [m, new Map()]));
  for (const { path, name } of imports) {
    const owner = byDepth.find((m) => m.folder === '' || path.startsWith(`${m.folder}/`));
    if (owner === undefined) continue;
    note(used.get(owner), name, path);
    if (root !== undefined && owner !== root && !declares(owner, name) && declares(root, name))
      note(used.get(root), name, path);
  }
  return manifests.map((manifest) => {
    const uses = used.get(manifest) ?? new Map<string, Set<string>>();
    const typed = (name: string): boolean => declares(manifest, `@types/${name.replace(/^@/, '').replace('/', '__')}`);
    const missing = [...uses]
      .filter(([name]) => !declares(manifest, name) && !(root !== undefined && declares(root, name)))
      .filter(([name]) => name !== manifest.name && !typed(name))
      .map(([name, files]) => ({ name, firstUse: [...files].sort()[0] ?? '', files: files.size }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const unused = [...manifest.declared]
      .filter(([kind]) => kind === 'dependencies' || kind === 'devDependencies')
      .flatMap(([kind, names]) => names.map((name) => ({ name, kind })))
      .filter(({ name }) => !uses.has(name) && !isMentioned(manifest, name) && !isTypesInUse(manifest, name, uses));
    return { manifest, unused, missing };
  });
}

function note(uses: Map<string, Set<string>> | undefined, name: string, path: string): void {
  if (uses === undefined) return;
  const files = uses.get(name);
  if (files === undefined) uses.set(name, new Set([path]));
  else files.add(path);
}

function packageOf(specifier: string): string | null {
  if (isBuiltin(specifier) || /^[./#~]/.test(specifier)) return null;
  const match = /^(@[a-z0-9~-][\w.~-]*\/[\w.~-]+|[A-Za-z0-9][\w.-]*)(?=\/|$)/.exec(specifier);
  if (match === null || /^(bun|deno|jsr|npm|virtual|astro|data|https?|file):/.test(specifier)) return null;
  return isBuiltin(match[1] ?? '') ? null : (match[1] ?? null);
}

function isMentioned(manifest: Manifest, name: string): boolean {
  const short = name.split('/').at(-1) ?? name;
  return (
    manifest.mentioned.has(name) ||
    manifest.mentioned.has(short) ||
    [...manifest.mentioned].some((w) => w.includes(`${name}/`))
  );
}

/** Types serve without being imported: those of Node and of globals, and those of a package that is in use. */
function isTypesInUse(manifest: Manifest, name: string, uses: ReadonlyMap<string, unknown>): boolean {
  if (!name.startsWith('@types/')) return false;
  const short = name.slice('@types/'.length);
  const typed = short.includes('__') ? `@${short.replace('__', '/')}` : short;
  return (
    ['node', 'vscode', 'mocha', 'jest', 'jasmine', 'bun', 'chrome', 'react-dom'].includes(short) ||
    uses.has(typed) ||
    declares(manifest, typed) ||
    isBuiltin(typed)
  );
}

function declares(manifest: Manifest, name: string): boolean {
  return [...manifest.declared.values()].some((names) => names.includes(name));
}

function stringsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(stringsOf);
  return isObject(value) ? Object.entries(value).flatMap(([key, inner]) => [key, ...stringsOf(inner)]) : [];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
