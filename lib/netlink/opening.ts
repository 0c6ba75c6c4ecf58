import { SystemError } from '../errors.js';
import { native, translate, type NativeSocket } from '../native.js';
import {
  ENOPROTOOPT,
  EPERM,
  NETLINK_LISTEN_ALL_NSID,
  NETLINK_ADD_MEMBERSHIP,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SOL_NETLINK,
  SOL_SOCKET,
} from './constants.js';
import { protocolName } from './names.js';
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

/** What was being done when the opening of a socket failed; a property of the error, which crosses threads with it. */
interface Step {
  operation?: string;
  hint?: string;
}

function during<T>(step: Step, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof Error) Object.assign(error, step);
    throw error;
  }
}

/**
 * Opens a socket as a transport wants it. Runs where the fd shall be polled: on the caller's thread or in a lane. Throws what the addon
 * throws: openingError() makes it readable, on the thread that knows for whom.
 * @param namespace fd of the namespace; -1 for the calling thread's own.
 */
export function openNativeSocket(namespace: number, options: TransportOptions): { socket: NativeSocket; state: TransportState } {
  const protocol = protocolName(options.protocol);
  const port = options.port === 0 ? '' : ` with port ${options.port}`;
  const socket = during(
    { operation: `open a ${protocol} socket${port}` },
    () => new (native().NetlinkSocket)({ namespace, protocol: options.protocol, port: options.port }),
  );
  try {
    const refused: number[] = [];
    for (const { option, value, optional } of options.options) {
      const hint = option === NETLINK_LISTEN_ALL_NSID ? 'allNamespaces needs CAP_NET_BROADCAST' : undefined;
      try {
        during({ operation: `set option ${option} of a ${protocol} socket`, ...(hint === undefined ? undefined : { hint }) }, () => {
          socket.setOption(SOL_NETLINK, option, value);
        });
      } catch (error) {
        if (!optional || errnoOf(error) !== ENOPROTOOPT) throw error;
        refused.push(option);
      }
    }
    during({ operation: `set the buffers of a ${protocol} socket` }, () => {
      if (options.receiveBuffer !== undefined) setBuffer(socket, SO_RCVBUFFORCE, SO_RCVBUF, options.receiveBuffer);
      if (options.sendBuffer !== undefined) setBuffer(socket, SO_SNDBUFFORCE, SO_SNDBUF, options.sendBuffer);
    });
    for (const group of options.groups) {
      during({ operation: `join ${protocol} group ${group}`, hint: groupHint }, () => {
        socket.setOption(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group);
      });
    }
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
    throw error;
  }
}

/** Also for groups that are joined later. */
export const groupHint = 'hearing the groups of this protocol needs CAP_NET_ADMIN in the user namespace that owns the network namespace';

/** What openNativeSocket threw, here or in a lane, as netlane's error: what was asked, in which namespace. */
export function openingError(thrown: unknown, namespace: string, protocol: number): unknown {
  const { operation = `open a ${protocolName(protocol)} socket`, hint } = (thrown instanceof Error ? thrown : {}) as Step;
  const helps = hint !== undefined && errnoOf(thrown) === EPERM;
  return translate(thrown, { operation, namespace, ...(helps ? { hint } : undefined) });
}

/** What was asked of an open socket; a refusal of the kernel says so, and what it takes where permission is lacking. */
export async function telling<T>(asked: Promise<T>, operation: string, namespace: string, hint?: string): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    throw translate(error, { operation, namespace, ...(hint !== undefined && error.errno === -EPERM ? { hint } : undefined) });
  }
}

/** What setting a socket option needs. Memory of the machine is given by its own root only, not by that of a user namespace. */
export function optionHint(name: string): string {
  return name === 'allNamespaces' ? 'it needs CAP_NET_BROADCAST' : 'it needs CAP_NET_ADMIN in the initial user namespace';
}
