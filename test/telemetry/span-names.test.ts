import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { attributes, semconv, spanEvents, spans } from '../../src/catalogue/spans.ts';

const sources = globSync('src/core/**/*.ts').map((file) => readFileSync(file, 'utf8'));
const found = (pattern: RegExp): Set<string> =>
  new Set(sources.flatMap((source) => [...source.matchAll(pattern)].flatMap(([, name]) => name ?? [])));

describe('span catalogue', () => {
  it('knows every attribute that core sets', () => {
    const set = found(/'((?:haios|gen_ai)\.[a-z_.]+)':/g);
    assert.ok(set.size > 20, 'core was read');
    assert.deepEqual(
      [...set].filter((name) => !Object.hasOwn(attributes, name)),
      [],
    );
  });

  it('knows every event that core adds', () => {
    const set = found(/\.event\(\s*'([a-z_]+)'/g);
    assert.ok(set.size > 4, 'core was read');
    assert.deepEqual(
      [...set].filter((name) => !Object.hasOwn(spanEvents, name)),
      [],
    );
  });

  it('knows every kind of span, and names GenAI attributes in one place', () => {
    assert.deepEqual(Object.keys(spans), ['plan', 'task', 'stage', 'worker_call', 'chat', 'tool', 'file_write']);
    const genAi = Object.keys(attributes).filter((name) => name.startsWith('gen_ai.'));
    assert.deepEqual(
      genAi.filter((name) => !Object.values<string>(semconv).includes(name)),
      [],
    );
  });
});
