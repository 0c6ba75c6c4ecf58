import { allTellJson } from './json.js';
import type { Attributes } from './attributes.js';
import type { Codec, Fields, Input } from './codec.js';
import type { Layout } from './struct.js';

/**
 * Which messages of a kind are worth comparing with the one before: those of a long list are mostly alike but for a field or two, and to
 * copy an object costs a third of what it costs to make it.
 */
export interface AlikeParts {
  /** A copy, one level deep. Of each kind its own function: V8 learns what it copies. */
  readonly copy: (value: Fields) => Fields;
  /**
   * The fields that may differ: those of attributes whose value comes from their own bytes alone, and which no other field comes from. With
   * the hidden member of the header, one byte, that it comes from as well.
   */
  readonly fields: Readonly<Record<string, string | undefined>>;
}

/** A field that may differ. */
interface Spot {
  readonly name: string;
  readonly codec: Codec<unknown, never>;
  /** Where its bytes are, from the start of the message. */
  readonly offset: number;
  readonly length: number;
  /** The bytes of the latest one, in words. */
  readonly words: Int32Array;
  /** The byte of the header that it depends on; -1: none. */
  readonly member: number;
  readonly memberName: string;
  readonly memberValue: number;
  /** An object of its own for each value. */
  readonly isObject: boolean;
}

/** Longest message that is kept. */
const longest = 512;
/** Lengths that are kept at the same time. */
const kept = 4;
/** The most messages that are left out between two that are kept in vain. */
const mostLeftOut = 63;

/** A message, and the object that it is. */
class Template {
  readonly length: number;
  readonly bigint: boolean;
  readonly family: number;
  readonly header: Fields;
  readonly value: Fields;
  /** Offsets of the words that must be the same. */
  readonly #fixed: readonly number[];
  readonly #words: Int32Array;
  readonly #masks: Int32Array;
  readonly #spots: readonly Spot[];
  readonly #lists: readonly string[];
  readonly #copy: (value: Fields) => Fields;
  /** Whether a message was like it. */
  used = false;

  constructor(
    input: Input,
    start: number,
    parts: {
      readonly length: number;
      readonly family: number;
      readonly header: Fields;
      readonly value: Fields;
      readonly fixed: readonly number[];
      readonly spots: readonly Spot[];
      readonly lists: readonly string[];
      readonly copy: (value: Fields) => Fields;
    },
  ) {
    this.length = parts.length;
    this.bigint = input.bigint;
    this.family = parts.family;
    this.header = parts.header;
    this.value = parts.value;
    this.#fixed = parts.fixed;
    this.#spots = parts.spots;
    this.#lists = parts.lists;
    this.#copy = parts.copy;
    const masks = new Uint8Array(parts.fixed.length * 4).fill(0xff);
    for (const { member } of parts.spots) if (member !== -1) masks[member] = 0;
    this.#masks = Int32Array.from(parts.fixed, (_, index) => new DataView(masks.buffer).getInt32(index * 4, true));
    this.#words = Int32Array.from(parts.fixed, (offset, index) => input.view.getInt32(start + offset, true) & (this.#masks[index] ?? 0));
  }

  /** The object of a message that is like this one; undefined where it is not, and the input as it was. */
  read(input: Input): Fields | undefined {
    const { view, position: start, end } = input;
    const fixed = this.#fixed;
    const words = this.#words;
    const masks = this.#masks;
    for (let index = 0; index < fixed.length; index++) {
      if ((view.getInt32(start + (fixed[index] ?? 0), true) & (masks[index] ?? 0)) !== words[index]) return undefined;
    }
    const value = this.#copy(this.value);
    for (const name of this.#lists) {
      const list = this.value[name] as readonly unknown[];
      value[name] = list.length === 0 ? [] : list.slice();
    }
    const { header: outerHeader, family: outerFamily, target: outerTarget } = input;
    input.header = this.header;
    input.family = this.family;
    input.target = value;
    let whole = true;
    try {
      for (const spot of this.#spots) {
        if (!spot.isObject && this.#isSame(spot, input, start)) continue;
        if (spot.member !== -1) this.header[spot.memberName] = input.bytes[start + spot.member] ?? 0;
        input.position = start + spot.offset;
        input.end = input.position + spot.length;
        value[spot.name] = spot.codec.decode(input);
      }
    } catch {
      // Whoever decodes it from its start says what is wrong, and where.
      whole = false;
    }
    input.header = outerHeader;
    input.family = outerFamily;
    input.target = outerTarget;
    input.end = end;
    input.position = whole ? end : start;
    if (!whole) return undefined;
    if (input.needsJson) allTellJson(value);
    return value;
  }

  #isSame(spot: Spot, { view, bytes }: Input, start: number): boolean {
    const { words } = spot;
    const from = start + spot.offset;
    for (let index = 0; index < words.length; index++) if (view.getInt32(from + index * 4, true) !== words[index]) return false;
    return spot.member === -1 || bytes[start + spot.member] === spot.memberValue;
  }
}

