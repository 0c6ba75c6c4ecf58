import { Input, type Codec, type FieldShape, type Fields, type Shape } from './codec.js';
import { littleEndian } from './scalars.js';

/** A field at some offset of an encoded message: how it is called here and in the kernel. */
interface Place {
  readonly path: readonly string[];
  readonly kernel: string;
}

const typeMask = 0x3fff;

/**
 * The name of the attribute at an offset of an encoded message (without its nlmsghdr), such as the kernel's extended acknowledgement
 * tells: 'data.id (IFLA_VLAN_ID)'. Undefined where nothing is at the offset that the schema knows: a name is never guessed.
 */
export function locate(codec: Codec<unknown, never>, bytes: Uint8Array, offset: number): string | undefined {
  const place = find(codec.shape, { bytes, start: 0, end: bytes.length, offset, around: {}, path: [] });
  return place === undefined ? undefined : `${place.path.join('.')} (${place.kernel})`;
}

/**
 * The name of an attribute that is missing, by the offset of the nest that misses it (undefined: the message itself) and its type
 * (NLMSGERR_ATTR_MISS_NEST and _TYPE, Linux 6.1).
 */
export function locateMissing(codec: Codec<unknown, never>, bytes: Uint8Array, nest: number | undefined, type: number): string | undefined {
  if (nest === undefined) {
    const { shape } = codec;
    return shape.is === 'object' || shape.is === 'attributes' ? named(shape.fields, type, []) : undefined;
  }
  const found = find(codec.shape, { bytes, start: 0, end: bytes.length, offset: nest, around: {}, path: [], wantContent: true });
  if (found === undefined) return undefined;
  const content = found.content;
  if (content === undefined) return undefined;
  const fields = content.is === 'attributes' || content.is === 'object' ? content.fields : [];
  return named(fields, type, found.path);
}

function named(fields: readonly FieldShape[], type: number, path: readonly string[]): string | undefined {
  const field = fields.find((one) => one.type === (type & typeMask));
  return field === undefined ? undefined : `${[...path, field.name].join('.')} (${field.kernel})`;
}

interface Search {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly offset: number;
  /** Fields of the object that were seen so far, for choices. */
  readonly around: Fields;
  readonly path: readonly string[];
  /** The attribute that all this is in: the entries of a list go by its name. */
  readonly kernel?: string;
  readonly wantContent?: boolean;
}

type Found = Place & { readonly content?: Shape };

function find(shape: Shape, search: Search): Found | undefined {
  switch (shape.is) {
    case 'object': {
      const headerEnd = search.start + shape.headerSize;
      if (search.offset < headerEnd) return inStruct(shape.header, search);
      return inAttributes(shape.fields, { ...search, start: search.start + ((shape.headerSize + 3) & ~3), around: {} });
    }
    case 'attributes':
      return inAttributes(shape.fields, { ...search, around: {} });
    case 'struct':
      return inStruct(shape.members, search);
    case 'choice': {
      const by = search.around[shape.by];
      const of = typeof by === 'string' ? shape.cases.get(by) : undefined;
      return find((of ?? shape.otherwise).shape, search);
    }
    case 'list':
      return inList(shape, search);
    default:
      return undefined;
  }
}

function inStruct(members: readonly FieldShape[], search: Search): Found | undefined {
  let at = search.start;
  for (const member of members) {
    const size = 'size' in member.codec && typeof member.codec.size === 'number' ? member.codec.size : 0;
    if (search.offset >= at && search.offset < at + size) return { path: [...search.path, member.name], kernel: member.kernel };
    at += size;
  }
  return undefined;
}

interface Header {
  readonly at: number;
  readonly end: number;
  readonly type: number;
}

function* headers(search: Search): Generator<Header> {
  const view = new DataView(search.bytes.buffer, search.bytes.byteOffset, search.bytes.byteLength);
  let at = search.start;
  while (at + 4 <= search.end) {
    const length = view.getUint16(at, littleEndian);
    if (length < 4 || at + length > search.end) return;
    yield { at, end: at + length, type: view.getUint16(at + 2, littleEndian) & typeMask };
    at += (length + 3) & ~3;
  }
}

