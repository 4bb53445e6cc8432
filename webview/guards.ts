/** Says whether a value from outside has the shape of `T`. */
export type Guard<T> = (value: unknown) => value is T;

export const isString: Guard<string> = (value): value is string => typeof value === 'string';
export const isNumber: Guard<number> = (value): value is number => typeof value === 'number' && Number.isFinite(value);
export const isBoolean: Guard<boolean> = (value): value is boolean => typeof value === 'boolean';

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function nullable<T>(guard: Guard<T>): Guard<T | null> {
  return (value): value is T | null => value === null || guard(value);
}

export function oneOf<T extends string | number>(values: readonly T[]): Guard<T> {
  return (value): value is T => values.some((known) => known === value);
}

/** Every member of `T` must be listed and present; members beyond them are let be. */
export function shape<T extends object>(members: { readonly [K in keyof T]-?: Guard<T[K]> }): Guard<T> {
  const entries = Object.entries<Guard<unknown>>(members);
  return (value): value is T =>
    isObject(value) && entries.every(([key, guard]) => Object.hasOwn(value, key) && guard(value[key]));
}

export function listOf<T>(guard: Guard<T>): Guard<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.every(guard);
}

/** The items that have the shape; null if it is no list at all. */
export function keep<T>(value: unknown, guard: Guard<T>): readonly T[] | null {
  return Array.isArray(value) ? value.filter(guard) : null;
}
