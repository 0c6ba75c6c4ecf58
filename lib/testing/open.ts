import { isObject } from '../arguments.js';
import { invalidArgument } from '../errors.js';
import { protocols, type Protocol } from '../netlink/constants.js';
import { protocolNumber } from '../netlink/names.js';
import type { SocketOptions } from '../netlink/socket-options.js';
import { NetlinkSocket } from '../netlink/socket.js';
import type { TransportFactory } from '../netlink/transport.js';

/**
 * A netlink socket of a fake kernel: what Namespace.netlink() gives of a real one, with the same engine behind it. `thread` changes
 * nothing here; requestSync() works unless the kernel was made with `synchronous: false`.
 * @param kernel a FakeKernel, or any other factory of transports.
 * @param protocol its name ('route') or number, 0 to 31.
 * @throws NETLANE_INVALID_ARGUMENT for an unknown protocol or options that cannot be meant; what opening failed with.
 */
export async function openSocket(kernel: TransportFactory, protocol: Protocol, options: SocketOptions = {}): Promise<NetlinkSocket> {
  const number = protocolNumber(protocol);
  if (number === undefined) {
    throw invalidArgument('protocol', `a number from 0 to 31 or one of ${Object.keys(protocols).join(', ')}`, protocol);
  }
  if (!isObject(kernel) || typeof kernel.open !== 'function') throw invalidArgument('kernel', 'a FakeKernel', kernel);
  return NetlinkSocket.open(kernel, number, options);
}
