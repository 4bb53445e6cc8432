import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { isInside } from './inside.ts';

/** The variable by which a process that an agent's call started is known, whatever its parents became. */
export const callVariable = 'HAIOS_CALL';

const passed = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LANGUAGE', 'TERM', 'TMPDIR', 'TMP', 'TEMP', 'TZ'],
  // Without these few, programs do not start on Windows.
  ...[
    'SYSTEMROOT',
    'SYSTEMDRIVE',
    'WINDIR',
    'COMSPEC',
    'PATHEXT',
    'USERPROFILE',
    'APPDATA',
    'LOCALAPPDATA',
    'PROGRAMFILES',
  ],
]);

/**
 * The environment of a child process: where programs and temporary files are, language and terminal, and the trace it
 * belongs to. Nothing else is passed on, so no key or token is. Relative entries of PATH are left out: they would make a
 * program in the workspace pass for a system's.
 */
export function childEnvironment(source: NodeJS.ProcessEnv, traceparent: string): Record<string, string> {
  const environment: Record<string, string> = { TRACEPARENT: traceparent };
  for (const [name, value] of Object.entries(source)) {
    const upper = name.toUpperCase();
    if (value === undefined || !(passed.has(upper) || upper.startsWith('LC_'))) continue;
    environment[name] = upper === 'PATH' ? safePath(value).join(delimiter) : value;
  }
  // Windows otherwise looks in the current folder first.
  if (process.platform === 'win32') environment['NoDefaultCurrentDirectoryInExePath'] = '1';
  return environment;
}

/** The absolute path of a program on the PATH, never one in the workspace; null if there is none. */
export function findProgram(name: string, source: NodeJS.ProcessEnv, workspace: string): string | null {
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  for (const folder of safePath(source['PATH'] ?? source['Path'] ?? '')) {
    const path = join(folder, file);
    if (!isInside(workspace, path) && isExecutable(path)) return path;
  }
  return null;
}

function safePath(value: string): string[] {
  return value.split(delimiter).filter((entry) => isAbsolute(entry));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
