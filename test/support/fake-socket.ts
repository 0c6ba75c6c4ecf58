import type { Protocol } from '../../lib/netlink/constants.js';
import type { SocketOptions } from '../../lib/netlink/socket-options.js';
import type { NetlinkSocket } from '../../lib/netlink/socket.js';
import { FakeKernel, openSocket, type FakeHandler, type FakeKernelOptions } from '../../lib/testing.js';

/** Types of rtnetlink that the tests of the engine use (linux/rtnetlink.h). */
export const RTM = {
  NEWLINK: 16,
  DELLINK: 17,
  GETLINK: 18,
  SETLINK: 19,
  NEWADDR: 20,
  GETADDR: 22,
  NEWROUTE: 24,
  GETROUTE: 26,
  GETRULE: 34,
} as const;

export interface FakeSettings {
  readonly protocol?: Protocol;
  readonly socket?: SocketOptions;
  readonly kernel?: FakeKernelOptions;
}

/** Runs a test with a socket of a fake kernel; afterwards nothing may be open, no slab may have come back twice, no handler have thrown. */
export async function withSocket(
  handler: FakeHandler,
  test: (socket: NetlinkSocket, kernel: FakeKernel) => Promise<void>,
  settings: FakeSettings = {},
): Promise<void> {
  const kernel = new FakeKernel(handler, settings.kernel);
  const socket = await openSocket(kernel, settings.protocol ?? 'route', settings.socket);
  try {
    await test(socket, kernel);
  } finally {
    kernel.resume();
    await socket.close();
    await kernel.settled();
  }
  kernel.verify();
}

/** Lets everything that is on its way arrive, and those who wait for it run. */
export async function settle(kernel: FakeKernel): Promise<void> {
  await kernel.settled();
  await new Promise((resolve) => setImmediate(resolve));
}

/** The number that a body of 4 bytes holds. */
export function numberIn(body: Uint8Array | undefined): number {
  if (body === undefined || body.length < 4) throw new Error('the body holds no number');
  return new DataView(body.buffer, body.byteOffset).getUint32(0, true);
}