/** The latest messages of a kind, for those that are like them. */
export class Alike {
  readonly #parts: AlikeParts;
  readonly #layout: Layout;
  readonly #headerSize: number;
  readonly #attributes: Attributes;
  readonly #templates: (Template | undefined)[] = Array.from({ length: kept });
  /** Messages that were not kept since the latest that was. */
  #leftOut = 0;
  /** Messages to leave out: where they are not alike, to keep them is in vain. */
  #patience = 0;

  constructor(parts: AlikeParts, layout: Layout, attributes: Attributes) {
    this.#parts = parts;
    this.#layout = layout;
    this.#headerSize = (layout.size + 3) & ~3;
    this.#attributes = attributes;
  }

  /** The object of the message from the position to the end, where it is like one of the latest. */
  read(input: Input): Fields | undefined {
    const length = input.end - input.position;
    const template = this.#templates[(length >> 2) % kept];
    if (template === undefined || template.length !== length || template.bigint !== input.bigint) return undefined;
    const value = template.read(input);
    if (value !== undefined) template.used = true;
    return value;
  }

  /** Keeps a message that was decoded. `header` is copied. */
  keep(input: Input, start: number, { value, header, family }: { value: Fields; header: Fields; family: number }): void {
    const length = input.end - start;
    if (length > longest || length < this.#headerSize || (length & 3) !== 0 || input.needsJson) return;
    const place = (length >> 2) % kept;
    const pays = this.#templates[place]?.used === true;
    if (!pays && this.#leftOut++ < this.#patience) return;
    this.#leftOut = 0;
    this.#patience = pays ? 0 : Math.min(2 * this.#patience + 1, mostLeftOut);
    this.#templates[place] = this.#templateOf(input, start, { length, value, header, family });
  }

  #templateOf(
    input: Input,
    start: number,
    { length, value, header, family }: { length: number; value: Fields; header: Fields; family: number },
  ): Template | undefined {
    const { copy, fields } = this.#parts;
    const lists: string[] = [];
    for (const name of Object.keys(value)) {
      const content = value[name];
      if (typeof content !== 'object' || Object.hasOwn(fields, name)) continue;
      if (!Array.isArray(content) || content.some((one) => typeof one === 'object')) return undefined;
      lists.push(name);
    }
    const fixed: number[] = [];
    const spots: Spot[] = [];
    const seen = new Set<string>();
    for (let offset = 0; offset < this.#headerSize; offset += 4) fixed.push(offset);
    for (let offset = this.#headerSize; offset < length;) {
      const { name, codec, size } = this.#attributes.plainAt(input, start + offset);
      const next = offset + ((size + 3) & ~3);
      fixed.push(offset);
      if (codec === undefined || !Object.hasOwn(fields, name)) {
        for (offset += 4; offset < next; offset += 4) fixed.push(offset);
        continue;
      }
      // The latter of two counts.
      if (seen.has(name)) return undefined;
      seen.add(name);
      const memberName = fields[name];
      const member = memberName === undefined ? -1 : this.#layout.offsetOf(memberName);
      spots.push({
        name,
        codec,
        offset: offset + 4,
        length: size - 4,
        words: Int32Array.from({ length: (next - offset - 4) / 4 }, (_, index) =>
          input.view.getInt32(start + offset + 4 + index * 4, true),
        ),
        member,
        memberName: memberName ?? '',
        memberValue: member === -1 ? 0 : (input.bytes[start + member] ?? 0),
        isObject: typeof value[name] === 'object',
      });
      offset = next;
    }
    const own = copy(value);
    // What was decoded is its owner's, who may change it.
    for (const name of lists) own[name] = (own[name] as readonly unknown[]).slice();
    return new Template(input, start, { length, family, header: { ...header }, value: own, fixed, spots, lists, copy });
  }
}
