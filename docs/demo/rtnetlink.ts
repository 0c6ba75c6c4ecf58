import type { Message, Request } from '../../lib/index.js';
import {
  bytesToString,
  IfInfomsg,
  NLA_F_NESTED,
  NLA_TYPE_MASK,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  nativeEndian,
  NetlinkRequest,
  nonZeroTerminated,
  parseRouteAttr,
  RtAttr,
  RTM_DELLINK,
  RTM_GETADDR,
  RTM_GETLINK,
  RTM_GETROUTE,
  RTM_NEWADDR,
  RTM_NEWLINK,
  RTM_NEWROUTE,
  RTM_SETLINK,
  uint32Attr,
  zeroTerminated,
  type NetlinkRequestData,
} from '../../lib/nl.js';

/* The few rtnetlink messages of the demo, written and read with the primitives of netlane/nl. Numbers are those of linux/rtnetlink.h and if_link.h. */

const AF_INET = 2;
const IFF_UP = 1;
const IFF_LOWER_UP = 0x10000;
const IFLA = { address: 1, ifname: 3, linkinfo: 18, stats64: 23, afSpec: 26, netNsFd: 28 } as const;
const RT_TABLE_MAIN = 254;

/** struct ifaddrmsg, struct rtmsg: headers that are a few bytes and an index. */
class Header implements NetlinkRequestData {
  readonly #bytes: Uint8Array<ArrayBuffer>;

  constructor(length: number, bytes: readonly number[] = [], index?: number) {
    this.#bytes = new Uint8Array(length);
    this.#bytes.set(bytes);
    if (index !== undefined) nativeEndian().putUint32(this.#bytes.subarray(4), index);
  }

  len(): number {
    return this.#bytes.length;
  }

  serialize(): Uint8Array<ArrayBuffer> {
    return this.#bytes;
  }
}

function request(type: number, flags: number, ...data: NetlinkRequestData[]): Request {
  const whole = new NetlinkRequest(type, flags);
  for (const part of data) whole.addData(part);
  return { type, flags, body: whole.body() };
}

function header(fields: { index?: number; up?: boolean } = {}): IfInfomsg {
  const message = new IfInfomsg(0);
  message.index = fields.index ?? 0;
  if (fields.up === true) message.flags = message.change = IFF_UP;
  return message;
}

function nest(type: number, ...children: NetlinkRequestData[]): RtAttr {
  const attribute = new RtAttr(type | NLA_F_NESTED);
  for (const child of children) attribute.addChild(child);
  return attribute;
}

function ipv4(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.split('.'), Number);
}

const name = (link: string): RtAttr => new RtAttr(IFLA.ifname, zeroTerminated(link));

export const listLinks: Request = request(RTM_GETLINK, NLM_F_DUMP, header());
export const listAddresses: Request = request(RTM_GETADDR, NLM_F_DUMP, new Header(8));
export const listRoutes: Request = request(RTM_GETROUTE, NLM_F_DUMP, new Header(12));
/** Of lo, which has index 1 everywhere: the smallest question. */
export const getLoopback: Request = request(RTM_GETLINK, 0, header({ index: 1 }));

/** A veth pair: one end here, the other in the namespace behind the fd. */
export function addVeth(here: string, there: string, namespaceFd: number): Request {
  const peer = nest(1, header(), name(there), new RtAttr(IFLA.netNsFd, uint32Attr(namespaceFd)));
  const info = nest(IFLA.linkinfo, new RtAttr(1, nonZeroTerminated('veth')), nest(2, peer));
  return request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, header(), name(here), info);
}

export function setUp(link: string): Request {
  return request(RTM_SETLINK, 0, header({ up: true }), name(link));
}

/** What net.ipv4.conf.LINK.forwarding is, without /proc: IFLA_AF_SPEC, AF_INET, IFLA_INET_CONF, IPV4_DEVCONF_FORWARDING. */
export function setForwarding(link: string): Request {
  const forwarding = nest(IFLA.afSpec, nest(AF_INET, nest(1, new RtAttr(1, uint32Attr(1)))));
  return request(RTM_SETLINK, 0, header(), name(link), forwarding);
}

