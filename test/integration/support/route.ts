import { setTimeout as sleep } from 'node:timers/promises';
import type { Message } from '../../../lib/netlink/message.js';
import type { NetlinkSocket } from '../../../lib/netlink/socket.js';
import { attribute, concat, i32, text, u32 } from '../../native/support/frames.js';
import { limit } from '../../support/time.js';

/* Messages of rtnetlink, written by hand: the tests of the engine must not lean on the schemas. */

export const RTM_NEWLINK = 16;
export const RTM_DELLINK = 17;
export const RTM_GETLINK = 18;
export const RTM_NEWADDR = 20;
export const RTM_NEWRULE = 32;
export const RTM_DELRULE = 33;
export const RTM_GETRULE = 34;
export const RTM_NEWQDISC = 36;
export const RTM_NEWTCLASS = 40;
export const RTM_NEWNSID = 88;

export const RTNLGRP_LINK = 1;
/** Above 32: no bit of sockaddr_nl.nl_groups stands for it. */
export const RTNLGRP_NSID = 28;
export const RTNLGRP_STATS = 36;
export const RTNLGRP_TUNNEL = 35;

export const NLM_F_ECHO = 8;
export const NLM_F_DUMP = 0x300;
export const NLM_F_REPLACE = 0x100;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;

export const IFLA_IFNAME = 3;
export const IFLA_MTU = 4;
export const IFLA_LINKINFO = 18;
export const IFLA_NET_NS_FD = 28;
export const IFF_UP = 1;

/** struct ifinfomsg: all that a request for a link by its number needs. */
export function ifinfomsg({ index = 0, flags = 0, change = 0 }: { index?: number; flags?: number; change?: number } = {}): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setInt32(4, index, true);
  view.setUint32(8, flags, true);
  view.setUint32(12, change, true);
  return bytes;
}

/** The attributes behind a message's fixed header, by type; the flags of a type are cut off. */
export function attributesOf(body: Uint8Array, header = 16): Map<number, Uint8Array> {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const found = new Map<number, Uint8Array>();
  for (let at = header; at + 4 <= body.length;) {
    const length = view.getUint16(at, true);
    if (length < 4) throw new Error(`an attribute of ${length} bytes at ${at}`);
    found.set(view.getUint16(at + 2, true) & 0x3fff, body.slice(at + 4, at + length));
    at += (length + 3) & ~3;
  }
  return found;
}

export interface Link {
  readonly index: number;
  readonly flags: number;
  readonly name: string;
}

/** What the tests look at in RTM_NEWLINK and RTM_DELLINK. */
export function linkOf(message: Message): Link {
  const view = new DataView(message.body.buffer, message.body.byteOffset, message.body.byteLength);
  const name = attributesOf(message.body).get(IFLA_IFNAME);
  return {
    index: view.getInt32(4, true),
    flags: view.getUint32(8, true),
    name: name === undefined ? '' : new TextDecoder().decode(name.subarray(0, -1)),
  };
}

/** A bridge: the lightest link that every kernel has. */
export function newBridge(name: string, index = 0): { type: number; flags: number; body: Uint8Array } {
  const info = attribute(IFLA_LINKINFO, attribute(1, text('bridge')));
  return {
    type: RTM_NEWLINK,
    flags: NLM_F_CREATE | NLM_F_EXCL,
    body: concat(ifinfomsg({ index }), attribute(IFLA_IFNAME, text(name)), info),
  };
}

/** A pair, one end of which may go to another namespace. */
export function newVeth(name: string, peer: string, namespace?: number): { type: number; flags: number; body: Uint8Array } {
  const place = namespace === undefined ? [] : [attribute(IFLA_NET_NS_FD, u32(namespace))];
  const peerInfo = attribute(1, ifinfomsg(), attribute(IFLA_IFNAME, text(peer)), ...place);
  const info = attribute(IFLA_LINKINFO, attribute(1, text('veth')), attribute(2, peerInfo));
  return { type: RTM_NEWLINK, flags: NLM_F_CREATE | NLM_F_EXCL, body: concat(ifinfomsg(), attribute(IFLA_IFNAME, text(name)), info) };
}

export function setUp(index: number, up: boolean): { type: number; body: Uint8Array } {
  return { type: RTM_NEWLINK, body: ifinfomsg({ index, flags: up ? IFF_UP : 0, change: IFF_UP }) };
}

export function deleteLink(index: number): { type: number; body: Uint8Array } {
  return { type: RTM_DELLINK, body: ifinfomsg({ index }) };
}

export function getLink(index: number): { type: number; body: Uint8Array } {
  return { type: RTM_GETLINK, body: ifinfomsg({ index }) };
}

export function getLinkByName(name: string): { type: number; body: Uint8Array } {
  return { type: RTM_GETLINK, body: concat(ifinfomsg(), attribute(IFLA_IFNAME, text(name))) };
}

export const allLinks = { type: RTM_GETLINK, flags: NLM_F_DUMP, body: ifinfomsg() };

/** Names a link anew. */
export function rename(index: number, name: string): { type: number; body: Uint8Array } {
  return { type: RTM_NEWLINK, body: concat(ifinfomsg({ index }), attribute(IFLA_IFNAME, text(name))) };
}

/** Gives a namespace, by its fd, a number in the namespace of the socket that asks. */
export function newNsid(namespace: number, id: number): { type: number; body: Uint8Array } {
  return { type: RTM_NEWNSID, body: concat(new Uint8Array(4), attribute(3, u32(namespace)), attribute(1, i32(id))) };
}

/** The index of a link that is there. */
export async function indexOf(socket: NetlinkSocket, name: string): Promise<number> {
  const { messages } = await socket.request(getLinkByName(name));
  const [message] = messages;
  if (message === undefined) throw new Error(`no link ${name}`);
  return linkOf(message).index;
}

/** Waits for something to become true; what it is stands in the error when it does not within the time. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const patience = limit(20_000);
  const end = performance.now() + patience;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within ${patience} ms: ${what}`);
    await sleep(5);
  }
}
