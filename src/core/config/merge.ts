import { settingKeys, settingOf, type SettingKey } from '../../catalogue/settings.ts';

type Tree = Readonly<Record<string, unknown>>;

/** One value per key, nested: the file's, the settings' or the default, as the key's row in the catalogue says. */
export function combine(file: Tree, settings: Tree): Record<string, unknown> {
  const whole: Record<string, unknown> = {};
  for (const key of settingKeys) {
    const path = key.split('.');
    const last = path.pop() ?? key;
    let at = whole;
    for (const part of path) at = (at[part] ??= {}) as Record<string, unknown>;
    at[last] = combined(key, valueOf(file, key), valueOf(settings, key));
  }
  return whole;
}

/** The value of a dotted key; undefined where it is not set. */
export function valueOf(tree: Tree, key: string): unknown {
  return key.split('.').reduce<unknown>((at, part) => (isTree(at) ? at[part] : undefined), tree);
}

function combined(key: SettingKey, file: unknown, settings: unknown): unknown {
  const row = settingOf(key);
  if (row.combine === 'join') return joined(key, file, settings);
  const fileValue = file ?? undefined;
  const settingsValue = settings ?? undefined;
  if (fileValue === undefined) return settingsValue ?? row.default;
  if (settingsValue === undefined) return fileValue;
  switch (row.combine) {
    case 'lower':
      return Math.min(Number(fileValue), Number(settingsValue));
    case 'true':
      return fileValue === true || settingsValue === true;
    case 'false':
      return fileValue === true && settingsValue === true;
    case 'file':
      return fileValue;
    case 'settings':
      return settingsValue;
  }
}

function joined(key: SettingKey, file: unknown, settings: unknown): unknown {
  switch (key) {
    case 'models':
      // A person's own entry wins over the workspace's of the same id: a stored key must not follow a foreign address.
      return byName('id', [{ id: 'offline', provider: 'offline' }], file, settings);
    case 'critics':
      return byName('name', [], settings, file);
    case 'budgets.workspace':
    case 'budgets.agents':
    case 'budgets.models':
    case 'budgets.task':
    case 'budgets.call':
    case 'policies.agents':
    case 'quotas.task':
      return lowerOfEach(file, settings);
    case 'policies.labels.allowed':
      return [file, settings].filter((list) => Array.isArray(list) && list.length > 0);
    case 'policies.labels.required':
    case 'policies.labels.denied':
    case 'policies.denied_paths':
    case 'policies.denied_commands':
    case 'policies.blocked_secrets':
      return [...new Set([...asList(file), ...asList(settings)])];
    default:
      return { ...asTree(file), ...asTree(settings) };
  }
}

function byName(name: string, ...lists: readonly unknown[]): unknown[] {
  const entries = new Map<unknown, unknown>();
  for (const list of lists) {
    if (!Array.isArray(list)) continue;
    for (const entry of list as readonly unknown[]) entries.set(asTree(entry)[name], entry);
  }
  return [...entries.values()];
}

/** All members of both, objects member by member; of two numbers the lower. */
function lowerOfEach(a: unknown, b: unknown): Tree {
  const lower: Record<string, unknown> = { ...asTree(a) };
  for (const [name, value] of Object.entries(asTree(b))) {
    const other = Object.hasOwn(lower, name) ? lower[name] : undefined;
    if (isTree(value)) lower[name] = lowerOfEach(other, value);
    // Null is no limit: the other side's holds.
    else lower[name] = (other ?? null) === null ? value : Math.min(Number(other), Number(value ?? Infinity));
  }
  return lower;
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function asTree(value: unknown): Tree {
  return isTree(value) ? value : {};
}
