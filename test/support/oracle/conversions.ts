import type { Conversion } from './table.js';

/* What iproute2 makes of values when it prints them. Each gives undefined for what is not printed. */

/** Only where it holds: `"vepa": true`, or nothing. */
export const ifTrue: Conversion = (value) => (value === true ? true : undefined);

/** A switch as a number. */
export const zeroOrOne: Conversion = (value) => (value === undefined ? undefined : Number(value));

/** A number that is not printed where it is 0. */
export const unlessZero: Conversion = (value) => (value === 0 ? undefined : value);

/** '0x1f', and '0' for 0. */
export const hex: Conversion = (value) => (typeof value === 'number' ? (value === 0 ? '0' : `0x${value.toString(16)}`) : undefined);

/** As hex, and not where it is 0. */
export const hexUnlessZero: Conversion = (value) => (typeof value === 'number' && value !== 0 ? `0x${value.toString(16)}` : undefined);

/** Hundredths of a second as seconds. */
export const seconds: Conversion = (value) => (typeof value === 'number' ? value / 100 : undefined);

/** Hundredths of a second as whole seconds. */
export const wholeSeconds: Conversion = (value) => (typeof value === 'number' ? Math.floor(value / 100) : undefined);

/** A number of four bytes, as an IPv4 address is written. */
export function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
}

/** The name of the link with this index; nothing for 0. */
export const linkName: Conversion = (value, { linkOf }) => (value === 0 || value === undefined ? undefined : linkOf(value)?.['name']);

/** Names that iproute2 has others for; numbers without a name are printed as text. */
export function renamed(names: Readonly<Record<string, unknown>>): Conversion {
  return (value) => {
    if (typeof value === 'number') return String(value);
    return typeof value === 'string' && Object.hasOwn(names, value) ? names[value] : value;
  };
}

/** Names of values as their numbers. */
export function numbered(names: Readonly<Record<string, number>>): Conversion {
  return (value) => (typeof value === 'string' ? names[value] : value);
}

/** Whether a list has an element. */
export function has(element: string): Conversion {
  return (value) => (Array.isArray(value) && value.includes(element) ? true : undefined);
}

/** The same, printed as null: `"proxy": null`. */
export function hasAsNull(element: string): Conversion {
  return (value) => (Array.isArray(value) && value.includes(element) ? null : undefined);
}

/** An address without the length of its prefix, where that is the whole address. */
export const withoutFullLength: Conversion = (value) =>
  typeof value === 'string' ? value.replace(value.includes(':') ? /\/128$/ : /\/32$/, '') : undefined;

/** Numbers as strings: iproute2 prints what may have a name so. */
export const asText: Conversion = (value) => (value === undefined ? undefined : String(value as string | number));
