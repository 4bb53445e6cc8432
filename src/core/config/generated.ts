import * as z from 'zod';
import { settingKeys, settingOf, vscodeName, type Setting } from '../../catalogue/settings.ts';
import { configSchema } from './schema.ts';

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
    const { description: _, default: __, anyOf, ...rules } = schemaAt(root, key.split('.'));
    properties[vscodeName(key)] = {
      ...(anyOf === undefined ? rules : nullable(row)),
      default: row.default,
      markdownDescription: row.unit === null ? row.description : `${row.description} (${row.unit})`,
      scope: row.vscode,
      order,
    };
  });
  return { title: 'HAiOS', properties };
}

/** VS Code draws a control for `[type, null]`, and none for `anyOf`. */
function nullable(row: Setting): Json {
  const bounds = row.min === undefined ? {} : { minimum: row.min, maximum: row.max };
  return { type: [row.type, 'null'], ...bounds, ...(row.pattern === undefined ? {} : { pattern: row.pattern.source }) };
}

function schemaAt(root: Json, path: readonly string[]): Json {
  return path.reduce<Json>((at, part) => member(member(at, 'properties'), part), root);
}

function member(object: Json, name: string): Json {
  const value = object[name];
  if (typeof value !== 'object' || value === null) throw new TypeError(`The JSON schema has no ${name}.`);
  return value as Json;
}
