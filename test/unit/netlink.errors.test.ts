import { expect } from 'chai';
import type { NetlinkError } from '../../lib/errors.js';
import { NLM_F_DUMP } from '../../lib/netlink/constants.js';
import {
  ack,
  attribute,
  concatenate,
  done,
  multi,
  nest,
  refuse,
  reply,
  u32,
  u8,
  type FakeExplanation,
  type FakeHandler,
  type FakePolicy,
} from '../../lib/testing.js';
import { rejectionOf } from '../support/error-of.js';
import { RTM, withSocket, type FakeSettings } from '../support/fake-socket.js';

/** struct ifinfomsg, then IFLA_IFNAME (3) at 32, IFLA_LINKINFO (18) at 40 with IFLA_INFO_KIND (1) at 44. */
const linkBody = concatenate(new Uint8Array(16), attribute(3, 'v0'), nest(18, attribute(1, 'veth')));

/** The error of a request that is refused so. */
async function refusalOf(errno: number, explanation: FakeExplanation = {}, settings: FakeSettings = {}): Promise<NetlinkError> {
  let error: Error | undefined;
  await withSocket(
    (request) => refuse(request, errno, explanation),
    async (socket) => {
      error = await rejectionOf(socket.request({ type: RTM.NEWLINK, body: linkBody }));
    },
    settings,
  );
  return error as NetlinkError;
}

