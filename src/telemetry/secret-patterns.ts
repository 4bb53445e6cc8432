export interface SecretPattern {
  readonly name: string;
  /** Lower case; the expression runs only on text that holds one of them. */
  readonly hints: readonly string[];
  /** Global; every repetition is bounded, so that hostile text cannot make it slow. */
  readonly find: RegExp;
  /** As in String.replace; keeps what is no secret (a key's name, a URL's host). */
  readonly replacement: string;
}

const gone = '[redacted]';
const token = (name: string, hints: readonly string[], find: RegExp): SecretPattern => ({
  name,
  hints,
  find,
  replacement: gone,
});

/** Tokens that begin with one of these and go on for at least 20 characters. */
const prefixed = (name: string, prefixes: readonly string[]): SecretPattern => {
  const alternatives = prefixes.map((prefix) => prefix.replaceAll('.', String.raw`\.`)).join('|');
  const hints = prefixes.map((prefix) => prefix.toLowerCase());
  return token(name, hints, new RegExp(String.raw`\b(?:${alternatives})[A-Za-z0-9+/=_-]{20,2048}`, 'g'));
};

/** Words after which an assigned value is a secret. */
const word = String.raw`(?:api[_-]?key|apikey|access[_-]?key|secret[_-]?key|account[_-]?key|private[_-]?key|client[_-]?secret|secret|token|password|passwd|passphrase|pwd|credentials?)`;
/** Quotes may be escaped, once or more, when JSON stands inside JSON. */
const quote = String.raw`\\{0,3}["'\x60]`;
const assignmentHints = ['key', 'secret', 'token', 'passw', 'passphrase', 'pwd', 'credential'];

/** A key of an object whose string value is a secret by its name. */
export const sensitiveKey =
  /(?:^|[._-])(?:password|passwd|passphrase|secret|client[_-]?secret|api[_-]?key|apikey|private[_-]?key|secret[_-]?access[_-]?key|authorization|proxy-authorization|cookie|set-cookie|(?:access|auth|refresh|bearer|session|id)[_-]?token)$/i;

