import assert from 'node:assert/strict';
import fc from 'fast-check';
import { csvField, markdownEmbed, markdownFence, markdownText, quoted } from '../../src/reports/escape.ts';

describe('reports/escape', () => {
  it('leaves nothing of a hostile name that Markdown would act on', () => {
    assert.equal(
      markdownText('a|b\n# c `d` <img src=x> [l](http://x) *e* _f_ g_h ~~i~~ & $j$'),
      'a\\|b # c \\`d\\` &lt;img src=x&gt; \\[l\\](http://x) \\*e\\* \\_f\\_ g_h \\~\\~i\\~\\~ &amp; \\$j\\$',
    );
    assert.deepEqual(
      ['# a', '- a', '+ a', '12. a', '3) a', '0.1.0', '---'].map((text) => markdownText(text)),
      ['\\# a', '\\- a', '\\+ a', '12\\. a', '3\\) a', '0.1.0', '\\---'],
    );
  });

  it('fences a text with more backticks than any run in it', () => {
    assert.equal(markdownFence('a\n````\nb\n', 'text'), '`````text\na\n````\nb\n`````');
  });

  it('takes HTML and images out of embedded Markdown, but not out of fenced code', () => {
    assert.equal(
      markdownEmbed('# T\n<script>x</script> a < b ![i](https://x/?q=1)\n```html\n<b>![i](u)\n```\n<b>'),
      '# T\n&lt;script>x&lt;/script> a < b !\\[i](https://x/?q=1)\n```html\n<b>![i](u)\n```\n&lt;b>',
    );
  });

  it('closes a fence that was left open, and trusts no fence that a list or a quote could end', () => {
    assert.equal(markdownEmbed('~~~~ js\n```\n<b>'), '~~~~ js\n```\n<b>\n~~~~');
    assert.equal(markdownEmbed('- a\n  ```\n<img>'), '- a\n  ```\n&lt;img>');
    assert.equal(markdownEmbed('``` a`b\n<img>'), '``` a`b\n&lt;img>');
  });

  it('quotes CSV fields and disarms formulas', () => {
    assert.deepEqual(
      ['plain', 'a,b', 'say "x"', 'a\r\nb', '=1+1', ' +1', '-cmd', '@x', '＝1', '"=1"', 5, true, null].map(csvField),
      [
        'plain',
        '"a,b"',
        '"say ""x"""',
        '"a\nb"',
        "'=1+1",
        "' +1",
        "'-cmd",
        "'@x",
        "'＝1",
        '"\'""=1"""',
        '5',
        'true',
        '',
      ],
    );
  });

  it('writes scalars on one line that read back as what they were', () => {
    assert.equal(quoted('a"\n: #\u202e\u0085'), '"a\\"\\n: #\\u202e\\u0085"');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        assert.equal(JSON.parse(quoted(text)), text);
        assert.doesNotMatch(quoted(text), /[\n\r\u0085\u2028\u2029]/);
      }),
    );
  });
});
