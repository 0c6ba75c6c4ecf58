import type { Fields } from './codec.js';

/* What JSON.stringify() makes of decoded values: what it would refuse or take apart is text, in the form that encoding takes as well. */

function inText(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex') : value;
}

function toJSON(this: Fields | unknown[]): unknown {
  if (Array.isArray(this)) return this.map(inText);
  return Object.fromEntries(Object.entries(this).map(([name, value]) => [name, inText(value)]));
}

/** Lets a value say how JSON has it. Not enumerable: for everything else it stays as it is. */
export function tellsJson<T extends object>(value: T): T {
  return Object.defineProperty(value, 'toJSON', { value: toJSON, enumerable: false, writable: true, configurable: true });
}

/** The same of all in it that hold bigint or bytes. */
export function allTellJson(value: object): void {
  let holds = false;
  for (const one of Object.values(value) as unknown[]) {
    if (typeof one === 'bigint' || ArrayBuffer.isView(one)) holds = true;
    else if (typeof one === 'object' && one !== null) allTellJson(one);
  }
  if (holds) tellsJson(value);
}

/** The bytes that hexadecimal text stands for; undefined for what is no such text. */
export function bytesOfHex(text: unknown): Uint8Array | undefined {
  return typeof text === 'string' && /^(?:[\da-f]{2})*$/i.test(text) ? Uint8Array.from(Buffer.from(text, 'hex')) : undefined;
}
