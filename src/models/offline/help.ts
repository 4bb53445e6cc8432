import { code, excerpt } from './markdown.ts';

/** What the offline model answers to a wish it has no rule for. */
export function help(prompt: string): string {
  const asked = prompt.trim() === '' ? 'an empty prompt' : code(excerpt(prompt, 80));
  return [
    '## Not understood by the offline model',
    '',
    `No rule fits ${asked}. The offline model follows rules; it does not understand language. It can do:`,
    '',
    '- `inventory`: files, languages, lines, largest files, README headings',
    '- `find "text" in src/**/*.ts` or `find /regex/i`: matching lines with context',
    '- `todo`: TODO, FIXME and HACK by file, with their dates from git',
    '- `links`: broken relative links in Markdown',
    '- `dependencies`: declared, unused and missing packages of package.json projects',
    '- `replace "old" with "new" in docs/*.md`: edits, each shown for approval',
    '',
    'For anything else, connect a language model. A local one with Ollama, in `haios.config.json`:',
    '',
    '```json',
    '{ "models": [{ "id": "local", "provider": "openai-compatible", "base_url": "http://127.0.0.1:11434/v1", "model": "qwen3" }] }',
    '```',
    '',
    'Then run with the model `local`. For OpenAI or Anthropic, run “HAiOS: Set Model API Key…” or set `OPENAI_API_KEY` or',
    '`ANTHROPIC_API_KEY`, and use a model such as `openai/gpt-5-mini` or `anthropic/claude-haiku-4-5`.',
    '',
  ].join('\n');
}
