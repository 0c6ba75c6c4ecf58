import { invalidArgument } from '../errors.js';
import type { HeldNamespace } from '../netlink/route/exchange.js';
import { checkRouteOptions, RouteClient, type RouteOptions } from '../netlink/route.js';
import { handleOf, type NamespaceHandle } from './handle.js';
import { openNetlink } from './netlink.js';

/** The fd of a Namespace that a request names, kept open until the kernel has answered. */
function hold(value: object): HeldNamespace {
  const handle = handleOf(value);
  if (handle === undefined) throw invalidArgument('namespace', 'a Namespace', value);
  const release = handle.acquire();
  return { fd: handle.fd, release };
}

/** Opens a typed client that ends with the namespace's handle. */
export async function openRoute(handle: NamespaceHandle, options: RouteOptions): Promise<RouteClient> {
  checkRouteOptions(options);
  const { thread, timeout } = options;
  const socket = await openNetlink(handle, 'route', { thread, timeout });
  return new RouteClient(
    socket,
    (groups) => openNetlink(handle, 'route', { thread, timeout, groups }),
    String(handle),
    hold,
    options.bigint ?? false,
  );
}