function inAttributes(fields: readonly FieldShape[], search: Search): Found | undefined {
  const { around } = search;
  for (const field of fields) if (field.codec.shape.is === 'choice' || field.codec.shape.is === 'variant') readTags(fields, search, around);
  for (const header of headers(search)) {
    if (search.offset < header.at || search.offset >= header.end) continue;
    for (const field of fields) {
      const { shape } = field.codec;
      const holder = field.outer === true ? search.path.slice(0, -1) : search.path;
      const own = field.inline ? search.path : [...holder, field.name];
      if (shape.is === 'variant') {
        if (header.type === shape.tagType) return { path: [...own, shape.tag], kernel: shape.tagKernel };
        if (header.type !== shape.type) continue;
        const path = shape.under === undefined ? own : [...own, shape.under];
        const tag = around[`${field.name}.${shape.tag}`];
        const content = typeof tag === 'string' ? shape.cases.get(tag)?.shape : undefined;
        return inside(content, header, { ...search, path }, shape.kernel);
      }
      if (field.type !== header.type) continue;
      return inside(shape, header, { ...search, path: own }, field.kernel);
    }
    return undefined;
  }
  return undefined;
}

/** The attribute itself, when the offset is that of its header, or what is at the offset within it. */
function inside(shape: Shape | undefined, header: Header, search: Search, kernel: string): Found | undefined {
  const here: Found = { path: search.path, kernel };
  if (search.offset < header.at + 4 || shape === undefined) {
    if (search.wantContent !== true || shape === undefined) return here;
    const by = shape.is === 'choice' ? search.around[shape.by] : undefined;
    const content = shape.is === 'choice' ? ((typeof by === 'string' ? shape.cases.get(by) : undefined) ?? shape.otherwise).shape : shape;
    return { ...here, content };
  }
  return find(shape, { ...search, kernel, start: header.at + 4, end: header.end }) ?? here;
}

/** Reads the fields that choices of the same object depend on. */
function readTags(fields: readonly FieldShape[], search: Search, around: Fields): void {
  for (const header of headers(search)) {
    for (const field of fields) {
      const { shape } = field.codec;
      const isTag = shape.is === 'variant' && shape.tagType === header.type;
      const codec = isTag ? shape.tagCodec : field.codec;
      if (!isTag && (field.type !== header.type || (shape.is !== 'text' && shape.is !== 'enumeration'))) continue;
      const name = isTag ? `${field.name}.${shape.tag}` : field.name;
      around[name] = codec.decode(new Input(search.bytes, { position: header.at + 4, end: header.end }));
    }
  }
}

function inList(shape: Shape & { is: 'list' }, search: Search): Found | undefined {
  const { style } = shape;
  if (style.entry === 'packed') {
    const size = 'size' in shape.of && typeof shape.of.size === 'number' ? shape.of.size : 0;
    if (size === 0) return undefined;
    const index = Math.floor((search.offset - search.start) / size);
    const start = search.start + index * size;
    return find(shape.of.shape, { ...search, start, end: start + size, path: indexed(search.path, index) });
  }
  if (style.entry === 'record') {
    const view = new DataView(search.bytes.buffer, search.bytes.byteOffset, search.bytes.byteLength);
    for (let at = search.start, index = 0; at + 2 <= search.end; index++) {
      const length = view.getUint16(at, littleEndian);
      if (length < 2) return undefined;
      if (search.offset < at + length)
        return find(shape.of.shape, { ...search, start: at, end: at + length, path: indexed(search.path, index) });
      at += (length + 3) & ~3;
    }
    return undefined;
  }
  let index = 0;
  for (const header of headers(search)) {
    if (search.offset >= header.at && search.offset < header.end) {
      return inside(shape.of.shape, header, { ...search, path: indexed(search.path, index) }, search.kernel ?? '');
    }
    index += 1;
  }
  return undefined;
}

function indexed(path: readonly string[], index: number): readonly string[] {
  const last = path.at(-1);
  return last === undefined ? [`[${index}]`] : [...path.slice(0, -1), `${last}[${index}]`];
}
