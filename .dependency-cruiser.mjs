// The arrows of ARCHITECTURE.md. `npm run lint` and test/scaffold/arrows.test.ts run them.

const words = ['protocol', 'catalogue'];
const below = [...words, 'core'];

/** Which folders of src/ a folder may import, besides itself. */
const arrows = {
  'src/catalogue': [],
  'src/protocol': ['catalogue'],
  'src/core': words,
  'src/models': below,
  'src/tools': below,
  'src/storage': below,
  'src/reports': below,
  'src/telemetry': [...below, 'storage'],
  'src/http': [...below, 'storage', 'telemetry'],
  'src/runtime': [...below, 'models', 'tools', 'storage', 'reports', 'telemetry', 'http'],
  'src/hosts': words,
  webview: words,
};

/** npm packages a pure folder may import. No other folder is limited in this way. */
const libraries = {
  'src/catalogue': [],
  'src/protocol': ['vscode-jsonrpc'],
  // p-retry is a pure library but for its timers: a retry waits in real time.
  'src/core': ['zod', 'jsonc-parser', 'fastest-levenshtein', 'p-retry'],
};

/** Packages that one folder keeps to itself. */
const owners = {
  vscode: 'src/hosts/vscode',
  '@types/vscode': 'src/hosts/vscode',
  '@opentelemetry': 'src/telemetry',
  'prom-client': 'src/telemetry',
  'better-sqlite3': 'src/storage',
  '@ai-sdk': 'src/models',
  '@modelcontextprotocol': 'src/tools',
};

const anyOf = (names) => (names.length === 0 ? '$.' : `(${names.join('|')})`);

export default {
  forbidden: [
    ...Object.entries(arrows).map(([folder, targets]) => ({
      name: `arrows-${folder.replace('src/', '')}`,
      comment: `${folder} may import ${targets.length === 0 ? 'no other folder' : targets.join(', ')} only.`,
      severity: 'error',
      from: { path: `^${folder}/` },
      to: { path: '^(src|webview|test|scripts)/', pathNot: [`^${folder}/`, `^src/${anyOf(targets)}/`] },
    })),
    ...Object.entries(libraries).map(([folder, packages]) => ({
      name: `libraries-${folder.replace('src/', '')}`,
      comment: `${folder} may use ${packages.length === 0 ? 'no library' : packages.join(', ')} only.`,
      severity: 'error',
      from: { path: `^${folder}/` },
      to: { dependencyTypesNot: ['local', 'core', 'unknown'], pathNot: [`(^|/)node_modules/${anyOf(packages)}/`] },
    })),
    ...Object.entries(owners).map(([name, folder]) => ({
      name: `only-${folder.replaceAll('/', '-')}-imports-${name.replaceAll(/[@/]/g, '')}`,
      comment: `Only ${folder} imports ${name}.`,
      severity: 'error',
      from: { path: '^(src|webview)/', pathNot: `^${folder}/` },
      to: { path: [`^${name}$`, `^${name}/`, `node_modules/${name}/`] },
    })),
    {
      name: 'pure-folders-do-no-io',
      comment: 'These folders decide and draw; what they need of the outside comes in through ports, rows or messages.',
      severity: 'error',
      from: { path: '^(src/(catalogue|protocol|core|reports)|webview)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'hosts-are-apart',
      comment: 'A host does not import another host; what they share lies in src/hosts itself.',
      severity: 'error',
      from: { path: '^src/hosts/([^/]+)/' },
      to: { path: '^src/hosts/[^/]+/', pathNot: '^src/hosts/$1/' },
    },
    {
      name: 'no-cycles',
      comment: 'A cycle has no order to be understood in.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'every-import-is-there',
      comment: 'An import that resolves to nothing breaks the build.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^vscode$' },
    },
    {
      name: 'shipped-code-imports-shipped-code',
      comment: 'Nothing that is bundled may come from the tests or the scripts.',
      severity: 'error',
      from: { path: '^(src|webview)/' },
      to: { path: '^(test|scripts)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    skipAnalysisNotInRules: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.cjs', '.d.ts', '.json'],
    },
  },
};
