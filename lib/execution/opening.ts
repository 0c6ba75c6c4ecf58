import { Socket } from 'node:net';
import { native, type InsideSocket } from '../native.js';
import type { Place } from './place.js';
import { sealStream } from './sealed.js';

/** Kinds of sockets (socket(2)). */
export const socketType = { stream: 1, datagram: 2, raw: 3, sequentialPacket: 5 } as const;

/** Opens a socket inside, by the opener. */
export function openAt(place: Place, family: number, type: number, protocol: number, operation: string): InsideSocket {
  const namespace = place.entryFd();
  let socket;
  try {
    socket = new (native().InsideSocket)(namespace, family, type, protocol);
  } catch (thrown) {
    throw place.explain(thrown, operation);
  }
  place.account(socket.fd, operation);
  return socket;
}

/** Gives the descriptor to `take`, which is to own it from then on; where that throws it is closed. */
export function handOver<T>(place: Place, socket: InsideSocket, operation: string, take: (fd: number) => T): T {
  let before;
  let fd;
  try {
    before = socket.fd;
    fd = socket.release();
  } catch (thrown) {
    socket.close();
    throw place.explain(thrown, operation);
  }
  // It may be a copy, with a number of its own; and it is open for something larger now.
  if (fd === before) place.rename(fd, operation);
  else place.account(fd, operation);
  let taken;
  try {
    taken = take(fd);
  } catch (error) {
    native().closeFd(fd);
    throw error;
  }
  native().forgetFd(fd);
  return taken;
}

/** A connected socket as Node's, which stays in its namespace. */
export function streamOf(place: Place, socket: InsideSocket, allowHalfOpen: boolean, operation: string): Socket {
  return sealStream(
    handOver(place, socket, operation, (fd) => new Socket({ fd, allowHalfOpen, readable: true, writable: true })),
    place.label,
  );
}
