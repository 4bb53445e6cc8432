import { execFile } from 'node:child_process';
import Module, { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { extensionFolder, sampleWorkspace } from '../vscode/support/paths.ts';
import { startSession } from '../vscode/support/session.ts';
import { eventually, Workbench } from '../vscode/support/workbench.ts';
import { median, type Row } from './rows.ts';

const bundle = join(extensionFolder, 'dist', 'extension.cjs');
const runs = 9;

/** Loading the bundle and activating it in a fresh process each time, the editor's API being a stand-in without work. */
export async function benchActivation(): Promise<readonly Row[]> {
  const times: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const { stdout } = await promisify(execFile)(process.execPath, [import.meta.filename, 'measure']);
    times.push(Number(stdout));
  }
  const note = `${runs} fresh processes, slowest ${Math.max(...times).toFixed(1)} ms; the aim is below 100 ms`;
  return [{ what: 'activation: load and activate, runtime not started', value: median(times), unit: 'ms', note }];
}

/** What a real VS Code says of it under “Running Extensions”. */
export async function benchActivationInEditor(): Promise<readonly Row[]> {
  const session = await startSession({ driver: true });
  try {
    const folder = await sampleWorkspace(session.home);
    const window = await Workbench.open(session.browser, session.server, { folder, development: extensionFolder });
    await window.command('Developer: Show Running Extensions');
    const row = window.page.locator('.runtime-extensions-editor .monaco-list-row', { hasText: 'HAiOS' });
    const text = await eventually(
      'the activation time',
      () => row.innerText(),
      (shown) => /\d+ ?ms/.test(shown),
    );
    const note = 'as the editor shows it';
    return [{ what: 'activation: in VS Code', value: Number(/(\d+) ?ms/.exec(text)?.[1]), unit: 'ms', note }];
  } finally {
    await session.end();
  }
}

function measure(): number {
  const loader = Module as unknown as { _load: (request: string, ...rest: unknown[]) => unknown };
  const load = loader._load;
  loader._load = (request, ...rest) => (request === 'vscode' ? editor : load(request, ...rest));
  const start = performance.now();
  const extension = createRequire(import.meta.url)(bundle) as { activate: (context: unknown) => void };
  extension.activate({ ...context, subscriptions: [] });
  return performance.now() - start;
}

const context = {
  extensionPath: extensionFolder,
  extensionUri: { path: extensionFolder },
  extension: { id: 'haios.haios' },
  secrets: standIn(),
  globalState: standIn(),
  workspaceState: standIn(),
};

/** What `activate` takes from the editor's API. */
const editor = Object.fromEntries(
  [
    'commands',
    'lm',
    'workspace',
    'window',
    'EventEmitter',
    'Disposable',
    'MarkdownString',
    'StatusBarAlignment',
    'Uri',
  ].map((name) => [name, standIn()]),
);

/** Can be called, constructed and asked for any member, and is always the same. */
function standIn(): object {
  const value: object = new Proxy(function () {}, {
    get: (_target, name) => (name === Symbol.toPrimitive ? () => '' : name === 'then' ? undefined : value),
    apply: () => value,
    construct: () => value,
  });
  return value;
}

if (process.argv[2] === 'measure') process.stdout.write(String(measure()));
