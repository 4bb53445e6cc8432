import { rm } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { launchBrowser } from './browser.ts';
import { startCodeServer, type CodeServer, type CodeServerOptions } from './code-server.ts';
import { temporaryFolder } from './paths.ts';

/** What one group of tests shares: an editor's server, a browser, a folder of their own. */
export interface Session {
  readonly home: string;
  readonly server: CodeServer;
  readonly browser: Browser;
  end(): Promise<void>;
}

export async function startSession(
  options: Omit<CodeServerOptions, 'home'> = {},
  prepare: (home: string) => Promise<void> = async () => undefined,
): Promise<Session> {
  const home = await temporaryFolder('vscode');
  try {
    await prepare(home);
    const server = await startCodeServer({ ...options, home });
    const browser = await launchBrowser();
    return {
      home,
      server,
      browser,
      end: async () => {
        await browser.close();
        await server.stop();
        await rm(home, { recursive: true, force: true, maxRetries: 10 });
      },
    };
  } catch (error) {
    await rm(home, { recursive: true, force: true, maxRetries: 10 });
    throw error;
  }
}
