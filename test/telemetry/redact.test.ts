import assert from 'node:assert/strict';
import { lintSource } from '@secretlint/core';
import { creator as preset } from '@secretlint/secretlint-rule-preset-recommend';
import fc from 'fast-check';
import { createRedactor } from '../../src/telemetry/redact.ts';

const secret = 'S3cr3t/+value "with" ünïcode & more';
const redactor = createRedactor({ secrets: () => [secret] });
/** Put together here, so that no scanner takes this file for a leak. */
const made = (...parts: string[]): string => parts.join('');
const jwtPart = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const shapes: Record<string, string> = {
  aws: made('AK', 'IA', 'IOSFODNN7EXAMPL3'),
  github: made('gh', 'p_', 'a1B2c3D4'.repeat(5).slice(0, 36)),
  githubFine: made('github', '_pat_', 'a1B2c3D4'.repeat(11).slice(0, 82)),
  gitlab: made('gl', 'pat-', 'a1B2c3D4e5F6g7H8i9J0'),
  slack: made('xo', 'xb-', '123456789012-1234567890123-', 'AbCdEfGhIjKlMnOpQrStUvWx'),
  openai: made('sk', '-proj-', 'a1B2c3D4'.repeat(6)),
  anthropic: made('sk', '-ant-api03-', 'a1B2c3D4'.repeat(12)),
  google: made('AI', 'za', 'SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6q'.slice(0, 35)),
  npm: made('np', 'm_', 'a1B2c3D4'.repeat(5).slice(0, 36)),
  jwt: made(jwtPart({ alg: 'HS256', typ: 'JWT' }), '.', jwtPart({ sub: '1234567890' }), '.', 'abcDEF123-_x'),
  pem: made(
    '-----BEGIN RSA PRIV',
    'ATE KEY-----\n',
    'MIIEowIBAAKCAQEA'.repeat(4),
    '\n-----END RSA PRIV',
    'ATE KEY-----',
  ),
  pemCut: made('-----BEGIN PRIV', 'ATE KEY-----\n', 'MIIEowIBAAKCAQEA'.repeat(4)),
  stripe: made('sk', '_live_', 'a1B2c3D4e5F6g7H8'),
  sendgrid: made('SG', '.', 'a1B2c3D4e5F6g7H8i9J0k1', '.', 'a1B2c3D4'.repeat(6).slice(0, 43)),
};
/** Shapes as strict as the other scanner wants them. */
const strict: string[] = [
  ...Object.values(shapes),
  made('AK', 'IA', 'Z7QHD3K2MNB5XW4R'),
  made('sk', '-', 'a1B2c3D4e5F6g7H8i9J0', 'T3Blbk', 'FJ', 'a1B2c3D4e5F6g7H8i9J0'),
  made('sk', '-ant-api03-', 'aB3-'.repeat(23), 'xyAA'),
  made('gs', 'k_', 'aB3d'.repeat(13)),
  made('h', 'f_', 'aBcDeFgH'.repeat(5).slice(0, 34)),
  made('lin', '_api_', 'aB3d'.repeat(10)),
  made('nt', 'n_', '12345678901', 'aB3d'.repeat(9).slice(0, 35)),
  made('shp', 'at_', 'a1b2'.repeat(8)),
  made('hv', 's.', 'aB3d'.repeat(25)),
  made('dap', 'i', 'a1b2'.repeat(8)),
  made('fig', 'd_', 'aB3d'.repeat(11)),
  made('gl', 'c_', 'aB3d'.repeat(20)),
  made(
    '-----BEGIN PRIV',
    'ATE KEY-----\n',
    Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 89) % 251)).toString('base64'),
    '\n-----END PRIV',
    'ATE KEY-----',
  ),
  made('https', '://', 'admin', ':', 'Xk29vbQ8', '@', 'db.example.com/x'),
  made('postgres', '://', 'admin', ':', 'Xk29vbQ8', '@', 'db.prod.internal:5432/x'),
  made('https://hooks.', 'slack.com/services/', 'T0A1B2C3D/B0A1B2C3D/aB3daB3daB3daB3daB3daB3d'),
];
const around = (value: string): string[] => [
  value,
  `The key is ${value}, keep it.`,
  JSON.stringify({ note: `see ${value}` }),
  `x=${value}&y=1`,
];

