#!/usr/bin/env node
/**
 * Stands in for the VS Code program: takes the arguments that `runTests` gives, starts the test host and a browser,
 * runs the suite in the extension host and exits with its result.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format } from 'node:util';
import { launchBrowser, workbenchUrl } from './support/browser.ts';
import { startCodeServer } from './support/code-server.ts';
import { suiteMark } from './support/marks.ts';

const limitMs = 180_000;

const options = new Map<string, string>();
let folder: string | null = null;
for (const argument of process.argv.slice(2)) {
  const [, name, value] = /^--([^=]+)=(.*)$/s.exec(argument) ?? [];
  if (name !== undefined && value !== undefined) options.set(name, value);
  else if (!argument.startsWith('-')) folder ??= argument;
}

const home = await mkdtemp(join(tmpdir(), 'haios-suite-'));
const server = await startCodeServer({ home, driver: true });
const browser = await launchBrowser();
try {
  process.exitCode = await runSuite();
} finally {
  await browser.close();
  await server.stop();
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
}

async function runSuite(): Promise<number> {
  const page = await browser.newPage();
  let end: (code: number) => void = () => undefined;
  const ended = new Promise<number>((resolve) => (end = resolve));
  await page.exposeFunction('codeAutomationExit', (code: number) => end(code));
  await page.exposeFunction('codeAutomationLog', (_type: string, args: unknown[]) => {
    const line = format(...args);
    if (line.startsWith(suiteMark)) console.log(line.slice(suiteMark.length));
  });
  const timer = setTimeout(() => {
    console.error(`The suite did not end within ${limitMs / 1000} s.\n${server.output().slice(-4000)}`);
    end(1);
  }, limitMs);
  const remote = (name: string): [string, string] => [
    name,
    `vscode-remote://${server.authority}${options.get(name) ?? ''}`,
  ];
  await page.goto(workbenchUrl(server.url, folder, [remote('extensionDevelopmentPath'), remote('extensionTestsPath')]));
  const code = await ended;
  clearTimeout(timer);
  return code;
}
