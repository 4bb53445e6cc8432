import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Browser, Frame, Locator, Page } from 'playwright-core';
import { workbenchUrl } from './browser.ts';
import type { CodeServer } from './code-server.ts';
import { cacheFolder } from './paths.ts';

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

export interface OpenOptions {
  readonly folder: string | null;
  /** The extension's folder, to load it as under development; null when it is installed. */
  readonly development: string | null;
}

/** A window of the editor as a person sees it: everything goes by keyboard, mouse and what is on the screen. */
export class Workbench {
  readonly page: Page;
  readonly status: Locator;
  readonly rows: Locator;
  readonly notifications: Locator;

  private constructor(page: Page) {
    this.page = page;
    this.status = page.locator('.statusbar-item[id="haios.haios.haios.status"]');
    this.rows = page.locator('.pane-body .monaco-list-row[role="treeitem"]');
    this.notifications = page.locator('.notification-list-item');
  }

  static async open(browser: Browser, server: CodeServer, options: OpenOptions): Promise<Workbench> {
    const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
    const page = await context.newPage();
    const { development } = options;
    const payload: [string, string][] =
      development === null ? [] : [['extensionDevelopmentPath', `vscode-remote://${server.authority}${development}`]];
    await page.goto(workbenchUrl(server.url, options.folder, payload));
    const workbench = new Workbench(page);
    await page.locator('.monaco-workbench').waitFor({ timeout: 60_000 });
    await workbench.status.waitFor({ timeout: 60_000 });
    if (options.folder?.endsWith('.code-workspace') === true) await workbench.#untilFoldersOpen();
    return workbench;
  }

  /** In a browser the editor now and then reads no workspace file and shows it without folders until the page is loaded anew. */
  async #untilFoldersOpen(): Promise<void> {
    const folders = this.page.locator('.explorer-folders-view .monaco-list-row');
    await eventually(
      'the folders of the workspace file',
      async () => {
        const shown = await folders
          .first()
          .waitFor({ timeout: 8000 })
          .then(
            () => true,
            () => false,
          );
        if (!shown) {
          await this.page.reload();
          await this.status.waitFor({ timeout: 60_000 });
        }
        return shown;
      },
      (shown) => shown,
    );
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  /** Keeps a picture for people to look at. */
  async screenshot(name: string): Promise<void> {
    await this.page.screenshot({ path: join(cacheFolder, 'screenshots', `${name}.png`) });
  }

  /** Keeps a picture, and says what a log alone cannot show: what was open in the editor. */
  async onFailure(test: Mocha.Test | undefined): Promise<void> {
    if (test?.state !== 'failed') return;
    await this.screenshot(`failed-${test.title.replace(/\W+/g, '-')}`);
    const shown = async (locator: Locator): Promise<string> =>
      JSON.stringify((await locator.allInnerTexts()).map((text) => text.slice(0, 500)));
    console.log(`      question: ${await shown(this.page.locator('.quick-input-widget:visible'))}`);
    console.log(`      notifications: ${await shown(this.notifications)}`);
    console.log(`      status: ${await shown(this.status)}, rows: ${await shown(this.rows)}`);
  }

  /** Runs a command from the palette, by the name that is shown there. */
  async command(name: string): Promise<void> {
    const palette = this.quickInput();
    const typed = `>${name}`;
    // By its beginning: what a command asks next may name that command further on.
    const row = this.page.locator(`.quick-input-list .monaco-list-row[aria-label^=${JSON.stringify(name)}]`).first();
    // What else takes the focus just then closes the palette, and a key of an earlier try may open it anew: opened, typed
    // into, found and taken is one step, which is tried again as a person would.
    await eventually(
      `“${name}” in the palette`,
      async () => {
        await this.page.keyboard.press('F1');
        try {
          await palette.fill(typed, { timeout: 3000 });
          await row.click({ timeout: 3000 });
        } catch {
          return 'not taken';
        }
        const until = performance.now() + 3000;
        while ((await palette.isVisible()) && (await palette.inputValue({ timeout: 1000 }).catch(() => '')) === typed) {
          if (performance.now() > until) return 'still open';
          await this.page.waitForTimeout(20);
        }
        return 'taken';
      },
      (state) => state === 'taken',
    );
  }

  /** Under development the editor shows no toasts: there the list of notifications is opened. */
  async showNotifications(): Promise<void> {
    await this.command('Notifications: Show Notifications');
  }

  /** A notification, once it is on the screen; its list is opened, and again if it was opened too early. */
  async notification(text: string): Promise<Locator> {
    const found = this.notifications.filter({ hasText: text });
    await eventually(
      `the notification “${text}”`,
      async () => {
        if ((await found.count()) === 0) await this.showNotifications();
        return found.waitFor({ timeout: 2000 }).then(
          () => 'shown',
          () => 'not shown',
        );
      },
      (state) => state === 'shown',
    );
    return found;
  }

  /** Picks a colour theme by its name, as a person does. */
  async theme(name: string, kind: 'vs-dark' | 'vs' | 'hc-black' | 'hc-light'): Promise<void> {
    // Out of the panel first: keys that are typed into a page that is being drawn are lost.
    await this.page.locator('.part.sidebar .composite.title .title-label').click();
    await this.command('Preferences: Color Theme');
    await this.quickInput().fill(name);
    await this.page.locator('.quick-input-list .monaco-list-row.focused', { hasText: name }).waitFor();
    await this.page.keyboard.press('Enter');
    await this.page.locator(`.monaco-workbench.${kind}`).waitFor();
  }

  quickInput(): Locator {
    return this.page
      .locator('.quick-input-widget input[type="text"], .quick-input-widget input[type="password"]')
      .first();
  }

  /** Answers the question that has this step of the title, e.g. `(1/3)`. */
  async answer(step: string, text: string | null): Promise<void> {
    await this.page.locator('.quick-input-widget', { hasText: step }).waitFor();
    if (text !== null) await this.quickInput().fill(text);
    await this.quickInput().press('Enter');
  }

  async statusText(): Promise<string> {
    return (await this.status.innerText()).replace(/\s+/g, ' ').trim();
  }

  async rowTexts(): Promise<string[]> {
    return (await this.rows.allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim());
  }

  /** The document inside the panel's two nested frames. */
  async panel(): Promise<Frame> {
    const outer = await this.page.waitForSelector('iframe.webview.ready', { state: 'attached' });
    const outerFrame = await outer.contentFrame();
    const inner = await outerFrame?.waitForSelector('#active-frame', { state: 'attached' });
    const frame = await inner?.contentFrame();
    if (!frame) throw new Error('The panel has no document.');
    await frame.waitForSelector('main > *', { state: 'attached' });
    return frame;
  }
}

/** Violations that axe finds in a document and calls serious or worse: rule, and where. */
export async function seriousViolations(frame: Frame): Promise<string[]> {
  await frame.evaluate(readFileSync(axePath, 'utf8'));
  const results = await frame.evaluate<AxeResults>('axe.run(document, { resultTypes: ["violations"] })');
  return results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, help, nodes }) =>
      nodes.map((node) => `${id} (${help}): ${node.target.join(' ')} ${node.html.slice(0, 200)}`),
    );
}

/** Looks again until it is so; fails with what was last seen. */
export async function eventually<T>(what: string, look: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  const until = performance.now() + 30_000;
  let value = await look();
  while (!holds(value)) {
    if (performance.now() > until) throw new Error(`${what}: last seen ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    value = await look();
  }
  return value;
}