describe('the error of a refused request', () => {
  it("has Node's shape, and says what was asked, where, and what the kernel said", async () => {
    const error = await refusalOf(19);
    expect(error.name).to.equal('NetlinkError');
    expect(error).to.include({ code: 'ENODEV', errno: -19, syscall: 'netlink', namespace: 'fake' });
    expect(error.message).to.match(/RTM_NEWLINK in fake: ENODEV: no such device/);
    expect(error).not.to.have.any.keys('kernelMessage', 'offset', 'attribute', 'missingAttribute', 'policy', 'cookie');
  });

  it("carries the kernel's own text, which stands in its message", async () => {
    const error = await refusalOf(22, { message: 'Unknown device type' });
    expect(error.kernelMessage).to.equal('Unknown device type');
    expect(error.message).to.match(/EINVAL: Unknown device type/);
  });

  it('names the attribute at the offset by walking the request that the kernel echoed', async () => {
    expect(await refusalOf(22, { offset: 32 })).to.include({ offset: 32, attribute: '3' });
    const nested = await refusalOf(22, { offset: 44 });
    expect(nested).to.include({ offset: 44, attribute: '18.1' });
    expect(nested.message).to.match(/at 18\.1/);
  });

  it('never guesses: an offset at which no attribute starts names none', async () => {
    for (const offset of [0, 16, 33, 46, 4000]) {
      const error = await refusalOf(22, { offset });
      expect(error.offset).to.equal(offset);
      expect(error, String(offset)).not.to.have.property('attribute');
    }
  });

  it('names no attribute where the request was not echoed', async () => {
    const error = await refusalOf(22, { offset: 32, message: 'no' }, { socket: { capAck: true } });
    expect(error).to.include({ offset: 32, kernelMessage: 'no' });
    expect(error).not.to.have.property('attribute');
  });

  it('says which attribute is missing, and in which nest', async () => {
    const top = await refusalOf(22, { missingType: 5 });
    expect(top).to.include({ missingAttribute: 'attribute 5' });
    expect(top).not.to.have.property('missingNest');
    expect(top.message).to.match(/attribute 5 is missing/);
    expect(await refusalOf(22, { missingType: 1, missingNest: 40 })).to.include({ missingAttribute: 'attribute 1', missingNest: 40 });
  });

  it('tells the policy that was not met', async () => {
    const policies: readonly (readonly [FakePolicy, object])[] = [
      [
        { type: 4, minimum: 68n, maximum: 65_535n },
        { type: 'u32', minimum: 68n, maximum: 65_535n },
      ],
      [
        { type: 8, minimum: -5n, maximum: 5n, signed: true },
        { type: 's32', minimum: -5n, maximum: 5n },
      ],
      [
        { type: 11, minimumLength: 1, maximumLength: 15 },
        { type: 'string', minimumLength: 1, maximumLength: 15 },
      ],
      [
        { type: 5, mask: 0xffff_ffff_0000_0000n },
        { type: 'u64', mask: 0xffff_ffff_0000_0000n },
      ],
    ];
    for (const [policy, expected] of policies) expect((await refusalOf(34, { policy })).policy).to.deep.equal(expected);
  });

  it('has the cookie of the subsystem as bytes of its own', async () => {
    const error = await refusalOf(22, { cookie: u32(77) });
    expect([...(error.cookie ?? [])]).to.deep.equal([...u32(77)]);
    expect(error.cookie?.buffer.byteLength).to.equal(4);
  });

  it('does without the explanation where the socket or the kernel is too old for one', async () => {
    const off = await refusalOf(22, { message: 'unheard' }, { socket: { extendedAck: false } });
    expect(off).not.to.have.property('kernelMessage');
    const old = await refusalOf(22, { message: 'unheard' }, { kernel: { unknownOptions: [11, 12] } });
    expect(old).to.include({ code: 'EINVAL' });
    expect(old).not.to.have.property('kernelMessage');
  });

  it('tells what a plain EPERM needs', async () => {
    expect((await refusalOf(1)).message).to.match(/CAP_NET_ADMIN/);
  });

  it('is not confused by an explanation that is itself garbage', async () => {
    await withSocket(
      (request) => {
        const good = refuse(request, 22, { message: 'text', offset: 32 });
        const bytes = good.bytes.slice();
        // The first attribute claims to be longer than the message.
        new DataView(bytes.buffer).setUint16(16 + 4 + request.bytes.length, 0xffff, true);
        return { ...good, bytes };
      },
      async (socket) => {
        const error = await rejectionOf(socket.request({ type: RTM.NEWLINK, body: linkBody }));
        expect(error).to.include({ code: 'EINVAL' });
        expect(error).not.to.have.property('kernelMessage');
      },
    );
  });

  it('takes nothing behind the echo for an explanation that is not announced as one', async () => {
    await withSocket(
      (request) => {
        const good = refuse(request, 22, { message: 'text' });
        const bytes = good.bytes.slice();
        new DataView(bytes.buffer).setUint16(6, 0, true);
        return { ...good, bytes };
      },
      async (socket) => {
        expect(await rejectionOf(socket.request({ type: RTM.NEWLINK, body: linkBody }))).not.to.have.property('kernelMessage');
      },
    );
  });

  it('is EPROTO for an acknowledgement that is too short to hold an errno', async () => {
    await withSocket(
      (request) => reply(request, u8(1), { type: 2 }),
      async (socket) => {
        expect(await rejectionOf(socket.request({ type: RTM.NEWLINK }))).to.include({ code: 'EPROTO' });
      },
    );
  });

  it('leaves the requests beside it alone', async () => {
    await withSocket(
      (request) => (request.body[0] === 1 ? refuse(request, 17) : ack(request)),
      async (socket) => {
        const outcomes = await Promise.allSettled([0, 1, 0, 1, 0].map((first) => socket.request({ type: RTM.NEWLINK, body: u8(first) })));
        expect(outcomes.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled']);
      },
    );
  });

  it('comes instead of what was sent before it', async () => {
    await withSocket(
      (request) => [reply(request, u32(1)), refuse(request, 5)],
      async (socket) => {
        expect(await rejectionOf(socket.request({ type: RTM.GETLINK }))).to.include({ code: 'EIO' });
      },
    );
  });
});

describe('the end of a dump', () => {
  it('with an errno is an error, with the explanation', async () => {
    await withSocket(
      (request) => [multi(request, [u32(1)], { errno: 12, message: 'no memory for it' })],
      async (socket) => {
        const error = await rejectionOf(socket.request({ type: RTM.GETLINK, flags: NLM_F_DUMP }));
        expect(error).to.include({ code: 'ENOMEM', errno: -12, kernelMessage: 'no memory for it', namespace: 'fake' });
        expect(error.message).to.match(/RTM_GETLINK/);
      },
    );
  });

  it('names the attribute that the kernel disliked, though it echoes nothing', async () => {
    await withSocket(
      (request) => multi(request, [], { errno: 22, offset: 32 }),
      async (socket) => {
        expect(await rejectionOf(socket.request({ type: RTM.GETLINK, flags: NLM_F_DUMP, body: linkBody }))).to.include({ attribute: '3' });
      },
    );
  });

  it('may be a refusal instead', async () => {
    await withSocket(
      (request) => refuse(request, 95, { message: 'cannot' }),
      async (socket) => {
        const error = await rejectionOf(socket.request({ type: RTM.GETLINK, flags: NLM_F_DUMP }));
        expect(error).to.include({ code: 'EOPNOTSUPP', kernelMessage: 'cannot' });
      },
    );
  });

  it('without a body is a success, as old kernels end', async () => {
    await withSocket(
      (request) => [reply(request, u32(1), { flags: 2 }), reply(request, [], { type: 3, flags: 2 })],
      async (socket) => {
        const { messages } = await socket.request({ type: RTM.GETLINK, flags: NLM_F_DUMP });
        expect(messages.length).to.equal(1);
      },
    );
  });
});

describe('a warning', () => {
  const warned = async (handler: FakeHandler, flags = 0, type: number = RTM.NEWLINK) => {
    let warnings: readonly unknown[] = [];
    await withSocket(handler, async (socket) => {
      ({ warnings } = await socket.request({ type, flags, body: linkBody }));
    });
    return warnings;
  };

  it('on success reaches the caller', async () => {
    expect(await warned((request) => ack(request, { message: 'deprecated' }))).to.deep.equal([{ message: 'deprecated' }]);
    expect(await warned((request) => ack(request))).to.deep.equal([]);
  });

  it('on a read has the attribute that it is about, found in the request that was sent', async () => {
    const handler: FakeHandler = (request) => ack(request, { message: 'ignored', offset: 44 });
    expect(await warned(handler, 0, RTM.GETLINK)).to.deep.equal([{ message: 'ignored', offset: 44, attribute: '18.1' }]);
  });

  it('on a change has the attribute as well, whatever the caller did to the body, and others that left with it, meanwhile', async () => {
    await withSocket(
      (request) => ack(request, { message: 'deprecated', offset: request.body.length === linkBody.length ? 44 : 16 + 16 }),
      async (socket, kernel) => {
        const body = linkBody.slice();
        const short = concatenate(new Uint8Array(16), attribute(7, u32(1)));
        const asked = [short, body, short].map((each) => socket.request({ type: RTM.NEWLINK, body: each }));
        body.fill(0);
        const attributes = (await Promise.all(asked)).map(({ warnings }) => warnings[0]?.attribute);
        expect(attributes).to.deep.equal(['7', '18.1', '7']);
        expect(kernel.sends.length).to.equal(1);
      },
    );
  });

  it('at the end of a dump reaches the caller, too', async () => {
    expect(
      await warned((request) => multi(request, [u32(1)], { message: 'filtered in user space' }), NLM_F_DUMP, RTM.GETLINK),
    ).to.deep.equal([{ message: 'filtered in user space' }]);
  });

  it('at the end of a multi-part reply to a plain request does as well', async () => {
    expect(await warned((request) => [reply(request, [], { flags: 2 }), done(request, 0, { message: 'so' })])).to.deep.equal([
      { message: 'so' },
    ]);
  });
});

describe('a send that fails', () => {
  it('rejects every request of that sendmsg with the errno, and no other', async () => {
    await withSocket(
      (request) => ack(request),
      async (socket, kernel) => {
        kernel.failSend(105);
        const failing = [1, 2].map(() => socket.request({ type: RTM.NEWLINK }));
        const errors = await Promise.all(failing.map((each) => rejectionOf(each)));
        for (const error of errors) expect(error).to.include({ code: 'ENOBUFS', errno: -105, syscall: 'sendmsg', namespace: 'fake' });
        expect(errors[0]?.message).to.match(/RTM_NEWLINK in fake/);
        await socket.request({ type: RTM.NEWLINK });
        expect(kernel.requests.length).to.equal(1);
      },
    );
  });

  it('for want of room says what to do', async () => {
    await withSocket(
      (request) => ack(request),
      async (socket) => {
        const error = await rejectionOf(socket.request({ type: RTM.NEWLINK, body: new Uint8Array(300_000) }));
        expect(error).to.include({ code: 'EMSGSIZE', syscall: 'sendmsg' });
        expect(error.message).to.match(/sendBuffer/);
        await socket.request({ type: RTM.NEWLINK });
      },
    );
  });

  it('of a dump rejects that dump', async () => {
    await withSocket(
      (request) => multi(request, []),
      async (socket, kernel) => {
        kernel.failSend(12);
        expect(await rejectionOf(socket.request({ type: RTM.GETLINK, flags: NLM_F_DUMP }))).to.include({
          code: 'ENOMEM',
          syscall: 'sendmsg',
        });
        await socket.request({ type: RTM.GETLINK, flags: NLM_F_DUMP });
      },
    );
  });
});
