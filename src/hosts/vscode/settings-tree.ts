type Tree = { [name: string]: unknown };

/** `[['budgets.usd', 2]]` → `{budgets: {usd: 2}}`. Keys come from the catalogue, so no key is the prefix of another. */
export function nest(entries: readonly (readonly [string, unknown])[]): Readonly<Record<string, unknown>> {
  const root: Tree = {};
  for (const [key, value] of entries) {
    const names = key.split('.');
    const last = names.pop() ?? key;
    let at = root;
    for (const name of names) at = (at[name] ??= {}) as Tree;
    at[last] = value;
  }
  return root;
}
