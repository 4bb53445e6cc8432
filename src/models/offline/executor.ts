import type { ModelRequest } from '../../core/ports.ts';
import { lastPrompt, replay, type Reply, type Work } from './conversation.ts';
import { dependencies } from './dependencies.ts';
import { find } from './find.ts';
import { help } from './help.ts';
import type { Intent } from './intent.ts';
import { inventory } from './inventory.ts';
import { links } from './links.ts';
import { split } from './planner.ts';
import { replace } from './replace.ts';
import { todo } from './todo.ts';

const needs = {
  inventory: ['list_files'],
  find: ['search_files'],
  todo: ['search_files'],
  links: ['list_files', 'read_file'],
  dependencies: ['list_files', 'read_file', 'search_files'],
  replace: ['search_files', 'edit_file'],
} as const satisfies Record<Intent['kind'], readonly string[]>;

/** The next turn of a conversation whose last user message asks for one thing (or several: they are done in turn). */
export function execute(request: ModelRequest): Reply {
  const prompt = lastPrompt(request.messages);
  const tools = new Set(request.tools.map((tool) => tool.name));
  const intents = split(prompt).map((wish) => wish.intent);
  return replay(all(intents, tools, prompt), request);
}

const footer = '_Found by rules and searches of HAiOS’s offline model; no language model was asked._';

function* all(intents: readonly (Intent | null)[], tools: ReadonlySet<string>, prompt: string): Work {
  const known = intents.filter((intent) => intent !== null);
  if (known.length === 0) return help(prompt);
  const findings: string[] = [];
  for (const intent of known) {
    const missing = needs[intent.kind].filter((tool) => !tools.has(tool));
    findings.push(missing.length > 0 ? notDone(intent, missing, tools.size === 0) : yield* start(intent, tools));
  }
  return `${[...findings, footer].join('\n\n')}\n`;
}

function notDone({ kind }: Intent, missing: readonly string[], noTools: boolean): string {
  const why = noTools
    ? 'No folder is open, so there are no files to look at. Open a folder and run it again.'
    : `This needs the tools ${missing.join(', ')}, which are not offered here.`;
  return `## Not done: ${kind}\n\n${why}`;
}

function start(intent: Intent, tools: ReadonlySet<string>): Work {
  switch (intent.kind) {
    case 'inventory':
      return inventory(tools.has('read_file'));
    case 'find':
      return find(intent.term, intent.glob);
    case 'todo':
      return todo(tools.has('git_blame'));
    case 'links':
      return links();
    case 'dependencies':
      return dependencies();
    case 'replace':
      return replace(intent.term, intent.by, intent.glob);
  }
}
