import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { createTokenizer } from '../../src/models/tokenizer.ts';

describe('tokenizer', () => {
  const tokenizer = createTokenizer();

  it('counts as OpenAI’s vocabulary does', async () => {
    assert.equal(await tokenizer.count(''), 0);
    assert.equal(await tokenizer.count('hello world'), 2);
    assert.equal(await tokenizer.count('The quick brown fox jumps over the lazy dog.'), 10);
  });

  it('counts a special marker as the text it is', async () => {
    assert.ok((await tokenizer.count('<|endoftext|>')) > 1);
  });

  it('counts a long text nearly as its words, and lets the event loop run', async () => {
    let turns = 0;
    let counting = true;
    const tick = (): void => {
      turns += 1;
      if (counting) setImmediate(tick);
    };
    setImmediate(tick);
    const total = await tokenizer.count('word '.repeat(20_000));
    counting = false;
    assert.ok(total >= 20_000 && total <= 20_100, String(total));
    assert.ok(turns >= 20, String(turns));
  });

  it('counts long texts without blanks, and never parts a character', async () => {
    assert.equal(await tokenizer.count('🙂'.repeat(3000)), 3000 * (await tokenizer.count('🙂')));
    assert.ok((await tokenizer.count('a'.repeat(100_000))) > 10_000);
  });

  it('loads its vocabulary from a bundle', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'haios-tokenizer-'));
    try {
      const outfile = join(folder, 'tokenizer.cjs');
      await build({
        entryPoints: [new URL('../../src/models/vocabulary.ts', import.meta.url).pathname],
        bundle: true,
        platform: 'node',
        format: 'cjs',
        outfile,
        logLevel: 'silent',
      });
      assert.equal(await createTokenizer(outfile).count('hello world'), 2);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('says so when the bundle is not there', async () => {
    await assert.rejects(createTokenizer('/nowhere/tokenizer.cjs').count('x'), /tokenizer\.cjs/);
  });
});
