import { expect } from 'chai';
import { decodeFrom, encodeToBytes } from '../../lib/codec/codec.js';
import type { NetlinkError } from '../../lib/errors.js';
import { NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE } from '../../lib/netlink/constants.js';
import { Exchange } from '../../lib/netlink/route/exchange.js';
import { RouteClient, type Batch } from '../../lib/netlink/route.js';
import { address, type Address, type AddressInput } from '../../lib/schema/route/address.js';
import { link, type LinkInput } from '../../lib/schema/route/link.js';
import { ack, FakeKernel, multi, openSocket, refuse, reply, type FakeHandler, type FakeRequest } from '../../lib/testing.js';
import { errorOf, rejectionOf } from '../support/error-of.js';

const [GETLINK, NEWLINK, NEWADDR, DELADDR, GETADDR, NEWROUTE] = [18, 16, 20, 21, 22, 24];
const [ENOENT, ENODEV, EEXIST, EPERM] = [2, 19, 17, 1];

/** Handles of namespaces that requests named, and how often each is held now. */
class Handles {
  readonly held = new Map<object, number>();

  hold(handle: object): { fd: number; release: () => void } {
    this.held.set(handle, (this.held.get(handle) ?? 0) + 1);
    return { fd: 77, release: () => void this.held.set(handle, (this.held.get(handle) ?? 0) - 1) };
  }
}

/** A client of a fake kernel; afterwards nothing may be open or held. */
async function withRoute(
  handler: FakeHandler,
  use: (route: RouteClient, kernel: FakeKernel, handles: Handles) => Promise<void>,
): Promise<void> {
  const kernel = new FakeKernel(handler);
  const handles = new Handles();
  const socket = await openSocket(kernel, 'route');
  const exchange = new Exchange(socket, (groups) => openSocket(kernel, 'route', { groups }), {
    namespace: 'fake',
    hold: (handle) => handles.hold(handle),
    bigint: false,
  });
  const route = new RouteClient(exchange, undefined);
  try {
    await use(route, kernel, handles);
  } finally {
    await route.close();
    await kernel.settled();
  }
  expect([...handles.held.values()].every((count) => count === 0)).to.equal(true);
  kernel.verify();
}

function linkBody(value: LinkInput): Uint8Array {
  return encodeToBytes(link, value);
}

const indexes: Readonly<Record<string, number>> = { v0: 3, v1: 4 };

/** Answers look-ups of links by name; the rest is the test's. */
function withLinks(handler: FakeHandler): FakeHandler {
  return (request, kernel) => {
    if (request.type !== GETLINK) return handler(request, kernel);
    const { name } = decodeFrom(link, request.body);
    const index = indexes[name];
    return index === undefined ? refuse(request, ENODEV) : reply(request, linkBody({ name, index }));
  };
}

/** A kernel that has addresses. */
class Addresses {
  readonly all = new Map<string, Address>();
  readonly log: string[] = [];

  constructor(...values: readonly AddressInput[]) {
    for (const value of values) this.#put(decodeFrom(address, encodeToBytes(address, value)));
  }

  #put(value: Address): void {
    this.all.set(`${value.link} ${value.address ?? ''}`, value);
  }

  readonly handler: FakeHandler = (request: FakeRequest) => {
    if (request.type === GETADDR)
      return multi(
        request,
        [...this.all.values()].map((value) => encodeToBytes(address, value)),
      );
    const value = decodeFrom(address, request.body);
    const key = `${value.link} ${value.address ?? ''}`;
    this.log.push(`${request.type === DELADDR ? 'delete' : 'put'} ${key}`);
    if (request.type === DELADDR) return this.all.delete(key) ? ack(request) : refuse(request, ENOENT);
    if ((request.flags & NLM_F_EXCL) !== 0 && this.all.has(key)) return refuse(request, EEXIST);
    this.#put(value);
    return ack(request);
  };
}

