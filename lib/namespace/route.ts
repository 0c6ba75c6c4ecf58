import { invalidArgument } from '../errors.js';
import type { HeldNamespace } from '../netlink/route/encoder.js';
import { Exchange, type Subscribe } from '../netlink/route/exchange.js';
import { checkRouteOptions, RouteClient, type CountingOf, type RouteOptions } from '../netlink/route.js';
import { handleOf, type NamespaceHandle } from './handle.js';
import { openNetlink } from './netlink.js';

/** The fd of a Namespace that a request names, kept open until the kernel has answered. */
function hold(value: object): HeldNamespace {
  const handle = handleOf(value);
  if (handle === undefined) throw invalidArgument('namespace', 'a Namespace', value);
  const release = handle.acquire();
  return { fd: handle.fd, release };
}

/**
 * What a client asks for as its receive buffer, which the kernel doubles: twice its default, and the most that anybody gets where rmem_max is
 * as the kernel has it. Changes leave as far as there is room for what answers them: so there are enough with the lane while this thread
 * is at something else.
 */
const receiveBuffer = 212_992;

/** Opens a typed client that ends with the namespace's handle. */
export async function openRoute<N, O extends RouteOptions>(
  handle: NamespaceHandle,
  namespace: N,
  options: O,
): Promise<RouteClient<N, CountingOf<O>>> {
  checkRouteOptions(options);
  const { thread, timeout } = options;
  const socket = await openNetlink(handle, 'route', { thread, timeout, receiveBuffer });
  const subscribe: Subscribe = (groups, more) => openNetlink(handle, 'route', { ...more, thread, timeout, groups });
  const inside = (): number => handle.entryFd;
  const { bigint = false } = options;
  const exchange = new Exchange(socket, subscribe, { namespace: String(handle), hold, bigint, inside, identity: handle.id });
  return new RouteClient(exchange, namespace);
}
