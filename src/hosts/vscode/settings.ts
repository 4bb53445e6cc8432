import * as vscode from 'vscode';
import { settingKeys, settingOf, vscodeName } from '../../catalogue/settings.ts';
import { nest } from './settings-tree.ts';

/**
 * The settings that the person gave, as haios.config.json would hold them; what is at its default is absent.
 * All of them are of application or machine scope: a workspace cannot set one.
 */
export function readSettings(): Readonly<Record<string, unknown>> {
  const configuration = vscode.workspace.getConfiguration();
  const given: [string, unknown][] = [];
  for (const key of settingKeys) {
    if (settingOf(key).vscode === null) continue;
    const value = configuration.inspect<unknown>(vscodeName(key))?.globalValue;
    if (value !== undefined) given.push([key, value]);
  }
  return nest(given);
}