describe('the typed client, over a fake kernel', () => {
  it('looks names of links up, and sends what it was given', async () => {
    await withRoute(
      withLinks((request) => ack(request)),
      async (route, kernel) => {
        await route.addresses.add({ link: 'v1', address: '10.0.0.1/24', broadcast: '10.0.0.255' });
        expect(kernel.requests.map(({ type }) => type)).to.deep.equal([GETLINK, NEWADDR]);
        const [, sent] = kernel.requests;
        expect((sent?.flags ?? 0) & (NLM_F_CREATE | NLM_F_EXCL | NLM_F_REPLACE)).to.equal(NLM_F_CREATE | NLM_F_EXCL);
        expect(decodeFrom(address, sent?.body ?? new Uint8Array())).to.include({
          link: 4,
          address: '10.0.0.1/24',
          broadcast: '10.0.0.255',
        });
        await route.addresses.replace({ link: 4, address: '10.0.0.1/24' });
        expect(kernel.requests.map(({ type }) => type)).to.deep.equal([GETLINK, NEWADDR, NEWADDR]);
        expect((kernel.requests[2]?.flags ?? 0) & (NLM_F_CREATE | NLM_F_EXCL | NLM_F_REPLACE)).to.equal(NLM_F_CREATE | NLM_F_REPLACE);
      },
    );
  });

  it('says of a link that is not there which one, and sends no change', async () => {
    await withRoute(
      withLinks((request) => ack(request)),
      async (route, kernel) => {
        const error = (await rejectionOf(route.addresses.add({ link: 'nope', address: '10.0.0.1/24' }))) as NetlinkError;
        expect(error).to.include({ code: 'ENODEV', operation: 'find link nope', namespace: 'fake' });
        expect(kernel.requests.map(({ type }) => type)).to.deep.equal([GETLINK]);
      },
    );
  });

  it('names the attribute that the kernel disliked, and the one that it missed', async () => {
    // struct ifinfomsg ends at 32 of the message; IFLA_IFNAME of 8 bytes comes first, then IFLA_MTU.
    await withRoute(
      (request) =>
        request.type === NEWLINK ? refuse(request, 34, { message: 'too large', offset: 40 }) : refuse(request, 22, { missingType: 1 }),
      async (route) => {
        const disliked = (await rejectionOf(route.links.add({ name: 'b0', mtu: 1, kind: 'bridge' }))) as NetlinkError;
        expect(disliked).to.include({ code: 'ERANGE', attribute: 'mtu (IFLA_MTU)', operation: 'add link b0', kernelMessage: 'too large' });
        const missed = (await rejectionOf(route.routes.add({ link: 3 }))) as NetlinkError;
        expect(missed).to.include({ code: 'EINVAL', missingAttribute: 'destination (RTA_DST)' });
      },
    );
  });

  it('says why a link could not be made as asked, also where it cannot be deleted either', async () => {
    const DELLINK = 17;
    await withRoute(
      withLinks((request) => {
        if (request.type === DELLINK) return refuse(request, ENODEV);
        return (request.flags & NLM_F_CREATE) === 0 ? refuse(request, EPERM) : ack(request);
      }),
      async (route, kernel) => {
        const error = await rejectionOf(route.links.add({ name: 'v0', kind: 'ifb', alias: 'x' }));
        expect(error).to.include({ code: 'EPERM', operation: 'set link 3' });
        expect(kernel.requests.map(({ type }) => type)).to.deep.equal([NEWLINK, GETLINK, NEWLINK, DELLINK]);
      },
    );
  });

  it('makes the changes of a batch in order, each with its own result, and goes on after a refused one', async () => {
    const addresses = new Addresses({ link: 3, address: '10.0.0.2/24' });
    await withRoute(withLinks(addresses.handler), async (route, kernel) => {
      const results = await route.batch((batch) => {
        batch.addresses.add({ link: 3, address: '10.0.0.1/24' });
        batch.addresses.add({ link: 'v0', address: '10.0.0.2/24' });
        batch.addresses.add({ link: 'nope', address: '10.0.0.3/24' });
        batch.addresses.add({ link: 3, address: 'wrong' });
        batch.addresses.delete({ link: 'v0', address: '10.0.0.1/24' });
      });
      expect(results.map((result) => (result.ok ? 'ok' : (result.error as NetlinkError).code))).to.deep.equal([
        'ok',
        'EEXIST',
        'ENODEV',
        'NETLANE_INVALID_ARGUMENT',
        'ok',
      ]);
      expect(addresses.log).to.deep.equal(['put 3 10.0.0.1/24', 'put 3 10.0.0.2/24', 'delete 3 10.0.0.1/24']);
      expect(kernel.requests.filter(({ type }) => type === NEWADDR)).to.have.length(2);
    });
  });

  it('takes nothing more into a batch once the function that puts it down has returned', async () => {
    await withRoute(
      (request) => ack(request),
      async (route, kernel) => {
        let late: Batch | undefined;
        const results = route.batch((batch) => {
          late = batch;
          batch.routes.add({ destination: '10.0.0.0/16', link: 3 });
        });
        const put: readonly (() => unknown)[] = [
          () => late?.routes.add({ destination: '10.1.0.0/16', link: 3 }),
          () => late?.addresses.delete({ link: 3, address: '10.0.0.1/24' }),
          () => late?.addresses.change({ link: 3, address: '10.0.0.1/24' }),
          () => late?.links.add({ name: 'b0', kind: 'bridge' }),
          () => late?.links.set(3, { mtu: 1400 }),
          () => late?.links.delete(3),
        ];
        for (const one of put) expect(errorOf(one)).to.include({ code: 'NETLANE_CLOSED' });
        expect(await results).to.deep.equal([{ ok: true, value: undefined }]);
        for (const one of put) expect(errorOf(one)).to.include({ code: 'NETLANE_CLOSED' });
        expect(kernel.requests).to.have.length(1);
      },
    );
  });

  it('sends the changes of a batch together', async () => {
    await withRoute(
      (request) => ack(request),
      async (route, kernel) => {
        const results = await route.batch((batch) => {
          for (let index = 0; index < 50; index++) batch.routes.add({ destination: `10.${index}.0.0/16`, link: 3 });
        });
        expect(results.every(({ ok }) => ok)).to.equal(true);
        expect(kernel.requests.every(({ type }) => type === NEWROUTE)).to.equal(true);
        expect(kernel.transports.flatMap(({ sends }) => sends)).to.have.length(1);
      },
    );
  });

  it('makes it so only where it is not', async () => {
    const addresses = new Addresses({ link: 3, address: '10.0.0.1/24', flags: ['permanent'] });
    await withRoute(withLinks(addresses.handler), async (route) => {
      expect(await route.addresses.ensure({ link: 'v0', address: '10.0.0.1/24' })).to.deep.include({ changed: false });
      expect(addresses.log).to.deep.equal([]);
      const changed = await route.addresses.ensure({ link: 'v0', address: '10.0.0.1/24', flags: ['noprefixroute'] });
      expect(changed).to.deep.include({ changed: true });
      expect(changed.value.flags).to.deep.equal(['noprefixroute']);
      expect(await route.addresses.ensure({ link: 'v1', address: '10.0.0.1/24' })).to.deep.include({ changed: true });
      expect(addresses.log).to.deep.equal(['put 3 10.0.0.1/24', 'put 4 10.0.0.1/24']);
    });
  });

  it('flushes what the filter fits, minds no one who was faster, and tells any other refusal', async () => {
    const addresses = new Addresses(...[1, 2, 3].map((last) => ({ link: 3, address: `10.0.0.${last}/24` })), {
      link: 4,
      address: '10.0.0.4/24',
    });
    let refused = 0;
    const handler: FakeHandler = (request, kernel) => {
      const one = request.type === DELADDR ? decodeFrom(address, request.body).address : undefined;
      if (one === '10.0.0.2/24') return refuse(request, ENOENT);
      if (one === '10.0.0.4/24') return refuse(request, EPERM);
      refused += one === undefined ? 0 : 1;
      return addresses.handler(request, kernel);
    };
    await withRoute(withLinks(handler), async (route) => {
      expect(await route.addresses.flush({ link: 'v0' })).to.equal(2);
      expect(refused).to.equal(2);
      expect(await rejectionOf(route.addresses.flush({ link: 'v1' }))).to.include({ code: 'EPERM' });
    });
  });

  it('gives the wait up at once with the signal, and with the time', async () => {
    await withRoute(
      () => undefined,
      async (route) => {
        const controller = new AbortController();
        const reason = new Error('enough');
        const waiting = rejectionOf(route.links.set(3, { mtu: 1400 }, { signal: controller.signal }));
        controller.abort(reason);
        expect(await waiting).to.include({ code: 'ABORT_ERR', cause: reason });
        const late = await rejectionOf(route.links.get(3, { timeout: 20 }));
        expect(late).to.include({ code: 'NETLANE_TIMEOUT', operation: 'get link 3' });
        expect(await rejectionOf(route.links.list({}, { timeout: 20 }))).to.include({ code: 'NETLANE_TIMEOUT' });
        expect(await rejectionOf(route.links.set(3, {}, { timeout: -1 }))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
      },
    );
  });

  it('holds a namespace that a request names until the kernel has answered, whatever the answer', async () => {
    const namespace = {};
    let answer: 'ack' | 'refuse' = 'ack';
    let heldMeanwhile = 0;
    let handles: Handles | undefined;
    const handler: FakeHandler = (request) => {
      heldMeanwhile = handles?.held.get(namespace) ?? 0;
      return answer === 'ack' ? ack(request) : refuse(request, EPERM);
    };
    await withRoute(handler, async (route, kernel, all) => {
      handles = all;
      await route.links.set(3, { namespace });
      expect(heldMeanwhile).to.equal(1);
      expect(decodeFrom(link, kernel.requests[0]?.body ?? new Uint8Array()).namespace).to.equal(77);
      answer = 'refuse';
      expect(await rejectionOf(route.links.set(3, { namespace }))).to.include({ code: 'EPERM' });
      expect(all.held.get(namespace)).to.equal(0);
      // What cannot be encoded lets go as well.
      expect(await rejectionOf(route.links.set(3, { namespace, mtu: 'x' as never }))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    });
  });

  it('waits until a link is as it should be: looks first, then at every change', async () => {
    let up = false;
    const looks: boolean[] = [];
    const handler: FakeHandler = (request) => reply(request, linkBody({ name: 'v0', index: 3, up }));
    await withRoute(handler, async (route, kernel) => {
      const waiting = route.links.waitFor('v0', (one) => {
        looks.push(one?.up === true);
        return one?.up === true;
      });
      while (looks.length === 0) await new Promise((resolve) => setImmediate(resolve));
      up = true;
      kernel.event(1, { type: NEWLINK, body: linkBody({ name: 'v0', index: 3, up }) });
      expect(await waiting).to.include({ name: 'v0', up: true });
      expect([looks[0], looks.at(-1)]).to.deep.equal([false, true]);
      const controller = new AbortController();
      const never = rejectionOf(route.links.waitFor('v0', () => false, { signal: controller.signal }));
      controller.abort();
      expect(await never).to.include({ code: 'ABORT_ERR' });
    });
  });

  it('waits no longer than its time-out for a link, and looks again without an event', async () => {
    let up = false;
    let looks = 0;
    const handler: FakeHandler = (request) => {
      looks++;
      return reply(request, linkBody({ name: 'v0', index: 3, up }));
    };
    await withRoute(handler, async (route) => {
      const late = await rejectionOf(route.links.waitFor('v0', (one) => one?.up === true, { timeout: 20 }));
      expect(late).to.include({ code: 'NETLANE_TIMEOUT', operation: 'wait for link v0' });
      const waiting = route.links.waitFor('v0', (one) => one?.up === true);
      for (const before = looks; looks === before;) await new Promise((resolve) => setImmediate(resolve));
      up = true;
      expect(await waiting).to.include({ name: 'v0', up: true });
      const thrown = route.links.waitFor('v0', () => {
        throw new RangeError('the predicate');
      });
      expect(await rejectionOf(thrown)).to.be.instanceOf(RangeError);
    });
  });

  it('waits for a link with a predicate that says at once whether it holds: a promise would be a yes', async () => {
    const handler: FakeHandler = (request) => reply(request, linkBody({ name: 'v0', index: 3 }));
    await withRoute(handler, async ({ links }) => {
      const predicates = [
        async (): Promise<boolean> => Promise.resolve(false),
        async (): Promise<boolean> => Promise.reject(new Error('no')),
      ];
      for (const predicate of predicates) {
        const error = await rejectionOf(links.waitFor('v0', predicate as never, { timeout: 1000 }));
        expect(error).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
      }
    });
  });

  it('says of data without a kind that the kind is missing', async () => {
    await withRoute(
      () => [],
      async ({ links }, kernel) => {
        const value = { name: 'br0', data: { forwardDelay: 500 } } as never;
        for (const refused of [links.set('br0', value), links.add(value), links.ensure(value)]) {
          const error = await rejectionOf(refused);
          expect(error).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
          expect(error.message).to.match(/^kind must be given/);
        }
        expect(kernel.requests).to.deep.equal([]);
      },
    );
  });
});
