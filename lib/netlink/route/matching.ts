/** Comparing what was asked for with what is there. */

/** Whether two decoded values are the same: deep, by own enumerable fields; undefined and absent are the same. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  if (ArrayBuffer.isView(a) || ArrayBuffer.isView(b)) {
    return a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  }
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const key of keys) if (!same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key])) return false;
  return true;
}

/** Whether a value has all that a pattern has; objects in it are patterns again, an address without a prefix length matches any. */
export function matches(pattern: Readonly<Record<string, unknown>>, value: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(pattern).every(([key, wanted]) => wanted === undefined || fits(wanted, value[key]));
}

function fits(wanted: unknown, found: unknown): boolean {
  if (typeof wanted === 'object' && wanted !== null && !Array.isArray(wanted) && !ArrayBuffer.isView(wanted)) {
    return (
      typeof found === 'object' &&
      found !== null &&
      matches(wanted as Readonly<Record<string, unknown>>, found as Readonly<Record<string, unknown>>)
    );
  }
  return same(wanted, found);
}
