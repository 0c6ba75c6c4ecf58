import { expect } from 'chai';
import { Exchange } from '../../lib/netlink/route/exchange.js';
import { RouteClient } from '../../lib/netlink/route.js';
import type { Warning } from '../../lib/netlink/request.js';
import { ack, multi, type FakeHandler } from '../../lib/testing.js';
import { rejectionOf } from '../support/error-of.js';
import { withSocket } from '../support/fake-socket.js';

function hold(): never {
  throw new Error('nothing here names a namespace');
}

async function withRoute(handler: FakeHandler, use: (route: RouteClient) => Promise<void>): Promise<void> {
  await withSocket(handler, async (socket) => {
    const subscribe = (): Promise<never> => Promise.reject(new Error('nothing here is watched'));
    await use(new RouteClient(new Exchange(socket, subscribe, { namespace: 'fake', hold, bigint: false }), undefined));
  });
}

describe('the warnings of the kernel', () => {
  it('reach who makes a change, with the field that they are about', async () => {
    // struct ifinfomsg ends at 32 of the message, IFLA_MTU is the first attribute.
    await withRoute(
      (request) => ack(request, { message: 'that is much', offset: 32 }),
      async (route) => {
        const told: Warning[] = [];
        const onWarning = (warning: Warning): void => void told.push(warning);
        await route.links.set(5, { mtu: 9000 }, { onWarning });
        expect(told).to.deep.equal([{ message: 'that is much', offset: 32, attribute: 'mtu (IFLA_MTU)' }]);
        await route.links.set(5, { mtu: 9000 });
        const results = await route.batch(
          (batch) => {
            batch.links.set(5, { mtu: 9001 });
            batch.links.set(6, { mtu: 9002 });
          },
          { onWarning },
        );
        expect(results.map(({ ok }) => ok)).to.deep.equal([true, true]);
        expect(told).to.have.length(3);
      },
    );
  });

  it('reach who asks for a list', async () => {
    await withRoute(
      (request) => multi(request, [], { message: 'not filtered' }),
      async (route) => {
        const told: string[] = [];
        expect(await route.links.list({}, { onWarning: ({ message }) => told.push(message) })).to.deep.equal([]);
        expect(told).to.deep.equal(['not filtered']);
      },
    );
  });

  it('reject the operation with what their listener throws', async () => {
    await withRoute(
      (request) => ack(request, { message: 'so' }),
      async (route) => {
        const wrong = new Error('the listener’s own');
        const onWarning = (): never => {
          throw wrong;
        };
        expect(await rejectionOf(route.links.set(5, { mtu: 9000 }, { onWarning }))).to.equal(wrong);
        expect(await rejectionOf(route.links.set(5, { mtu: 9000 }, { onWarning: 'x' as never }))).to.include({
          code: 'NETLANE_INVALID_ARGUMENT',
        });
      },
    );
  });
});
