import { native, translate, type NativeSocket } from '../native.js';
import {
  ENOPROTOOPT,
  EPERM,
  NETLINK_ADD_MEMBERSHIP,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SOL_NETLINK,
  SOL_SOCKET,
} from './constants.js';
import type { TransportOptions, TransportState } from './transport.js';

function errnoOf(thrown: unknown): number {
  return thrown instanceof Error && 'errno' in thrown && typeof thrown.errno === 'number' ? -thrown.errno : 0;
}

/** A buffer size: FORCE goes beyond net.core.*mem_max and needs CAP_NET_ADMIN; without it the kernel gives what the limit allows. */
function setBuffer(socket: NativeSocket, force: number, plain: number, size: number): void {
  try {
    socket.setOption(SOL_SOCKET, force, size);
  } catch (error) {
    if (errnoOf(error) !== EPERM) throw error;
    socket.setOption(SOL_SOCKET, plain, size);
  }
}

/**
 * Opens a socket as a transport wants it. Runs where the fd shall be polled: on the caller's thread or in a lane.
 * @param namespace fd of the namespace; -1 for the calling thread's own.
 */
export function openNativeSocket(namespace: number, options: TransportOptions): { socket: NativeSocket; state: TransportState } {
  let socket: NativeSocket;
  try {
    socket = new (native().NetlinkSocket)({ namespace, protocol: options.protocol, port: options.port });
  } catch (error) {
    throw translate(error, { operation: 'open a netlink socket' });
  }
  try {
    const refused: number[] = [];
    for (const { option, value, optional } of options.options) {
      try {
        socket.setOption(SOL_NETLINK, option, value);
      } catch (error) {
        if (!optional || errnoOf(error) !== ENOPROTOOPT) throw error;
        refused.push(option);
      }
    }
    if (options.receiveBuffer !== undefined) setBuffer(socket, SO_RCVBUFFORCE, SO_RCVBUF, options.receiveBuffer);
    if (options.sendBuffer !== undefined) setBuffer(socket, SO_SNDBUFFORCE, SO_SNDBUF, options.sendBuffer);
    for (const group of options.groups) socket.setOption(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group);
    const state: TransportState = {
      fd: socket.fd,
      port: socket.port,
      receiveBuffer: socket.getOption(SOL_SOCKET, SO_RCVBUF),
      sendBuffer: socket.getOption(SOL_SOCKET, SO_SNDBUF),
      refused,
    };
    return { socket, state };
  } catch (error) {
    socket.close();
    throw translate(error, { operation: 'set up a netlink socket' });
  }
}
