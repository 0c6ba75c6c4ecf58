const given = Number(process.env['NETLANE_TIME_FACTOR'] ?? '1');
if (!(given >= 1)) throw new Error(`NETLANE_TIME_FACTOR must be a number from 1 on, got ${String(process.env['NETLANE_TIME_FACTOR'])}`);

/** How many times slower than a machine of its own this one is: 20 to 30 in the emulated guest. Limits of tests and hooks are multiplied already. */
export const timeFactor = given;

/** A limit that a test sets while it runs, in milliseconds, stretched as the others are. */
export function limit(milliseconds: number): number {
  return milliseconds * timeFactor;
}
