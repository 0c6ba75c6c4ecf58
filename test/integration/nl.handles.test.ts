import { expect } from 'chai';
import * as nl from '../../lib/nl.js';
import { errorOf, rejectionOf } from '../support/error-of.js';
import { addVeth, deleteLink, linkNames, setUp } from '../support/nl-links.js';
import { needsRoot } from '../support/skip.js';

const three = <T>(value: T): T[] => [value, value, value];

describe('nl handles', () => {
  let ns: nl.NsHandle;
  const before = { ...nl.settings };

  beforeEach(async function () {
    needsRoot(this);
    ns = await nl.newNs();
  });

  afterEach(async () => {
    Object.assign(nl.settings, before);
    await ns.close();
  });

  it('have one socket for each protocol, and none once closed', async () => {
    const handle = await nl.newHandleAt(ns);
    expect([...(handle.sockets?.keys() ?? [])]).to.deep.equal([nl.NETLINK_ROUTE, nl.NETLINK_XFRM, nl.NETLINK_NETFILTER]);
    expect(handle.supportsNetlinkFamily(nl.NETLINK_XFRM)).to.equal(true);
    expect(handle.supportsNetlinkFamily(nl.NETLINK_GENERIC)).to.equal(false);
    const closing = handle.close();
    expect([handle.close(), handle.delete()]).to.deep.equal([closing, closing]);
    await closing;
    expect(handle.sockets).to.equal(undefined);
    expect(handle.supportsNetlinkFamily(nl.NETLINK_ROUTE)).to.equal(false);
    expect(errorOf(() => handle.newNetlinkRequest(nl.RTM_GETLINK))).to.include({ code: 'NETLANE_CLOSED' });
    expect(errorOf(() => handle.setSocketTimeout(5))).to.include({ code: 'NETLANE_CLOSED' });
  });

  it('take the protocols that they are given, or those of the settings', async () => {
    nl.settings.supportedNlFamilies = [nl.NETLINK_GENERIC];
    const handles = await Promise.all([
      nl.newHandle(),
      nl.newHandle(nl.NETLINK_ROUTE),
      nl.newHandleAtFrom(ns, nl.none()),
      nl.newHandleWithOptions({ netNS: ns }, 12, 12),
    ]);
    expect(handles.map((handle) => [...(handle.sockets?.keys() ?? [])])).to.deep.equal([[16], [0], [16], [12]]);
    await Promise.all(handles.map((handle) => handle.close()));
  });

  it('that cannot be made whole are not made at all', async () => {
    expect(await rejectionOf(nl.newHandleAt(ns, nl.NETLINK_ROUTE, 31))).to.include({ code: 'EPROTONOSUPPORT' });
    expect(await rejectionOf(nl.newHandleWithOptions({ netns: ns } as never))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    const gone = await nl.newNs();
    await gone.close();
    expect(await rejectionOf(nl.newHandleAt(gone))).to.include({ code: 'NETLANE_CLOSED' });
  });

  it('see their own namespace only, also after its handle is closed', async () => {
    const other = await nl.newNs();
    const a = await nl.newHandleAt(ns);
    const b = await nl.newHandleAtFrom(other, nl.none());
    await other.close();
    await addVeth(a, 'v0', 'v1');
    expect(await linkNames(a)).to.deep.equal(['lo', 'v0', 'v1']);
    expect(await linkNames(b)).to.deep.equal(['lo']);
    await Promise.all([a.close(), b.close()]);
  });

  it('move a link to another namespace by its fd', async () => {
    const other = await nl.newNs();
    const a = await nl.newHandleAt(ns, nl.NETLINK_ROUTE);
    const b = await nl.newHandleAt(other, nl.NETLINK_ROUTE);
    await addVeth(a, 'v0', 'v1');
    const move = a.newNetlinkRequest(nl.RTM_SETLINK);
    move.addData(nl.newIfInfomsg(nl.FAMILY_ALL));
    move.addData(nl.newRtAttr(3, nl.zeroTerminated('v1')));
    move.addData(nl.newRtAttr(28, nl.uint32Attr(other.fd)));
    await move.execute(nl.NETLINK_ROUTE);
    expect([await linkNames(a), await linkNames(b)]).to.deep.equal([
      ['lo', 'v0'],
      ['lo', 'v1'],
    ]);
    await Promise.all([a.close(), b.close(), other.close()]);
  });

  it('give a namespace a number by its fd and by a process, and read it', async () => {
    const NETNSA_NSID = 1;
    const handle = await nl.newHandleAt(ns, nl.NETLINK_ROUTE);
    const other = await nl.newNs();
    const ask = async (type: number, attributes: readonly nl.RtAttr[]): Promise<Uint8Array[]> => {
      const request = handle.newNetlinkRequest(type);
      request.addRawData(new Uint8Array(4));
      for (const attribute of attributes) request.addRawData(attribute.serialize());
      return request.execute(nl.NETLINK_ROUTE);
    };
    const targets = [nl.newRtAttr(3, nl.uint32Attr(other.fd)), nl.newRtAttr(2, nl.uint32Attr(process.pid))];
    for (const [at, target] of targets.entries()) {
      await ask(88, [nl.newRtAttr(NETNSA_NSID, nl.uint32Attr(40 + at)), target]);
      const [answer] = await ask(90, [target]);
      const nsid = nl.parseRouteAttrAsMap(answer?.subarray(4) ?? new Uint8Array()).get(NETNSA_NSID);
      expect(nsid === undefined ? undefined : nl.nativeEndian().uint32(nsid.value)).to.equal(40 + at);
    }
    await Promise.all([handle.close(), other.close()]);
  });

  it('set time-outs of all their sockets', async () => {
    const handle = await nl.newHandleAt(ns);
    const timeouts = (): unknown => [...(handle.sockets?.values() ?? [])].map(({ socket }) => socket?.getTimeouts());
    expect(timeouts()).to.deep.equal(three({ send: 0, receive: 0 }));
    handle.setSocketTimeout(2008);
    expect(timeouts()).to.deep.equal(three({ send: 2008, receive: 2008 }));
    expect(errorOf(() => handle.setSocketTimeout(0))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    await handle.close();
  });

  it('set receive buffers of all their sockets', async () => {
    const handle = await nl.newHandleAt(ns);
    await handle.setSocketReceiveBufferSize(65536);
    const sizes = await handle.getSocketReceiveBufferSize();
    expect(sizes).to.have.length(3);
    for (const size of sizes) expect(size).to.be.within(65536, 131072);
    expect((await linkNames(handle)).length).to.equal(1);
    await handle.close();
  });

  it('have requests checked strictly when they are told to, dumps included', async () => {
    const handle = await nl.newHandleAt(ns, nl.NETLINK_ROUTE);
    const addresses = (): Promise<Uint8Array[]> => {
      const request = handle.newNetlinkRequest(nl.RTM_GETADDR, nl.NLM_F_DUMP);
      // A link's header in a request for addresses: a lax kernel does not mind.
      request.addData(nl.newIfInfomsg(nl.FAMILY_ALL));
      return request.execute(nl.NETLINK_ROUTE);
    };
    expect(await addresses()).to.deep.equal([]);
    await handle.setStrictCheck(true);
    expect(await rejectionOf(addresses())).to.include({ code: 'EINVAL' });
    await handle.setStrictCheck(false);
    expect(await addresses()).to.deep.equal([]);
    await handle.close();
  });

  it('ask for virtual functions unless they are told not to', async () => {
    const handle = await nl.newHandleAt(ns, nl.NETLINK_ROUTE);
    expect(handle.newLinkListRequest().body().length).to.equal(16 + 8);
    expect(handle.disableVFInfoCollection()).to.equal(handle);
    expect(handle.newLinkListRequest().body().length).to.equal(16);
    const other = await nl.newHandleWithOptions({ netNS: ns, disableVFInfoCollection: true, retryInterrupted: false }, nl.NETLINK_ROUTE);
    expect(other.newLinkListRequest()).to.have.property('retryInterrupted', false);
    expect(other.newLinkListRequest().body().length).to.equal(16);
    await Promise.all([handle.close(), other.close()]);
  });

  it('work at once in two namespaces', async function () {
    this.timeout(60_000);
    const other = await nl.newNs();
    const handles = [await nl.newHandleAt(ns), await nl.newHandleAt(other)];
    const job = async (worker: number): Promise<void> => {
      for (let round = 0; round < 5; round += 1) {
        for (const handle of handles) {
          const name = `w${worker}r${round}`;
          await addVeth(handle, name, `${name}p`);
          await setUp(handle, name);
          expect(await linkNames(handle)).to.include(name);
          await deleteLink(handle, name);
        }
      }
    };
    await Promise.all([0, 1, 2, 3].map(job));
    for (const handle of handles) expect(await linkNames(handle)).to.deep.equal(['lo']);
    await Promise.all([...handles.map((handle) => handle.close()), other.close()]);
  });

  it('of the package are configured once', async () => {
    expect(await nl.packageHandle()).to.equal(undefined);
    expect(await rejectionOf(nl.configureHandle(31))).to.include({ code: 'EPROTONOSUPPORT' });
    await nl.configureHandle(nl.NETLINK_ROUTE);
    const handle = await nl.packageHandle();
    expect(handle?.supportsNetlinkFamily(nl.NETLINK_ROUTE)).to.equal(true);
    expect(await rejectionOf(nl.configureHandle())).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    await handle?.close();
    expect(await rejectionOf(nl.configureHandle())).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
  });
});
