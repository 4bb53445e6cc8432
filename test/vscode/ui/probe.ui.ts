import type { Browser } from 'playwright-core';
import { rm } from 'node:fs/promises';
import { launchBrowser } from '../support/browser.ts';
import { startCodeServer, type CodeServer } from '../support/code-server.ts';
import { extensionFolder, sampleWorkspace, temporaryFolder } from '../support/paths.ts';
import { Workbench, seriousViolations } from '../support/workbench.ts';
describe('probe', () => {
  let home: string, server: CodeServer, browser: Browser;
  before(async function () { this.timeout(90000); home = await temporaryFolder('probe'); server = await startCodeServer({ home }); browser = await launchBrowser(); });
  after(async () => { await browser.close(); await server.stop(); await rm(home, { recursive: true, force: true }); });
  it('x', async () => {
    const w = await Workbench.open(browser, server, { folder: await sampleWorkspace(home), development: extensionFolder });
    console.log('status', await w.statusText(), await w.status.evaluate((e: Element) => e.outerHTML));
    await w.command('HAiOS: Run Agent Task…');
    await w.answer('(1/3)', 'inventory');
    await w.answer('(2/3)', null);
    await w.answer('(3/3)', '$1');
    await w.rows.first().waitFor();
    await w.page.waitForTimeout(600);
    console.log(await w.statusText(), await w.rowTexts());
    await w.command('HAiOS: Open Panel');
    const f = await w.panel();
    await w.page.waitForTimeout(2500);
    console.log(await w.statusText(), await w.rowTexts());
    console.log((await f.evaluate('document.body.innerText') as string).slice(0, 1500));
    await w.page.screenshot({ path: '/tmp/probe.png' });
    console.log(await seriousViolations(f));
  });
});
