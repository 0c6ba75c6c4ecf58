import { invalidArgument } from '../errors.js';
import { LaneFactory, lanes, type LaneNamespace } from '../lane/registry.js';
import { CallerFactory } from '../netlink/caller-transport.js';
import type { Protocol } from '../netlink/constants.js';
import { protocolNumber } from '../netlink/names.js';
import { checkSocketOptions, type SocketOptions } from '../netlink/socket-options.js';
import { NetlinkSocket } from '../netlink/socket.js';
import type { TransportFactory } from '../netlink/transport.js';
import { accountFor } from './accounts.js';
import type { NamespaceHandle } from './handle.js';

// leaks() must be able to say which of the threads elsewhere are lanes.
const endAccounts = new Map<number, () => void>();
lanes.witness = {
  started(thread, namespace) {
    endAccounts.set(thread, accountFor('thread', thread, `the lane of ${namespace}`));
  },
  ended(thread) {
    endAccounts.get(thread)?.();
    endAccounts.delete(thread);
  },
};

/** A namespace as the transports need it. */
function laneNamespace(handle: NamespaceHandle): LaneNamespace {
  return {
    name: String(handle),
    // Before Linux 5.14 there is no cookie: the id is as good while the handle is open, and the lane is inside.
    get key() {
      return handle.cookie === 0n ? handle.id : String(handle.cookie);
    },
    fd: () => handle.fd,
    acquire: () => handle.acquire(),
  };
}

/** What opens sockets in a namespace: through its lane, or on the caller's thread. */
export function transportFactory(handle: NamespaceHandle, thread: 'lane' | 'caller'): TransportFactory {
  const namespace = laneNamespace(handle);
  if (thread === 'caller') return new CallerFactory(namespace);
  return new LaneFactory(namespace, { shared: handle.lane === 'shared', idleTime: handle.laneIdle });
}

/** Opens a netlink socket that ends with the namespace's handle. */
export async function openNetlink(handle: NamespaceHandle, protocol: Protocol, options: SocketOptions): Promise<NetlinkSocket> {
  const number = protocolNumber(protocol);
  if (number === undefined)
    throw invalidArgument('protocol', "a protocol's name ('route', 'generic', ...) or its number from 0 to 31", protocol);
  checkSocketOptions(number, options);
  handle.assertOpen('open a netlink socket');
  let disown: (() => void) | undefined;
  const socket = await NetlinkSocket.open(transportFactory(handle, options.thread ?? 'lane'), number, options, () => disown?.());
  try {
    disown = handle.own(socket);
  } catch (error) {
    // Closed in the meantime.
    await socket.close();
    throw error;
  }
  return socket;
}
