import { realpathSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Config } from '../core/config.ts';
import { deniedCommand } from '../core/policies/commands.ts';
import type { RunPolicy } from '../core/policies/run-policy.ts';
import { secretForms } from '../telemetry/secret-forms.ts';
import { tokenPatterns } from '../telemetry/secret-patterns.ts';
import { DeniedPaths } from '../tools/denied-paths.ts';
import { findProgram } from '../tools/environment.ts';
import type { Secrets } from './secrets.ts';

/** The rules of a configuration for the tools of one run. What secrets there are is read now, and kept out of all rows too. */
export function createRunPolicy(policies: Config['policies'], secrets: Secrets, workspace: string | null): RunPolicy {
  const paths = new DeniedPaths(policies.denied_paths);
  const blocked = secrets
    .named(policies.blocked_secrets)
    .map(({ name, value }) => ({ name, forms: secretForms([value]) }));
  const shapes = policies.block_secret_shapes ? tokenPatterns : [];
  const inText = (text: string): string | null => {
    const named = blocked.find(({ forms }) => forms.some((form) => text.includes(form)));
    if (named !== undefined) return `policies.blocked_secrets (${named.name})`;
    const shape = shapes.find(({ find }) => text.search(find) !== -1);
    return shape === undefined ? null : `policies.block_secret_shapes (${shape.name})`;
  };
  const nothing = blocked.length === 0 && shapes.length === 0;
  return {
    deniedPaths: policies.denied_paths,
    path: (path) => quoted('policies.denied_paths', paths.rule(path)),
    command: (argv, folder) =>
      quoted(
        'policies.denied_commands',
        deniedCommand(policies.denied_commands, argv, (program) => realNames(program, folder, workspace)),
      ),
    secret: (value) => (nothing ? null : inValue(value, inText, 0)),
  };
}

function quoted(key: string, pattern: string | null): string | null {
  return pattern === null ? null : `${key} “${pattern}”`;
}

const maxDepth = 32;

function inValue(value: unknown, inText: (text: string) => string | null, depth: number): string | null {
  if (typeof value === 'string') return inText(value);
  if (typeof value !== 'object' || value === null || depth > maxDepth) return null;
  for (const [key, member] of Object.entries(value)) {
    const found = inText(key) ?? inValue(member, inText, depth + 1);
    if (found !== null) return found;
  }
  return null;
}

/** The name of the file that is started in the end, when a link leads to it. */
function realNames(program: string, folder: string | null, workspace: string | null): readonly string[] {
  const path = /[\\/]/.test(program)
    ? resolve(folder ?? '.', program)
    : findProgram(program, process.env, workspace ?? '\0');
  try {
    return path === null ? [] : [basename(realpathSync(path))];
  } catch {
    return [];
  }
}
