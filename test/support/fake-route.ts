import { Exchange } from '../../lib/netlink/route/exchange.js';
import { RouteClient } from '../../lib/netlink/route.js';
import { openSocket, type FakeKernel } from '../../lib/testing.js';

/** A client of a fake kernel, in a namespace that no other client of the test is in. No request names a namespace. */
export async function openRoute(kernel: FakeKernel): Promise<RouteClient> {
  const exchange = new Exchange(await openSocket(kernel, 'route'), (groups) => openSocket(kernel, 'route', { groups }), {
    namespace: 'fake',
    identity: `fake:${kernel.transports.length}`,
    hold: () => {
      throw new Error('no namespace is named here');
    },
    bigint: false,
  });
  return new RouteClient(exchange, undefined);
}
