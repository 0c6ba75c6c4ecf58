import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import * as nl from '../../lib/nl.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Every exported name of nl_linux.go, of the file beside it that reads attributes, of the handles one level up, and of netns. */
const goNames = `
  FAMILY_ALL FAMILY_V4 FAMILY_V6 FAMILY_MPLS RECEIVE_BUFFER_SIZE PidKernel SizeofCnMsgOp NLMSGERR_ATTR_UNUSED NLMSGERR_ATTR_MSG
  NLMSGERR_ATTR_OFFS NLMSGERR_ATTR_COOKIE NLMSGERR_ATTR_POLICY PROC_CN_MCAST_LISTEN PROC_CN_MCAST_IGNORE SupportedNlFamilies SocketTimeoutTv
  EnableErrorMessageReporting ErrDumpInterrupted
  GetIPFamily NativeEndian Swap16 Swap32 NewCnMsg DeserializeCnMsgOp NewIfInfomsg DeserializeIfInfomsg NewIfInfomsgChild DeserializeUint32Bitfield
  NewRtAttr NewRtAttrChild NewNetlinkRequest GetNetlinkSocketAt Subscribe SubscribeAt ZeroTerminated NonZeroTerminated BytesToString Uint8Attr
  Uint16Attr BEUint16Attr Uint32Attr BEUint32Attr Uint64Attr BEUint64Attr ParseRouteAttr ParseRouteAttrAsMap ParseAttributes PrintAttributes
  NetlinkRequestData CbID CnMsg CnMsgOp CnMsgOp.ID CnMsgOp.Seq CnMsgOp.Ack CnMsgOp.Length CnMsgOp.Flags CnMsgOp.Op CnMsgOp.Serialize CnMsgOp.Len
  IfInfomsg IfInfomsg.Family IfInfomsg.Type IfInfomsg.Index IfInfomsg.Flags IfInfomsg.Change IfInfomsg.Serialize IfInfomsg.Len IfInfomsg.EncapType
  Uint32Bitfield Uint32Bitfield.Value Uint32Bitfield.Selector Uint32Bitfield.Serialize
  Uint32Attribute Uint32Attribute.Type Uint32Attribute.Value Uint32Attribute.Serialize Uint32Attribute.Len
  RtAttr RtAttr.Type RtAttr.Data RtAttr.AddRtAttr RtAttr.AddChild RtAttr.Len RtAttr.Serialize
  NetlinkRequest NetlinkRequest.Len NetlinkRequest.Type NetlinkRequest.Flags NetlinkRequest.Seq NetlinkRequest.Pid NetlinkRequest.Data
  NetlinkRequest.RawData NetlinkRequest.Sockets NetlinkRequest.RetryInterrupted NetlinkRequest.Serialize NetlinkRequest.AddData
  NetlinkRequest.AddRawData NetlinkRequest.Execute NetlinkRequest.ExecuteIter
  NetlinkSocket NetlinkSocket.Close NetlinkSocket.GetFd NetlinkSocket.GetTimeouts NetlinkSocket.Send NetlinkSocket.Receive
  NetlinkSocket.SetSendTimeout NetlinkSocket.SetReceiveTimeout NetlinkSocket.SetReceiveBufferSize NetlinkSocket.SetExtAck NetlinkSocket.GetPid
  NetlinkSocket.Lock NetlinkSocket.Unlock SocketHandle SocketHandle.Seq SocketHandle.Socket SocketHandle.Close
  Attribute Attribute.Type Attribute.Value Attribute.Uint32 Attribute.Uint64
  netlink.Handle netlink.HandleOptions netlink.NewHandle netlink.NewHandleAt netlink.NewHandleAtFrom netlink.NewHandleWithOptions
  netlink.ConfigureHandle netlink.SetSocketTimeout netlink.GetSocketTimeout netlink.Handle.SupportsNetlinkFamily netlink.Handle.SetSocketTimeout
  netlink.Handle.SetSocketReceiveBufferSize netlink.Handle.GetSocketReceiveBufferSize netlink.Handle.SetStrictCheck netlink.Handle.Close
  netlink.Handle.Delete netlink.Handle.DisableVFInfoCollection netlink.ProcEventMonitor netlink.ProcEvent netlink.ForkProcEvent
  netlink.ExecProcEvent netlink.ExitProcEvent netlink.CommProcEvent
  netns.NsHandle netns.NsHandle.Equal netns.NsHandle.String netns.NsHandle.UniqueId netns.NsHandle.IsOpen netns.NsHandle.Close netns.None
  netns.Setns netns.Set netns.New netns.NewNamed netns.DeleteNamed netns.Get netns.GetFromPath netns.GetFromName netns.GetFromPid
  netns.GetFromThread netns.GetFromDocker netns.CLONE_NEWUTS netns.CLONE_NEWIPC netns.CLONE_NEWUSER netns.CLONE_NEWPID netns.CLONE_NEWNET
  netns.CLONE_IO
`
  .trim()
  .split(/\s+/);

