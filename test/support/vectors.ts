import { readdirSync, readFileSync } from 'node:fs';
import { decodeFrom, encodeToBytes, type Codec } from '../../lib/codec/codec.js';
import { Exchange } from '../../lib/netlink/route/exchange.js';
import { RouteClient } from '../../lib/netlink/route.js';
import { address } from '../../lib/schema/route/address.js';
import {
  ack,
  attribute,
  FakeKernel,
  multi,
  openSocket,
  parseMessages,
  reply,
  type FakeHandler,
  type FakeRequest,
  type ParsedMessage,
} from '../../lib/testing.js';
import { root } from './documents.js';
import { messages } from './schemas.js';

/* What iproute2 sends, as .scripts/record-vectors.mjs wrote it down, and how it is compared with what the library sends. */

/** A command line of iproute2, and the messages that it sends, in hex, header included. */
export interface Vector {
  readonly command: string;
  readonly requests: readonly string[];
}

/** What one version of iproute2 sends. */
export interface Recording {
  /** What `ip -V` prints. */
  readonly iproute2: string;
  /** Indexes of the links that the commands name. */
  readonly links: Readonly<Record<string, number>>;
  /** What iproute2 prints as help, line by line, by 'ip link vlan', 'ip route', 'bridge fdb', ... */
  readonly help: Readonly<Record<string, readonly string[]>>;
  readonly files: readonly { readonly name: string; readonly vectors: readonly Vector[] }[];
}

/** The same command as a call of the library. */
export type Calls = Readonly<Record<string, (route: RouteClient) => Promise<unknown>>>;

function recordingIn(folder: string): Recording {
  const path = `${root}test/vectors/${folder}`;
  const read = (name: string): unknown => JSON.parse(readFileSync(`${path}${name}`, 'utf8'));
  const names = readdirSync(path).filter((name) => name.endsWith('.json') && name !== 'setting.json');
  const files = names.sort().map((name) => ({ name: name.replace('.json', ''), vectors: read(name) as Vector[] }));
  return { ...(read('setting.json') as Omit<Recording, 'files'>), files };
}

/** All options of Debian 12's iproute2, and of a newer one what that does not know. */
export const recording = recordingIn('');
export const newer = recordingIn('newer/');

/** A link by its index: iproute2 has looked that up where it speaks of a link that is there. */
export function byIndex(name: string): { readonly index: number } {
  const index = recording.links[name];
  if (index === undefined) throw new Error(`no link was called ${name} when the vectors were recorded`);
  return { index };
}

export function messageOf(hex: string): ParsedMessage {
  const [message, ...others] = parseMessages(Uint8Array.from(Buffer.from(hex, 'hex')));
  if (message === undefined || others.length > 0) throw new Error(`${hex} is not one message`);
  return message;
}

const AF_BRIDGE = 7;

/** What messages of a type are called in schemas.ts, and the size of their fixed header. */
const byType: Readonly<Record<number, readonly [string, number]>> = {
  16: ['link', 16],
  17: ['link', 16],
  19: ['link', 16],
  20: ['address', 8],
  21: ['address', 8],
  24: ['route', 12],
  25: ['route', 12],
  26: ['route', 12],
  28: ['neighbour', 12],
  29: ['neighbour', 12],
  30: ['neighbour', 12],
  32: ['rule', 12],
  33: ['rule', 12],
  67: ['neighbour table', 4],
  72: ['address label', 12],
  73: ['address label', 12],
  84: ['multicast group', 8],
  85: ['multicast group', 8],
  86: ['multicast group', 8],
  88: ['namespace id', 4],
  95: ['statistics request', 12],
  104: ['nexthop', 8],
  105: ['nexthop', 8],
  108: ['link', 16],
  109: ['link', 16],
  112: ['bridge VLAN', 8],
  120: ['VNI filter', 8],
  121: ['VNI filter', 8],
};

function ofType(type: number): readonly [string, number] {
  const found = byType[type];
  if (found === undefined) throw new Error(`messages of type ${type} are not known here`);
  return found;
}

/** The schema of a message. */
export function schemaOf(message: ParsedMessage): Codec<object, never> {
  const [name] = ofType(message.type);
  const bridge: Readonly<Record<string, string>> = { link: 'bridge link', neighbour: 'fdb' };
  const own = message.body[0] === AF_BRIDGE ? (bridge[name] ?? name) : name;
  const found = messages[own];
  if (found === undefined) throw new Error(`there is no schema of ${own}`);
  return found.codec;
}

export function decoded(message: ParsedMessage): object {
  return decodeFrom(schemaOf(message), message.body);
}

/** Paths of what was decoded without being known. */
export function unknownIn(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => (name === 'unknown' ? [`${path}${name}`] : unknownIn(inner, `${path}${name}.`)));
}

interface Attribute {
  readonly type: number;
  /** NLA_F_NESTED and NLA_F_NET_BYTEORDER. */
  readonly flags: number;
  readonly content: Uint8Array;
}

const nothing: Attribute = { type: 0, flags: 0, content: new Uint8Array() };

/** Attributes one after the other that fill the bytes; undefined where they do not. */
function attributesOf(bytes: Uint8Array): Attribute[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: Attribute[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < 4) return undefined;
    const length = view.getUint16(at, true);
    if (length < 4 || length > bytes.length - at) return undefined;
    const type = view.getUint16(at + 2, true);
    found.push({ type: type & 0x3fff, flags: type & 0xc000, content: bytes.subarray(at + 4, at + length) });
    at += (length + 3) & ~3;
  }
  return found;
}

