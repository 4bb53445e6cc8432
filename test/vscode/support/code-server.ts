import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('../host/node_modules/code-server/out/node/entry.js', import.meta.url));

export interface CodeServerOptions {
  /** A folder of this server's own: user data, extensions, HAiOS data. */
  readonly home: string;
  /** Ask whether a workspace is trusted, as a fresh VS Code does. */
  readonly askTrust?: boolean;
  /** Take an extension under development, and tests, from the address. The editor then shows no toasts and no dialogs. */
  readonly driver?: boolean;
  /** An extension that may use parts of the editor's API that are not released. */
  readonly proposals?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Settings of machine scope: the editor reads them from a file of their own. */
  readonly machineSettings?: Readonly<Record<string, unknown>>;
  readonly userDataDir?: string;
  readonly extensionsDir?: string;
}

export interface CodeServer {
  readonly url: string;
  readonly authority: string;
  /** Everything it wrote to its standard output and error. */
  readonly output: () => string;
  stop(): Promise<void>;
}

const quietSettings = {
  'remote.autoForwardPorts': false,
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'files.simpleDialog.enable': true,
  'security.workspace.trust.startupPrompt': 'never',
  'window.commandCenter': false,
};

/** Starts a real VS Code as a server. Throws with its output when it does not answer within a minute. */
export async function startCodeServer(options: CodeServerOptions): Promise<CodeServer> {
  const { userDataDir, args } = commonArguments(options);
  const userSettings = { ...quietSettings, ...options.settings };
  const machineSettings = { 'haios.port': 0, ...options.machineSettings };
  for (const [place, settings] of Object.entries({ User: userSettings, Machine: machineSettings })) {
    await mkdir(join(userDataDir, place), { recursive: true });
    await writeFile(join(userDataDir, place, 'settings.json'), JSON.stringify(settings));
  }
  const port = await freePort();
  const authority = `127.0.0.1:${port}`;
  const child = launch(options, [
    ...args,
    ...['--auth', 'none', '--bind-addr', authority, '--disable-telemetry', '--disable-update-check'],
    '--disable-getting-started-override',
    ...(options.driver === true ? ['--vscode-option', 'enable-smoke-test-driver'] : []),
    ...(options.proposals === undefined ? [] : ['--vscode-option', `enable-proposed-api=${options.proposals}`]),
    ...(options.askTrust === true ? [] : ['--disable-workspace-trust']),
  ]);
  const url = `http://${authority}`;
  try {
    await answers(`${url}/healthz`, child);
  } catch (error) {
    await child.stop();
    throw error;
  }
  return { url, authority, output: child.output, stop: child.stop };
}

/** Installs a packaged extension, as a user would. */
export async function installExtension(options: CodeServerOptions, vsix: string): Promise<void> {
  const child = launch(options, [...commonArguments(options).args, '--install-extension', vsix]);
  const code = await child.exited;
  if (code !== 0 || !/successfully installed/.test(child.output())) {
    throw new Error(`Installing ${vsix} ended with ${String(code)}:\n${child.output()}`);
  }
}

interface Child {
  readonly exited: Promise<number | null>;
  readonly output: () => string;
  readonly alive: () => boolean;
  readonly stop: () => Promise<void>;
}

function commonArguments(options: CodeServerOptions): { userDataDir: string; args: string[] } {
  const userDataDir = options.userDataDir ?? join(options.home, 'user-data');
  const extensionsDir = options.extensionsDir ?? join(options.home, 'extensions');
  return { userDataDir, args: ['--user-data-dir', userDataDir, '--extensions-dir', extensionsDir] };
}

function launch(options: CodeServerOptions, args: readonly string[]): Child {
  if (!existsSync(entry)) {
    throw new Error(
      'The test host is not installed: run `npm install --prefix test/vscode/host` with Node 24, or `npm test`.',
    );
  }
  const child: ChildProcess = spawn(process.execPath, [entry, ...args], {
    env: { ...cleanEnvironment(), HAIOS_DATA_DIR: join(options.home, 'haios') },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  const collect = (text: string): void => void (output = (output + text).slice(-200_000));
  child.stdout?.setEncoding('utf8').on('data', collect);
  child.stderr?.setEncoding('utf8').on('data', collect);
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => resolve(code));
    child.once('error', () => resolve(null));
  });
  const signal = (name: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, name);
    } catch {
      // The whole group is gone already.
    }
  };
  return {
    exited,
    output: () => output,
    alive: () => child.exitCode === null && child.signalCode === null,
    stop: async () => {
      signal('SIGTERM');
      await Promise.race([exited, sleep(8000, undefined, { ref: false })]);
      signal('SIGKILL');
    },
  };
}

/** Variables of an editor that we ourselves may run in would lead the server astray. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(VSCODE_|ELECTRON_|npm_|HAIOS_|PASSWORD$|HASHED_PASSWORD$)/.test(name),
    ),
  );
}

async function answers(url: string, child: Child): Promise<void> {
  const until = performance.now() + 60_000;
  while (performance.now() < until) {
    if (!child.alive()) break;
    const response = await fetch(url).catch(() => null);
    if (response?.ok === true) return;
    await sleep(200);
  }
  throw new Error(`The test host did not start:\n${child.output()}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
