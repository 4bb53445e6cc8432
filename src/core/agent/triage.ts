import type { TaskSize, TaskType } from '../../catalogue/states.ts';

export interface Triage {
  readonly type: TaskType;
  readonly size: TaskSize;
}

const change =
  /\b(replace|rename|fix|add|write|create|implement|refactor|remove|delete|update|change|migrate|edit|convert|move)\b/i;
const command = /\b(run|execute|install|build|test|compile|start|deploy)\b/i;
const question = /\?\s*$|^\s*(what|why|how|who|when|where|which|is|are|does|do|can|explain)\b/i;
const joint = /\s*(?:;|\n+\s*(?:[-*]|\d+[.)])?\s*|,\s*(?:and\s+|then\s+)?|\s+and\s+|\s+then\s+)\s*/i;
const quoted = /"[^"]*"|'[^']*'|`[^`]*`|\/[^/\s]+\/[a-z]*/g;

/**
 * Sorts a prompt by rule, so that a small one costs no call before its work: `type` by its verbs, `size` by its length
 * and the number of clauses (quoted text is one word). S: at once; M and L: planned first.
 */
export function triage(prompt: string): Triage {
  const bare = prompt.replace(quoted, 'x');
  const clauses = bare.split(joint).filter((clause) => clause.trim() !== '').length;
  const type = change.test(bare)
    ? 'change'
    : command.test(bare)
      ? 'command'
      : question.test(bare)
        ? 'question'
        : 'inspect';
  const size = prompt.length > 2000 || clauses > 8 ? 'L' : clauses > 1 ? 'M' : 'S';
  return { type, size };
}