export function deleteLink(link: string): Request {
  return request(RTM_DELLINK, 0, header(), name(link));
}

export function addAddress(index: number, address: string, prefix: number): Request {
  const local = new RtAttr(2, ipv4(address));
  return request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, new Header(8, [AF_INET, prefix], index), local, new RtAttr(1, ipv4(address)));
}

export function addRoute(destination: string, prefix: number, gateway: string): Request {
  // Boot protocol, universe, unicast: as `ip route add` has it.
  const route = new Header(12, [AF_INET, prefix, 0, 0, RT_TABLE_MAIN, 3, 0, 1]);
  const attributes = [new RtAttr(5, ipv4(gateway)), ...(prefix === 0 ? [] : [new RtAttr(1, ipv4(destination))])];
  return request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route, ...attributes);
}

function attributesOf(message: Message, size: number): Map<number, Uint8Array> {
  return new Map(parseRouteAttr(message.body.subarray(size)).map(({ attr, value }) => [attr.type & NLA_TYPE_MASK, value]));
}

function uint32(bytes: Uint8Array, offset = 0): number {
  return nativeEndian().uint32(bytes.subarray(offset));
}

export interface Link {
  readonly index: number;
  readonly name: string;
  readonly up: boolean;
  /** Up, and so is what is at its other end. */
  readonly carrier: boolean;
  readonly receivedPackets: number;
  readonly sentPackets: number;
}

export function readLink(message: Message): Link {
  const attributes = attributesOf(message, 16);
  const flags = uint32(message.body, 8);
  const statistics = attributes.get(IFLA.stats64);
  const counter = (at: number): number => (statistics === undefined ? 0 : Number(nativeEndian().uint64(statistics.subarray(at))));
  return {
    index: uint32(message.body, 4),
    name: bytesToString(attributes.get(IFLA.ifname) ?? new Uint8Array()),
    up: (flags & IFF_UP) !== 0,
    carrier: (flags & IFF_LOWER_UP) !== 0,
    receivedPackets: counter(0),
    sentPackets: counter(8),
  };
}

/** IPv4 and IPv6 as people write them; anything else as hexadecimal digits. */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const hex = Buffer.from(bytes).toString('hex');
  if (bytes.length !== 16) return hex;
  const groups = hex.match(/.{4}/g) ?? [];
  // A URL's host is written in the canonical, shortest form.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

export interface Address {
  readonly index: number;
  readonly prefix: string;
  readonly family: 4 | 6;
  /** Valid beyond the link. */
  readonly global: boolean;
}

export function readAddress(message: Message): Address {
  const attributes = attributesOf(message, 8);
  const [family = 0, length = 0, , scope = 0] = message.body;
  const bytes = attributes.get(2) ?? attributes.get(1) ?? new Uint8Array();
  return {
    index: uint32(message.body, 4),
    prefix: `${formatAddress(bytes)}/${length}`,
    family: family === AF_INET ? 4 : 6,
    global: scope === 0,
  };
}

export interface Route {
  /** 'default', '10.0.0.0/8'. */
  readonly destination: string;
  readonly gateway: string | undefined;
  /** In the table that people mean; the others are the kernel's own bookkeeping. */
  readonly main: boolean;
}

export function readRoute(message: Message): Route {
  const attributes = attributesOf(message, 12);
  const [, length = 0, , , table = 0] = message.body;
  const destination = attributes.get(1);
  const gateway = attributes.get(5);
  return {
    destination: destination === undefined ? 'default' : `${formatAddress(destination)}/${length}`,
    gateway: gateway === undefined ? undefined : formatAddress(gateway),
    main: table === RT_TABLE_MAIN,
  };
}

const neighbourStates = new Map([
  [1, 'incomplete'],
  [2, 'reachable'],
  [4, 'stale'],
  [8, 'delay'],
  [16, 'probe'],
  [32, 'failed'],
]);

export interface Neighbour {
  readonly address: string;
  readonly state: string;
}

export function readNeighbour(message: Message): Neighbour {
  const state = nativeEndian().uint16(message.body.subarray(8));
  return { address: formatAddress(attributesOf(message, 12).get(1) ?? new Uint8Array()), state: neighbourStates.get(state) ?? `${state}` };
}
