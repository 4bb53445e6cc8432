import * as z from 'zod';
import { settingKeys, settingOf, vscodeName } from '../../catalogue/settings.ts';
import { allowed, configSchema } from './schema.ts';

type Json = Record<string, unknown>;

/** The JSON schema of `haios.config.json` (`media/haios.config.schema.json`). */
export function configJsonSchema(): Json {
  const schema: Json = z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' });
  return { ...schema, title: 'haios.config.json', allowComments: true, allowTrailingCommas: true };
}

/** `contributes.configuration` of package.json. */
export function vscodeSettings(): { title: string; properties: Record<string, Json> } {
  const root = configJsonSchema();
  const properties: Record<string, Json> = {};
  settingKeys.forEach((key, order) => {
    const row = settingOf(key);
    if (row.vscode === null) return;
    const { description: _, default: standard, ...rules } = schemaAt(root, key.split('.'));
    properties[vscodeName(key)] = {
      ...rules,
      default: standard,
      markdownDescription: `${row.description} (${allowed(key)})`,
      scope: row.vscode,
      order,
    };
  });
  return { title: 'HAiOS', properties };
}

function schemaAt(root: Json, path: readonly string[]): Json {
  return path.reduce<Json>((at, part) => member(member(at, 'properties'), part), root);
}

function member(object: Json, name: string): Json {
  const value = object[name];
  if (typeof value !== 'object' || value === null) throw new TypeError(`The JSON schema has no ${name}.`);
  return value as Json;
}
