import * as vscode from 'vscode';
import type { ReadOnlyTexts } from './read-only-texts.ts';
import type { RuntimeHost } from './runtime-host.ts';

const timeoutMs = 10_000;

/**
 * Opens the metrics page in a browser. The page answers on this machine only, under its own address: where the editor
 * runs somewhere else than the browser, its text is shown in the editor instead.
 */
export async function openMetrics(host: RuntimeHost, texts: ReadOnlyTexts): Promise<void> {
  await host.connect();
  const url = host.snapshot?.runtime.metricsUrl;
  if (url === undefined || url === null) {
    throw new Error('This window serves no metrics: no port was free, or “haios.telemetry.enabled” is off.');
  }
  const local = vscode.Uri.parse(url, true);
  const external = await vscode.env.asExternalUri(local);
  if (external.authority === local.authority) {
    await vscode.env.openExternal(external);
    return;
  }
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  if (!response.ok) throw new Error(`The metrics page answered with status ${response.status}.`);
  await texts.show('metrics.txt', await response.text());
}
