import type { Socket as DatagramSocket } from 'node:dgram';
import { expect } from 'chai';
import type { Namespace } from '../../../lib/namespace.js';
import { native } from '../../../lib/native.js';

interface WithHandle {
  readonly _handle?: { readonly fd: number } | null;
}

/** The descriptor below a socket or a server of Node's. */
export function fdOf(socket: object): number {
  const fd = (socket as WithHandle)._handle?.fd;
  if (fd === undefined) throw new Error('the socket has no descriptor');
  return fd;
}

/** The descriptor of a datagram socket, whose handle Node keeps behind a symbol. */
export function fdOfDatagrams(socket: DatagramSocket): number {
  for (const symbol of Object.getOwnPropertySymbols(socket)) {
    const state = (socket as unknown as Record<symbol, { readonly handle?: { readonly fd?: number } } | undefined>)[symbol];
    if (state?.handle?.fd !== undefined) return state.handle.fd;
  }
  throw new Error('the socket has no descriptor');
}

/** Asks the kernel which namespace the socket belongs to (SIOCGSKNS). */
export function expectInside(namespace: Namespace, fd: number): void {
  const found = native().namespaceOfSocket(fd);
  try {
    const { device, inode } = native().identity(found);
    expect(`${device}:${inode}`, `the namespace of fd ${fd}`).to.equal(namespace.id);
  } finally {
    native().closeFd(found);
  }
}
