import { expect } from 'chai';
import type { NetlaneError, NetlinkError } from '../../lib/errors.js';
import type { Namespace } from '../../lib/namespace.js';
import type { NetlinkSocket } from '../../lib/netlink/socket.js';
import { attribute, concat, text, u32 } from '../native/support/frames.js';
import { errorOf } from '../support/error-of.js';
import { openFds, Scratch } from './support/namespaces.js';
import { allLinks, attributesOf, getLink, ifinfomsg, linkOf, newBridge, RTM_NEWLINK, RTNLGRP_LINK, setUp } from './support/route.js';

const IFLA_IFALIAS = 20;

const alias = (value: string) => ({
  type: RTM_NEWLINK,
  body: concat(ifinfomsg({ index: 1 }), attribute(IFLA_IFALIAS, text(value).slice(0, -1))),
});

describe('requestSync', () => {
  const scratch = new Scratch();
  let namespace: Namespace;
  let socket: NetlinkSocket;

  const aliasNow = (): string => {
    const [message] = socket.requestSync(getLink(1)).messages;
    const value = message === undefined ? undefined : attributesOf(message.body).get(IFLA_IFALIAS);
    return value === undefined ? '' : new TextDecoder().decode(value.subarray(0, -1));
  };

  before(async () => {
    namespace = await scratch.namespace();
    socket = await scratch.socket(namespace, 'route', { thread: 'caller' });
    for (let index = 0; index < 60; index++) socket.requestSync(newBridge(`b${index}`, 10 + index));
  });
  after(() => scratch.close());

  it('answers before it returns', () => {
    const { messages, warnings } = socket.requestSync(getLink(1));
    expect(messages.map((message) => linkOf(message).name)).to.deep.equal(['lo']);
    expect(warnings).to.deep.equal([]);
  });

  it('throws what the kernel said', () => {
    const error = errorOf(() =>
      socket.requestSync({ type: RTM_NEWLINK, body: concat(ifinfomsg({ index: 1 }), attribute(4, new Uint8Array(2))) }),
    );
    expect(error as NetlinkError).to.include({ name: 'NetlinkError', code: 'ERANGE', attribute: '4', namespace: String(namespace) });
  });

  it('lists as request() does', async () => {
    const { messages } = await socket.request(allLinks);
    expect(messages).to.have.length(61);
    const names = (list: typeof messages) => list.map((message) => linkOf(message).name);
    const before = openFds();
    expect(names(socket.requestSync(allLinks).messages)).to.deep.equal(names(messages));
    await socket.request(getLink(1));
    expect(openFds()).to.be.at.most(before + 1);
  });

  it('sends what was asked earlier before it', async () => {
    const earlier = socket.request(alias('earlier'));
    expect(aliasNow()).to.equal('earlier');
    const [first, second] = [socket.request(alias('first')), socket.request(alias('second'))];
    expect(aliasNow()).to.equal('second');
    await Promise.all([earlier, first, second]);
  });

  it('keeps the replies to others for them', async () => {
    const order: string[] = [];
    const others = Array.from({ length: 300 }, (_, index) =>
      socket.request(getLink(index % 2 === 0 ? 10 + (index % 60) : 90_000)).then(
        ({ messages }) => {
          order.push('other');
          return messages.map((message) => linkOf(message).index);
        },
        (error: NetlinkError) => error.code,
      ),
    );
    expect(socket.requestSync(getLink(1)).messages).to.have.length(1);
    expect(order).to.deep.equal([]);
    const answers = await Promise.all(others);
    answers.forEach((answer, index) => expect(answer).to.deep.equal(index % 2 === 0 ? [10 + (index % 60)] : 'ENODEV'));
  });

  it('keeps events for those who read them', async () => {
    const listener = await scratch.socket(namespace, 'route', { thread: 'caller', groups: [RTNLGRP_LINK] });
    for (const up of [true, false]) listener.requestSync(setUp(10, up));
    const seen: boolean[] = [];
    for await (const message of listener.messages()) {
      const { index, flags } = linkOf(message);
      if (index === 10) seen.push((flags & 1) !== 0);
      expect(message.group).to.equal(RTNLGRP_LINK);
      if (seen.length === 2) break;
    }
    expect(seen).to.deep.equal([true, false]);
  });

  it('is refused on a socket of a lane', async () => {
    const lane = await scratch.socket(namespace);
    const error = errorOf(() => lane.requestSync(getLink(1))) as NetlaneError;
    expect(error).to.include({ code: 'NETLANE_NOT_SUPPORTED', namespace: String(namespace) });
    expect(error.message).to.include("thread: 'caller'");
  });

  it('is busy for whoever asks from within', async () => {
    const inside: unknown[] = [];
    const nested = (): void => {
      inside.push((errorOf(() => socket.requestSync(getLink(1))) as NetlaneError).code);
    };
    socket.requestSync(getLink(1), { sink: nested });
    socket.requestSync({ ...allLinks, body: ifinfomsg() }, { sink: () => (inside.length < 2 ? nested() : undefined) });
    // From within the reading of a reply to request(), the rest of what was read would be overtaken.
    await socket.request(getLink(1), { sink: nested });
    expect(inside).to.deep.equal(['NETLANE_BUSY', 'NETLANE_BUSY', 'NETLANE_BUSY']);
    expect(socket.requestSync(getLink(1)).messages).to.have.length(1);
  });

  it('gives up after its time', () => {
    // Nobody answers a change that asks for no acknowledgement.
    const request = { ...setUp(1, true), acknowledge: false, timeout: 20 };
    expect(errorOf(() => socket.requestSync(request)) as NetlaneError).to.include({
      code: 'NETLANE_TIMEOUT',
      namespace: String(namespace),
    });
    // NLMSG_NOOP with the flags of a dump is passed over.
    expect(errorOf(() => socket.requestSync({ type: 1, flags: 0x300, timeout: 20 })) as NetlaneError).to.include({
      code: 'NETLANE_TIMEOUT',
    });
    expect(socket.requestSync(getLink(1)).messages).to.have.length(1);
  });

  it('does nothing when its signal was aborted, or its socket closed', async () => {
    const signal = AbortSignal.abort('why');
    expect(errorOf(() => socket.requestSync({ ...alias('never'), signal }))).to.include({ code: 'ABORT_ERR', cause: 'why' });
    expect(errorOf(() => socket.requestSync({ ...allLinks, signal }))).to.include({ code: 'ABORT_ERR' });
    expect(aliasNow()).to.equal('second');
    const closing = await scratch.socket(namespace, 'route', { thread: 'caller' });
    const closed = closing.close();
    expect((errorOf(() => closing.requestSync(getLink(1))) as NetlaneError).code).to.equal('NETLANE_CLOSED');
    await closed;
  });

  it('is as exact with thousands of changes', () => {
    for (let count = 0; count < 2000; count++) {
      const body = concat(ifinfomsg({ index: 10 }), attribute(4, u32(1000 + (count % 400))));
      socket.requestSync({ type: RTM_NEWLINK, body });
    }
    const [message] = socket.requestSync(getLink(10)).messages;
    if (message === undefined) throw new Error('no message');
    expect(attributesOf(message.body).get(4)).to.deep.equal(u32(1399));
  });
});
