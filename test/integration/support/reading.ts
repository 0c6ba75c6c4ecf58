import type { Message } from '../../../lib/netlink/message.js';
import type { NetlinkSocket } from '../../../lib/netlink/socket.js';

/** Takes messages until `enough` says so of the last one. */
export async function takeUntil(
  socket: NetlinkSocket,
  enough: (message: Message, taken: readonly Message[]) => boolean,
): Promise<Message[]> {
  const taken: Message[] = [];
  for await (const message of socket.messages()) {
    taken.push(message);
    if (enough(message, taken)) return taken;
  }
  return taken;
}

/** Takes so many messages. */
export function take(socket: NetlinkSocket, count: number): Promise<Message[]> {
  return takeUntil(socket, (_, taken) => taken.length === count);
}
