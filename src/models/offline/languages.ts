const byExtension: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    TypeScript: 'ts tsx mts cts',
    JavaScript: 'js jsx mjs cjs',
    Markdown: 'md markdown mdx',
    JSON: 'json jsonc json5',
    YAML: 'yaml yml',
    TOML: 'toml',
    HTML: 'html htm',
    CSS: 'css',
    'Sass or Less': 'scss sass less',
    Vue: 'vue',
    Svelte: 'svelte',
    Python: 'py pyi',
    Rust: 'rs',
    Go: 'go',
    Java: 'java',
    Kotlin: 'kt kts',
    'C or C++': 'c h cc cpp cxx hpp hh',
    'C#': 'cs',
    Ruby: 'rb',
    PHP: 'php',
    Swift: 'swift',
    Shell: 'sh bash zsh',
    SQL: 'sql',
    XML: 'xml',
    SVG: 'svg',
    Text: 'txt',
    Images: 'png jpg jpeg gif webp ico',
    'Source maps': 'map',
  }).flatMap(([language, extensions]) => extensions.split(' ').map((extension) => [extension, language])),
);

/** A file's language by its extension, `.ext` for an unknown one, its kind of name for one without. */
export function languageOf(path: string): string {
  const name = (path.split('/').at(-1) ?? path).toLowerCase();
  if (/^(dockerfile|containerfile)/.test(name)) return 'Dockerfile';
  if (name === 'makefile') return 'Makefile';
  const dot = name.lastIndexOf('.');
  if (dot <= 0) return 'Other';
  const extension = name.slice(dot + 1);
  const known = Object.hasOwn(byExtension, extension) ? byExtension[extension] : undefined;
  return known ?? (/^[a-z0-9]{1,10}$/.test(extension) ? `.${extension}` : 'Other');
}