describe('redaction', () => {
  describe('of exact values', () => {
    const forms: Record<string, string> = {
      'as they are': secret,
      'JSON-escaped': JSON.stringify({ k: secret }),
      'JSON in JSON': JSON.stringify({ k: JSON.stringify({ k: secret }) }),
      'percent-encoded': `?k=${encodeURIComponent(secret)}`,
      'percent-encoded in small letters': encodeURIComponent(secret).replace(/%../g, (code) => code.toLowerCase()),
      'form-encoded': new URLSearchParams({ k: secret }).toString(),
      hex: Buffer.from(secret).toString('hex'),
    };
    for (const [name, text] of Object.entries(forms)) {
      it(name, () => {
        const clean = redactor.text(text);
        assert.ok(clean.includes('[redacted]'), clean);
        for (const part of ['S3cr3t', 'unicode', '5333637233']) assert.ok(!clean.includes(part), clean);
      });
    }
    it('in base64 at each offset', () => {
      const inner = Buffer.from(secret).toString('base64').slice(8, -8);
      for (const before of ['', 'u', 'us', 'user:', 'user:x']) {
        for (const after of ['', '!', '!!']) {
          for (const encoding of ['base64', 'base64url'] as const) {
            const text = Buffer.from(before + secret + after).toString(encoding);
            const clean = redactor.text(text);
            assert.ok(clean.includes('[redacted]'), text);
            assert.ok(!clean.includes(inner));
            assert.ok(!Buffer.from(clean.replace('[redacted]', ''), 'base64').toString().includes('S3cr3t'));
          }
        }
      }
    });
    it('any value, wherever it stands', () => {
      fc.assert(
        fc.property(fc.string({ minLength: 6, maxLength: 40 }), fc.string(), fc.string(), (value, before, after) => {
          fc.pre(value.trim().length >= 6 && !'[redacted]'.includes(value.trim()));
          const clean = createRedactor({ secrets: () => [value], patterns: [] }).text(before + value + after);
          assert.ok(clean.includes('[redacted]'));
        }),
        { numRuns: 300 },
      );
    });
    it('as soon as a new one is known', () => {
      const secrets: string[] = [];
      const growing = createRedactor({ secrets: () => secrets });
      assert.equal(growing.text('my-later-value'), 'my-later-value');
      secrets.push('my-later-value');
      assert.equal(growing.text('my-later-value'), '[redacted]');
    });
    it('but not those too short to be told from words', () => {
      assert.equal(createRedactor({ secrets: () => ['key', ''] }).text('a key is a key'), 'a key is a key');
    });
  });

  describe('of known shapes', () => {
    for (const [name, value] of Object.entries(shapes)) {
      it(name, () => {
        for (const text of around(value)) {
          const clean = redactor.text(text);
          assert.ok(!clean.includes(value) && clean.includes('[redacted]'), clean);
          assert.ok(!clean.includes(value.slice(-12)), clean);
        }
      });
    }
    it('leaves nothing that another scanner finds', async () => {
      const lint = async (content: string): Promise<number> => {
        const config = { rules: [{ id: '@secretlint/secretlint-rule-preset-recommend', rule: preset, options: {} }] };
        const source = { filePath: '/text.txt', content, contentType: 'text' as const };
        return (await lintSource({ source, options: { config } })).messages.length;
      };
      const text = strict.join('\n');
      assert.ok((await lint(text)) >= 15, 'the scanner sees the canaries');
      assert.equal(await lint(redactor.text(text)), 0);
    });
  });

  describe('of assignments and headers', () => {
    const hidden: [string, string][] = [
      ['OPENAI_API_KEY=abcd1234', 'OPENAI_API_KEY=[redacted]'],
      ['--password=hunter', '--password=[redacted]'],
      ['{"password":"correct horse"}', '{"password":"[redacted]"}'],
      ['{\\"client_secret\\":\\"abc def\\"}', '{\\"client_secret\\":\\"[redacted]\\"}'],
      ["apiKey: 'abcdefgh'", "apiKey: '[redacted]'"],
      ['aws_secret_access_key = wJalrXUtnFEMI/K7MDENG', 'aws_secret_access_key = [redacted]'],
      ['Authorization: Bearer abcdefgh', 'Authorization: Bearer [redacted]'],
      ['authorization: Basic dXNlcjpwYXNz', 'authorization: Basic [redacted]'],
      ["-H 'x-api-key: abcdefgh'", "-H 'x-api-key: [redacted]'"],
      ['Set-Cookie: sid=abc; HttpOnly\r\nHost: a', 'Set-Cookie: [redacted]\r\nHost: a'],
      ['postgres://user:pa55@db:5432/x', 'postgres://[redacted]@db:5432/x'],
      ['https://h/x?access_token=abc123&y=1', 'https://h/x?access_token=[redacted]&y=1'],
      ['//registry.example/:_authToken=abcdef', '//registry.example/:[redacted]'],
    ];
    for (const [text, expected] of hidden) it(text.slice(0, 30), () => assert.equal(redactor.text(text), expected));

    const kept = [
      'max_tokens: 4096, total_tokens=12345',
      'const token = await getToken(); // token: string',
      'haios_tokens_total{kind="input"} 5',
      'The basic idea of a keyboard: keys. Password rules follow: be kind.',
      'https://host:8080/path@2x.png and user@example.org',
      'sk-learn, npm_config_cache, ghp_short',
      'src/telemetry/secret-forms.ts:12: secrets',
      '0190f3a4-1111-7222-8333-444455556666',
    ];
    for (const text of kept) it(`leaves alone: ${text.slice(0, 30)}`, () => assert.equal(redactor.text(text), text));
  });

  describe('of values', () => {
    it('goes through keys, members, arrays and errors', () => {
      const error = new Error(`broke at ${secret}`, { cause: new Error(secret) });
      const clean = redactor.value({
        list: [1, secret],
        [secret]: true,
        error,
        headers: { authorization: 'anything', accept: 'text' },
      });
      const text = JSON.stringify(clean);
      assert.ok(!text.includes('S3cr3t') && !text.includes('anything'), text);
      assert.deepEqual(clean.list, [1, '[redacted]']);
      assert.equal(clean.headers.accept, 'text');
    });
    it('gives back the same object when there is nothing to do', () => {
      const value = { a: [1, 'x', { y: null, tokens: 5 }], b: undefined };
      assert.equal(redactor.value(value), value);
    });
    it('ends on cycles and depth', () => {
      const cycle: Record<string, unknown> = { secret: 1 };
      cycle['self'] = cycle;
      cycle['again'] = [cycle, cycle];
      assert.deepEqual(redactor.value(cycle), { secret: 1, self: '[redacted]', again: ['[redacted]', '[redacted]'] });
      let deep: unknown = secret;
      for (let level = 0; level < 100; level += 1) deep = [deep];
      assert.ok(!JSON.stringify(redactor.value(deep)).includes('S3cr3t'));
    });
  });

  it('is idempotent', () => {
    for (const text of [
      ...Object.values(shapes),
      'Authorization: Bearer abcdefgh1',
      'password="abcdef"',
      'token=abcdef',
      'http://a:b@c/',
    ]) {
      const once = redactor.text(text);
      assert.equal(redactor.text(once), once);
    }
  });

  it('stays quick on hostile text', () => {
    const hostile = [
      'password',
      'token=\\',
      'eyJaaaaaaaaaaa.eyJ',
      'a://',
      'a:',
      'secret_',
      'key: ',
      'bearer ',
      '-----BEGIN PRIVATE KEY-----',
      '"key":"',
      'authorization:',
    ];
    const startedAt = performance.now();
    for (const unit of hostile) redactor.text(unit.repeat(Math.ceil(500_000 / unit.length)));
    // Quadratic behaviour would take minutes here.
    assert.ok(performance.now() - startedAt < 10_000);
  });
});
