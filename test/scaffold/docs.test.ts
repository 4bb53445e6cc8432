import assert from 'node:assert/strict';
import { fillBlocks, generated } from '../../scripts/docs.ts';
import { errors } from '../../src/catalogue/errors.ts';
import { metrics } from '../../src/catalogue/metrics.ts';
import { settingKeys } from '../../src/catalogue/settings.ts';

describe('generated documentation', () => {
  for (const { path, before, after } of generated()) {
    it(`${path} is up to date`, () => assert.ok(before === after, `${path} is out of date. Run: npm run docs`));
  }

  it('has every row of the catalogue', () => {
    const text = generated()
      .map(({ before }) => before)
      .join('\n');
    for (const name of [...Object.keys(metrics), ...Object.keys(errors), ...settingKeys]) {
      assert.ok(text.includes(`| \`${name}\` |`), `${name} is in a table`);
    }
  });

  it('replaces a block and nothing else', () => {
    const filled = fillBlocks('x.md', 'a\n<!-- table: exit-codes -->\nold\n<!-- end -->\nb\n');
    assert.match(
      filled,
      /^a\n<!-- table: exit-codes -->\n\| Exit code \| Means \|\n\| --- \| --- \|\n\| 0 \| succeeded \|[^]*\n<!-- end -->\nb\n$/,
    );
    assert.equal(fillBlocks('x.md', filled), filled);
  });

  it('refuses an unknown table and an open block', () => {
    assert.throws(() => fillBlocks('x.md', '<!-- table: nope -->\n<!-- end -->'), /x\.md: there is no table "nope"/);
    assert.throws(() => fillBlocks('x.md', '<!-- table: errors -->\n'), /not closed/);
  });
});