/** The nexthops of a route as attributes: each has a header of eight bytes, the length first (struct rtnexthop). */
function nexthopsOf(bytes: Uint8Array): Attribute[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: Attribute[] = [];
  for (let at = 0, index = 0; at + 8 <= bytes.length; index += 1) {
    const length = view.getUint16(at, true);
    found.push({ type: 2 * index, flags: 0, content: bytes.subarray(at + 2, at + 8) });
    found.push({ type: 2 * index + 1, flags: 0, content: bytes.subarray(at + 8, at + length) });
    at += Math.max(8, (length + 3) & ~3);
  }
  return found;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Differences of lists of attributes: they may stand in any order, those of one type in the same. */
function compareAttributes(theirs: readonly Attribute[], ours: readonly Attribute[], path: string): string[] {
  const types = new Set([...theirs, ...ours].map(({ type }) => type));
  return [...types].flatMap((type) => {
    const [some, others] = [theirs, ours].map((list) => list.filter((one) => one.type === type)) as [Attribute[], Attribute[]];
    const inner = path === '' ? `${type}` : `${path}.${type}`;
    return Array.from({ length: Math.max(some.length, others.length) }, (_, index) => {
      const [one, other] = [some[index], others[index]];
      if (one === undefined) return [`${inner}: only here, ${hex((other ?? nothing).content)}`];
      if (other === undefined) return [`${inner}: only there, ${hex(one.content)}`];
      // Flags that only we set are what newer kernels want, and older ones pass over.
      const flags =
        (one.flags & ~other.flags) === 0 ? [] : [`${inner}: flags ${one.flags.toString(16)} there, ${other.flags.toString(16)} here`];
      return [...flags, ...compareContents(one.content, other.content, inner)];
    }).flat();
  });
}

function compareContents(theirs: Uint8Array, ours: Uint8Array, path: string): string[] {
  if (hex(theirs) === hex(ours)) return [];
  const [left, right] = [attributesOf(theirs), attributesOf(ours)];
  if (left === undefined || right === undefined) return [`${path}: ${hex(theirs)} there, ${hex(ours)} here`];
  return compareAttributes(left, right, path);
}

const RTM_NEWROUTE = 24;
const RTA_MULTIPATH = 9;

/** The attributes of a message; nexthops of a route are taken apart as if they were attributes. */
function attributesOfMessage(message: ParsedMessage): Attribute[] {
  const [, size] = ofType(message.type);
  const found = attributesOf(message.body.subarray(size));
  if (found === undefined) throw new Error(`${hex(message.bytes)} does not end with attributes`);
  if (message.type !== RTM_NEWROUTE) return found;
  return found.flatMap((one) =>
    one.type === RTA_MULTIPATH ? nexthopsOf(one.content).map((inner) => ({ ...inner, type: 1000 + inner.type })) : [one],
  );
}

/** How a request of the library differs from one of iproute2, a line for each difference. */
export function differences(theirs: ParsedMessage, ours: ParsedMessage): string[] {
  const found: string[] = [];
  if (theirs.type !== ours.type) return [`type: ${theirs.type} there, ${ours.type} here`];
  if (theirs.flags !== ours.flags) found.push(`flags: ${theirs.flags.toString(16)} there, ${ours.flags.toString(16)} here`);
  const [, size] = ofType(theirs.type);
  const [left, right] = [hex(theirs.body.subarray(0, size)), hex(ours.body.subarray(0, size))];
  if (left !== right) found.push(`header: ${left} there, ${right} here`);
  return [...found, ...compareAttributes(attributesOfMessage(theirs), attributesOfMessage(ours), '')];
}

const RTM_GETLINK = 18;
const RTM_GETADDR = 22;
const RTM_GETMDB = 86;

/** What a look before a change finds: links by the recorded indexes, and one address. */
const looks: readonly number[] = [RTM_GETLINK, RTM_GETADDR];

/** Answers looks before changes, other questions with an empty object, and acknowledges every change. */
function answer(request: FakeRequest): ReturnType<FakeHandler> {
  const isQuestion = request.type % 4 === 2;
  if (!isQuestion) return ack(request);
  if (request.type === RTM_GETADDR)
    return multi(request, [encodeToBytes(address, { link: byIndex('lower').index, address: 'fd00::1/64' })]);
  if (request.type !== RTM_GETLINK) return reply(request, new Uint8Array(request.type === RTM_GETMDB ? 8 : 12));
  const name = Buffer.from(request.body.subarray(20)).toString().split('\0')[0] ?? '';
  const { index } = byIndex(name);
  const body = new Uint8Array(16);
  new DataView(body.buffer).setInt32(4, index, true);
  return reply(request, [body, attribute(3, name)]);
}

/** What the library sends for a call, without the looks before it. */
export async function requestsOf(call: (route: RouteClient) => Promise<unknown>): Promise<readonly ParsedMessage[]> {
  const kernel = new FakeKernel(answer);
  const socket = await openSocket(kernel, 'route');
  const hold = (handle: object): { fd: number; release(): void } => ({ fd: (handle as { fd: number }).fd, release: () => undefined });
  const subscribe = (): Promise<never> => Promise.reject(new Error('nothing is subscribed to here'));
  const route = new RouteClient(new Exchange(socket, subscribe, { namespace: 'fake', hold, bigint: false }), undefined);
  try {
    await call(route);
  } finally {
    await route.close();
  }
  kernel.verify();
  return kernel.requests.filter(({ type }) => !looks.includes(type));
}