/** Shapes of secrets that are known by their look (FAULTS 21). Whole blocks first, then tokens, then assignments. */
export const secretPatterns: readonly SecretPattern[] = [
  // A block that is cut off before its end marker goes to the end of the text: half a key is a secret too.
  token(
    'pem-private-key',
    ['private key'],
    /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)/g,
  ),
  token('anthropic', ['sk-ant-'], /\bsk-ant-[A-Za-z0-9_-]{16,512}/g),
  token('openai', ['sk-'], /\bsk-[A-Za-z0-9_-]{20,512}/g),
  token(
    'aws-access-key-id',
    ['akia', 'asia', 'agpa', 'aida', 'aroa', 'abia', 'acca', 'aipa', 'anpa', 'anva', 'a3t'],
    /\b(?:AKIA|ASIA|AGPA|AIDA|AROA|ABIA|ACCA|AIPA|ANPA|ANVA|A3T[A-Z0-9])[A-Z0-9]{16}\b/g,
  ),
  token(
    'github',
    ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_'],
    /\b(?:gh[pousr]_[A-Za-z0-9_]{30,255}|github_pat_[A-Za-z0-9_]{22,255})/g,
  ),
  token(
    'gitlab',
    ['glpat-', 'gldt-', 'glrt-', 'glcbt-', 'glptt-', 'glft-', 'glsoat-'],
    /\bgl(?:pat|dt|rt|cbt|ptt|ft|soat)-[A-Za-z0-9_-]{20,255}/g,
  ),
  token('slack', ['xox', 'xapp-'], /\b(?:xox[a-z]-[A-Za-z0-9-]{10,512}|xapp-[A-Za-z0-9-]{10,512})/g),
  token(
    'slack-webhook',
    ['hooks.slack.com'],
    /hooks\.slack\.com\/(?:services|workflows|triggers)\/[A-Za-z0-9_/+-]{10,255}/g,
  ),
  token('google-api-key', ['aiza'], /\bAIza[A-Za-z0-9_-]{35}/g),
  token('google-oauth', ['ya29.', 'gocspx-'], /\b(?:ya29\.[A-Za-z0-9_.-]{20,512}|GOCSPX-[A-Za-z0-9_-]{20,64})/g),
  token('npm', ['npm_'], /\bnpm_[A-Za-z0-9]{30,64}/g),
  token('npm-auth-line', ['_auth'], /_auth(?:Token)?\s{0,4}=\s{0,4}\S{4,512}/g),
  token('stripe', ['k_live_', 'k_test_'], /\b[sr]k_(?:live|test)_[A-Za-z0-9]{16,255}/g),
  token('sendgrid', ['sg.'], /\bSG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,128}/g),
  token('hugging-face', ['hf_'], /\bhf_[A-Za-z0-9]{30,64}/g),
  prefixed('other-services', [
    ...[
      'gsk_',
      'xai-',
      'pplx-',
      'r8_',
      'dop_v1_',
      'shppa_',
      'shpca_',
      'shpat_',
      'shpss_',
      'lin_api_',
      'ntn_',
      'glc_',
      'glsa_',
    ],
    ...[
      'ops_ey',
      'hvs.',
      'hvb.',
      'hvr.',
      'vcp_',
      'vci_',
      'vca_',
      'vcr_',
      'vck_',
      'dckr_pat_',
      'figd_',
      'sntrys_',
      'pypi-',
    ],
  ]),
  token('databricks', ['dapi'], /\bdapi[A-Fa-f0-9]{32}/g),
  token('jwt', ['eyj'], /\beyJ[A-Za-z0-9_-]{8,4096}\.eyJ[A-Za-z0-9_-]{4,4096}\.[A-Za-z0-9_-]{0,4096}/g),
  {
    name: 'authorization-header',
    hints: ['authorization', 'x-api-key', 'cookie'],
    find: new RegExp(
      String.raw`\b((?:proxy-)?authorization|x-api-key|(?:set-)?cookie)((?:${quote})?\s{0,4}[:=]\s{0,4}(?:${quote})?)((?:bearer|basic|digest|token)\s{1,4})?(?!\s|(?:(?:bearer|basic|digest|token)\s{1,4})?\[redacted\])[^"'\r\n\\]{4,4096}`,
      'gi',
    ),
    replacement: `$1$2$3${gone}`,
  },
  {
    name: 'authorization',
    hints: ['bearer', 'basic'],
    // The value must hold more than letters: "basic understanding" is prose.
    find: /\b(bearer|basic)(\s{1,4}|%20|\+)(?=[A-Za-z0-9._~+/-]{0,40}[0-9._~+/=-])[A-Za-z0-9._~+/-]{8,4096}={0,2}/gi,
    replacement: `$1$2${gone}`,
  },
  {
    name: 'url-credentials',
    hints: ['://'],
    find: /\b([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/?#@"'<>]{0,256}:[^\s/?#@"'<>]{1,256}@/gi,
    replacement: `$1${gone}@`,
  },
  {
    name: 'quoted-assignment',
    hints: assignmentHints,
    find: new RegExp(
      String.raw`(${word}[A-Za-z0-9_-]{0,20}(?:${quote})?\s{0,4}(?:=>|:=|[:=])\s{0,4}(${quote}))(?!\[redacted\])[^"'\x60\\\r\n]{4,1024}`,
      'gi',
    ),
    replacement: `$1${gone}`,
  },
  {
    name: 'plain-assignment',
    hints: assignmentHints,
    // No blank around `=`, as in environments, flags and query strings. Plain numbers are counts, not secrets.
    find: new RegExp(
      String.raw`(${word}[A-Za-z0-9_-]{0,20}=)(?!\[redacted\]|\d{1,20}(?:[^\w.+/-]|$))[^\s"'\x60&;,\\)}\]]{4,1024}`,
      'gi',
    ),
    replacement: `$1${gone}`,
  },
  {
    name: 'spaced-assignment',
    hints: assignmentHints,
    // With blanks, as in YAML, headers and INI files: only what has a digit in it, since prose has colons too.
    find: new RegExp(
      String.raw`(${word}[A-Za-z0-9_-]{0,20}\s{0,4}[:=]\s{1,4})(?!\d{1,20}(?:[^\w.+/-]|$))(?=[A-Za-z+/_=.~!@#$%^*-]{0,128}\d)[A-Za-z0-9+/_=.~!@#$%^*-]{8,1024}`,
      'gi',
    ),
    replacement: `$1${gone}`,
  },
  {
    name: 'key-parameter',
    hints: ['key='],
    // "key" alone names many things, so the value must look like no word.
    find: /\b(key=)(?=[^\s"'`&;,]{0,256}\d)[^\s"'`&;,\\)}\]]{8,1024}/gi,
    replacement: `$1${gone}`,
  },
];

/** Those that are certain by themselves, whatever stands around them: keys, tokens and addresses with a password. */
export const tokenPatterns: readonly SecretPattern[] = secretPatterns.filter(
  ({ name, replacement }) => replacement === gone || name === 'url-credentials',
);
