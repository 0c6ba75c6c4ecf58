import { BigEndian, nativeEndian, type ByteOrder } from './byte-order.js';
import { NLA_F_NESTED, NLA_F_NET_BYTEORDER, NLA_TYPE_MASK } from './constants.js';
import { walkAttributes } from './rt-attr.js';

/** An attribute as parseAttributes() gives it. */
export class Attribute {
  /** With its flag bits. */
  readonly type: number;
  /** A view of the bytes that were parsed, no copy. */
  readonly value: Uint8Array;

  constructor(type: number, value: Uint8Array) {
    this.type = type;
    this.value = value;
  }

  /** The value as 32 bits, in the byte order that the type says. @throws DecodeError for fewer than 4 bytes. */
  uint32(): number {
    return this.#order().uint32(this.value);
  }

  /** The value as 64 bits, in the byte order that the type says. @throws DecodeError for fewer than 8 bytes. */
  uint64(): bigint {
    return this.#order().uint64(this.value);
  }

  #order(): ByteOrder {
    return (this.type & NLA_F_NET_BYTEORDER) === 0 ? nativeEndian() : BigEndian;
  }
}

/**
 * The attributes of a buffer, one at a time. The last one is given even without a payload (a flag), which the ancestor drops.
 * @throws SystemError EINVAL at a length that cannot be, after the attributes before it; the ancestor logs a line and ends as if all were well.
 */
export function* parseAttributes(data: Uint8Array): Generator<Attribute, void, undefined> {
  for (const { attr, value } of walkAttributes('parseAttributes', data)) yield new Attribute(attr.type, value);
}

function* linesOf(data: Uint8Array, level: number): Generator<string, void, undefined> {
  for (const attribute of parseAttributes(data)) {
    const nested = (attribute.type & NLA_F_NESTED) !== 0;
    const fields = `type=${attribute.type & NLA_TYPE_MASK} nested=${nested} len=${attribute.value.length}`;
    yield `${'> '.repeat(level)}${fields} [${attribute.value.join(' ')}]`;
    if (nested) yield* linesOf(attribute.value, level + 1);
  }
}

/**
 * Prints a line for each attribute, nested ones indented: for debugging.
 * @param print Where the lines go; console.log unless given.
 * @throws SystemError EINVAL at a length that cannot be, after the lines before it.
 */
export function printAttributes(data: Uint8Array, print: (line: string) => void = console.log): void {
  for (const line of linesOf(data, 0)) print(line);
}
