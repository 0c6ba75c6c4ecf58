import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { native, type Native, type NativeSocket } from '../../../lib/native.js';
import { timeFactor } from '../../support/time.js';

/** The file that is tested: NETLANE_ADDON, or the build of this tree. */
export const addonPath = process.env['NETLANE_ADDON'] ?? fileURLToPath(new URL('../../../../build/Release/netlane.node', import.meta.url));

/** Fails when lib/native.ts would take another file than the scenarios do. */
export function addon(): Native {
  const loaded = native();
  if (createRequire(import.meta.url)(addonPath) !== loaded) throw new Error(`lib/native.ts did not load ${addonPath}`);
  return loaded;
}

const usualCycles = timeFactor > 1 ? 4 : 20;

/** How often a scenario is repeated whose trouble, if there is any, depends on the moment. */
export const cycles = Number(process.env['NETLANE_CYCLES'] ?? (process.env['NETLANE_LONG'] === '1' ? 200 : usualCycles));

/** Runs a body with a namespace of its own, closed afterwards whatever happens. */
export async function inNamespace<T>(body: (fd: number) => T | Promise<T>): Promise<T> {
  const fd = await addon().createNamespaceAsync(true);
  try {
    return await body(fd);
  } finally {
    addon().closeFd(fd);
  }
}

/** Runs a body with netlink sockets, closed afterwards. */
export async function withSockets<T>(
  body: (open: (options?: { namespace?: number; protocol?: number; port?: number }) => NativeSocket) => T | Promise<T>,
): Promise<T> {
  const sockets: NativeSocket[] = [];
  const { NetlinkSocket } = addon();
  try {
    return await body(({ namespace = -1, protocol = usersock, port = 0 } = {}) => {
      const socket = new NetlinkSocket({ namespace, protocol, port });
      sockets.push(socket);
      return socket;
    });
  } finally {
    for (const socket of sockets) socket.close();
  }
}

/** NETLINK_USERSOCK: datagrams between any two sockets, no privileges needed. */
export const usersock = 2;
/** NETLINK_ROUTE */
export const route = 0;
/** NETLINK_GENERIC */
export const generic = 16;

export const SOL_SOCKET = 1;
export const SOL_NETLINK = 270;
export const NETLINK_ADD_MEMBERSHIP = 1;
export const NETLINK_PKTINFO = 3;
export const NETLINK_LISTEN_ALL_NSID = 8;
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const EAGAIN = 11;
export const EMSGSIZE = 90;
export const ENOBUFS = 105;

/** The fields that the boundary promises of an error. */
export function failureOf(error: unknown): { errno?: number; syscall?: string; path?: string; notNamespace?: boolean } {
  if (!(error instanceof Error)) throw new Error(`what was thrown is no Error: ${String(error)}`);
  const { errno, syscall, path, notNamespace } = error as ReturnType<typeof failureOf>;
  return Object.fromEntries(Object.entries({ errno, syscall, path, notNamespace }).filter(([, value]) => value !== undefined));
}
