import type { Mutant } from './mutant.ts';

const mailbox = 'src/core/agents/mailbox.ts';
const pool = 'src/core/agents/pool.ts';
const places = 'src/tools/sandbox/places.ts';
const quota = 'src/core/budget/quota.ts';
const output = 'src/models/output-bound.ts';
const editorModel = 'src/models/vscode.ts';
const hostModels = 'src/runtime/host-models.ts';
const of = (file: string): readonly string[] => [file, '--timeout', '5000'];

/** Two defects for each bound on agents, their messages, quotas and sandboxes. */
export const boundMutants: readonly Mutant[] = [
  {
    guard: 'mailboxes',
    defect: 'one message too many is taken',
    file: mailbox,
    find: 'if (this.#messages.length < this.#capacity) {\n      this.#messages.push({ from, body });\n      if (this.#reader',
    replace:
      'if (this.#messages.length <= this.#capacity) {\n      this.#messages.push({ from, body });\n      if (this.#reader',
    tests: of('test/core/agents/mailbox.test.ts'),
  },
  {
    guard: 'mailboxes',
    defect: 'who waits for room is not told of the end',
    file: mailbox,
    find: 'for (const waiter of this.#waiting?.values() ?? []) waiter.closed(reason);',
    replace: '',
    tests: of('test/core/agents/mailbox.test.ts'),
  },
  {
    guard: 'agent pool',
    defect: 'one agent too many',
    file: pool,
    find: 'this.#active < this.#limits.capacity',
    replace: 'this.#active <= this.#limits.capacity',
    tests: of('test/core/agents/pool.test.ts'),
  },
  {
    guard: 'agent pool',
    defect: 'an abort leaves its place in line',
    file: pool,
    find: '        this.#waiting.delete(grant);\n        reject(',
    replace: '        reject(',
    tests: of('test/core/agents/pool.test.ts'),
  },
  {
    guard: 'quotas',
    defect: 'one call too many',
    file: quota,
    find: ': amount < limit) continue;',
    replace: ': amount <= limit) continue;',
    tests: of('test/core/budget/quota.test.ts'),
  },
  {
    guard: 'quotas',
    defect: 'reading is refused after the last file',
    file: quota,
    find: " || (quota === 'files_written' && !writes)",
    replace: '',
    tests: of('test/core/budget/quota.test.ts'),
  },
  {
    guard: 'sandbox places',
    defect: 'a place is not given back',
    file: places,
    find: '      this.#taken -= 1;\n',
    replace: '',
    tests: of('test/tools/sandbox/places.test.ts'),
  },
  {
    guard: 'sandbox places',
    defect: 'an abort stays in line',
    file: places,
    find: '        this.#line.delete(enter);\n        this.#changed();',
    replace: '        this.#changed();',
    tests: of('test/tools/sandbox/places.test.ts'),
  },
  {
    guard: 'output bound',
    defect: 'what passes it is let through',
    file: output,
    find: 'return counted <= maxTokens ? text : firstBytes(text, maxTokens - before);',
    replace: 'return before < 0 ? firstBytes(text, 0) : text;',
    tests: of('test/models/vscode.test.ts'),
  },
  {
    guard: 'output bound',
    defect: 'what was counted before is forgotten',
    file: output,
    find: 'counted += await tokenizer.count(uncounted);',
    replace: 'counted = await tokenizer.count(uncounted);',
    tests: of('test/models/vscode.test.ts'),
  },
  {
    guard: 'output bound',
    defect: 'an endless answer is read on after its bound',
    file: editorModel,
    find: '          if (text === part.text) break;\n',
    replace: '          break;\n',
    tests: of('test/models/vscode.test.ts'),
  },
  {
    guard: 'calls of the host’s models',
    defect: 'the host is not told that a call is over',
    file: hostModels,
    find: "      this.#tell('hostModelCancel', { callId });\n",
    replace: '',
    tests: of('test/runtime/host-models.test.ts'),
  },
  {
    guard: 'calls of the host’s models',
    defect: 'parts are asked for faster than they are read',
    file: hostModels,
    find: 'return new Promise((resolve) => this.#unread.add(resolve));',
    replace: 'return Promise.resolve(true);',
    tests: of('test/runtime/host-models.test.ts'),
  },
];
