import * as nl from '../../lib/nl.js';
import { needsRoot } from './skip.js';

const IFLA_IFNAME = 3;
const IFLA_LINKINFO = 18;

function request(handle: nl.Handle, type: number, flags: number, name: string, up?: boolean): nl.NetlinkRequest {
  const asked = handle.newNetlinkRequest(type, flags);
  const header = nl.newIfInfomsg(nl.FAMILY_ALL);
  if (up !== undefined) Object.assign(header, { flags: Number(up), change: 1 });
  asked.addData(header);
  asked.addData(nl.newRtAttr(IFLA_IFNAME, nl.zeroTerminated(name)));
  return asked;
}

/** A request that adds a veth pair. */
export function vethRequest(handle: nl.Handle, name: string, peer: string): nl.NetlinkRequest {
  const asked = request(handle, nl.RTM_NEWLINK, nl.NLM_F_CREATE | nl.NLM_F_EXCL, name);
  const info = nl.newRtAttr(IFLA_LINKINFO);
  info.addRtAttr(1, nl.nonZeroTerminated('veth'));
  const end = info.addRtAttr(2).addRtAttr(1);
  nl.newIfInfomsgChild(end, nl.FAMILY_ALL);
  end.addRtAttr(IFLA_IFNAME, nl.zeroTerminated(peer));
  asked.addData(info);
  return asked;
}

export async function addVeth(handle: nl.Handle, name: string, peer: string): Promise<void> {
  await vethRequest(handle, name, peer).execute(nl.NETLINK_ROUTE);
}

export function upRequest(handle: nl.Handle, name: string, up = true): nl.NetlinkRequest {
  return request(handle, nl.RTM_NEWLINK, 0, name, up);
}

export async function setUp(handle: nl.Handle, name: string, up = true): Promise<void> {
  await upRequest(handle, name, up).execute(nl.NETLINK_ROUTE);
}

export function deleteRequest(handle: nl.Handle, name: string): nl.NetlinkRequest {
  return request(handle, nl.RTM_DELLINK, 0, name);
}

export async function deleteLink(handle: nl.Handle, name: string): Promise<void> {
  await deleteRequest(handle, name).execute(nl.NETLINK_ROUTE);
}

/** Name and header of a link message. */
export function readLink(body: Uint8Array): { name: string; up: boolean; index: number } {
  const header = nl.deserializeIfInfomsg(body);
  const name = nl.parseRouteAttrAsMap(body.subarray(header.len())).get(IFLA_IFNAME);
  return { name: name === undefined ? '' : nl.bytesToString(name.value), up: (header.flags & 1) === 1, index: header.index };
}

export async function linkNames(handle: nl.Handle): Promise<string[]> {
  const bodies = await handle.newLinkListRequest().execute(nl.NETLINK_ROUTE, nl.RTM_NEWLINK);
  return bodies.map((body) => readLink(body).name).sort();
}

/** Gives each test of a suite a namespace and a handle in it; what a test changed of the settings is as it was before. */
export function eachInside(give: (made: { readonly ns: nl.NsHandle; readonly handle: nl.Handle }) => unknown): void {
  const before = { ...nl.settings };
  let ns: nl.NsHandle;
  let handle: nl.Handle;

  beforeEach(async function () {
    needsRoot(this);
    ns = await nl.newNs();
    handle = await nl.newHandleAt(ns, nl.NETLINK_ROUTE);
    give({ ns, handle });
  });

  afterEach(async () => {
    Object.assign(nl.settings, before);
    await handle.close();
    await ns.close();
  });
}
