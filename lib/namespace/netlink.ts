import { invalidArgument, SystemError } from '../errors.js';
import { LaneFactory, lanes, type LaneNamespace } from '../lane/registry.js';
import { CallerFactory } from '../netlink/caller-transport.js';
import type { Protocol } from '../netlink/constants.js';
import { protocolName, protocolNumber } from '../netlink/names.js';
import { checkSocketOptions, type SocketOptions } from '../netlink/socket-options.js';
import { NetlinkSocket } from '../netlink/socket.js';
import type { Transport, TransportEvents, TransportFactory, TransportOptions } from '../netlink/transport.js';
import { native } from '../native.js';
import { accountFor, accountForSocket } from './accounts.js';
import { entryError } from './entry-error.js';
import type { NamespaceHandle } from './handle.js';

const EBADF = 9;

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
    fd: () => handle.entryFd,
    acquire: () => handle.acquire(),
  };
}

/** Says what to do where opening failed: EPERM may mean a missing capability, or a namespace of a foreign user namespace. */
function explain(thrown: unknown, handle: NamespaceHandle): unknown {
  if (!(thrown instanceof SystemError) || thrown.operation === undefined) return thrown;
  const helps = thrown.syscall === 'setns' || ['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN'].includes(thrown.code);
  if (!helps || handle.closed) return thrown;
  return entryError(thrown, handle.fd, { operation: thrown.operation, namespace: String(handle) });
}

function explaining(factory: TransportFactory, handle: NamespaceHandle): TransportFactory {
  const openSync = factory.openSync?.bind(factory);
  const accounted = (transport: Transport, protocol: number): Transport => {
    const { fd } = transport.state;
    const whose = transport.kind === 'lane' ? `on the lane of ${String(handle)}` : `in ${String(handle)}, on the thread that opened it`;
    try {
      accountForSocket(fd, native().inodeOf(fd), `a ${protocolName(protocol)} socket ${whose}`);
    } catch (error) {
      // The lane has ended since, and its sockets with it: the transport tells so itself.
      if ((error as { errno?: unknown }).errno !== -EBADF) throw error;
    }
    return transport;
  };
  return {
    namespace: factory.namespace,
    async open(options, events) {
      try {
        return accounted(await factory.open(options, events), options.protocol);
      } catch (error) {
        throw explain(error, handle);
      }
    },
    ...(openSync !== undefined && {
      openSync(options: TransportOptions, events: TransportEvents): Transport {
        try {
          return accounted(openSync(options, events), options.protocol);
        } catch (error) {
          throw explain(error, handle);
        }
      },
    }),
  };
}

/** One for each handle, which leaves its lane when it is closed. */
const laneFactories = new WeakMap<NamespaceHandle, TransportFactory>();

function laneFactory(handle: NamespaceHandle): TransportFactory {
  const existing = laneFactories.get(handle);
  if (existing !== undefined) return existing;
  const factory = new LaneFactory(laneNamespace(handle), { shared: handle.lane === 'shared', idleTime: handle.laneIdle });
  const explained = explaining(factory, handle);
  laneFactories.set(handle, explained);
  const leave = (): Promise<void> => factory.leave();
  handle.serve({ close: leave, retire: leave });
  return explained;
}

/** What opens sockets in a namespace: through its lane, or on the caller's thread. */
export function transportFactory(handle: NamespaceHandle, thread: 'lane' | 'caller'): TransportFactory {
  return thread === 'caller' ? explaining(new CallerFactory(laneNamespace(handle)), handle) : laneFactory(handle);
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