/** What moves the calling thread. */
const leftOut = ['netns.Setns', 'netns.Set', ...goNames.filter((name) => name.startsWith('netns.CLONE_'))];

const page = readFileSync(`${root}docs/from-go.md`, 'utf8');
const rows = new Map([...page.matchAll(/^\| `([\w.]+)` *\| (?:`([\w.#]+)`|–) *\|$/gm)].map(([, go = '', ours]) => [go, ours]));
const declarations = readFileSync(`${root}dist/lib/nl.d.ts`, 'utf8');

/** One of each, for the fields that only an instance has. */
const instances: Readonly<Record<string, object>> = {
  CnMsgOp: nl.newCnMsg(1, 1, 1),
  IfInfomsg: nl.newIfInfomsg(0),
  Uint32Bitfield: new nl.Uint32Bitfield(0, 0),
  Uint32Attribute: new nl.Uint32Attribute(0, 0),
  RtAttr: nl.newRtAttr(0),
  NetlinkRequest: nl.newNetlinkRequest(0),
  NetlinkSocket: nl.NetlinkSocket.prototype,
  SocketHandle: new nl.SocketHandle(),
  Attribute: new nl.Attribute(0, new Uint8Array()),
  Handle: nl.Handle.prototype,
  NsHandle: nl.none(),
};

/** Whether netlane/nl has what the page says: an export, a field of the settings, a member of a class, or a type. */
function exists(name: string): boolean {
  const [owner = '', member] = name.split(/[.#]/);
  if (name.startsWith('settings.')) return (member ?? '') in nl.settings;
  if (member !== undefined) return member in (instances[owner] ?? {});
  return name in nl || new RegExp(`\\btype ${name}\\b|export type \\{[^}]*\\b${name}\\b`).test(declarations);
}

describe('from Go', () => {
  it('has a line for every name, and none for others', () => {
    expect(goNames.filter((name) => !rows.has(name))).to.deep.equal([]);
    expect([...rows.keys()].filter((name) => !goNames.includes(name))).to.deep.equal([]);
  });

  it('names only what netlane/nl has', () => {
    const named = [...rows.values()].filter((ours) => ours !== undefined);
    expect(named).to.have.length(goNames.length - leftOut.length);
    expect(named.filter((ours) => !exists(ours))).to.deep.equal([]);
    expect(exists('nonesuch') || exists('Handle#nonesuch') || exists('settings.nonesuch')).to.equal(false);
  });

  it('leaves out what moves the calling thread, and nothing else', () => {
    expect([...rows].flatMap(([go, ours]) => (ours === undefined ? [go] : []))).to.have.members(leftOut);
    expect(nl).to.not.have.any.keys('set', 'setns', 'Set', 'Setns');
  });

  it('changes names by the rules that the page gives', () => {
    const exceptions = new Map([
      ['netlink.ProcEventMonitor', 'watchProcesses'],
      ['netns.New', 'newNs'],
      ['netns.NsHandle.String', 'NsHandle#toString'],
    ]);
    const small = (name: string): string => name.replace(/^(BE|ID$|[A-Z])/, (start) => start.toLowerCase());
    for (const [go, ours] of rows) {
      if (ours === undefined || exceptions.get(go) === ours) continue;
      const parts = go.replace(/^(netlink|netns)\./, '').split('.');
      const bare = ours.replace('settings.', '');
      const [owner = '', member] = parts;
      const expected = member === undefined ? [owner, small(owner)] : [`${owner}#${small(member)}`];
      expect(expected, go).to.include(bare);
    }
  });
});
