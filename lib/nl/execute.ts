import { ErrDumpInterrupted } from './dump-interrupted.js';
import { NLM_F_ACK } from './constants.js';
import { none } from './netns.js';
import type { NetlinkRequest } from './request.js';
import { millisecondsOf, settings } from './settings.js';
import { NetlinkSocket } from './socket.js';
import type { MessageView } from '../netlink/message.js';
import { isDump } from '../netlink/names.js';
import type { Request } from '../netlink/request.js';

/*
 * How a NetlinkRequest runs on the engine. In a file of its own, since the request knows the sockets and the sockets know the request.
 */

interface Execution {
  /** Type of the messages to give; 0 for all. */
  readonly resType: number;
  /** Milliseconds without progress; 0 for ever. */
  readonly timeout: number;
}

/** Runs the action on the request's socket for the protocol, or on one that is opened for it and closed again. */
export async function withSocket<T>(
  request: NetlinkRequest,
  sockType: number,
  action: (socket: NetlinkSocket, timeout: number) => Promise<T>,
): Promise<T> {
  const handle = request.sockets?.get(sockType);
  if (handle?.socket !== undefined) {
    handle.seq += 1;
    return action(handle.socket, handle.socket.getTimeouts().receive);
  }
  const timeout = millisecondsOf('settings.socketTimeoutTv', settings.socketTimeoutTv);
  const socket = await NetlinkSocket.openAt(request.netNS ?? none(), sockType);
  try {
    return await action(socket, timeout);
  } finally {
    await socket.close();
  }
}

function engineRequest(request: NetlinkRequest, timeout: number): Request {
  const { type, flags } = request;
  // The engine asks for the acknowledgement itself, but for dumps, which end with a message of their own.
  return { type, flags: flags & ~NLM_F_ACK, body: request.body(), timeout };
}

function bodyOf(view: MessageView): Uint8Array {
  return view.bytes.slice(view.body, view.end);
}

/** The engine's error of an interrupted dump, under the ancestor's name. */
function rename(error: unknown, messages: readonly Uint8Array[]): unknown {
  return ErrDumpInterrupted.is(error) ? new ErrDumpInterrupted(messages, { cause: error }) : error;
}

export async function executeOn(request: NetlinkRequest, socket: NetlinkSocket, { resType, timeout }: Execution): Promise<Uint8Array[]> {
  const messages: Uint8Array[] = [];
  const take = (view: MessageView): void => {
    if (resType === 0 || view.type === resType) messages.push(bodyOf(view));
  };
  try {
    if (isOnePass(request, socket)) {
      for await (const _ of socket.engine.stream(engineRequest(request, timeout), {}, take)) void _;
      request.warnings = [];
    } else {
      const restart = (): void => void (messages.length = 0);
      const { warnings } = await socket.engine.request(engineRequest(request, timeout), { sink: take, restart });
      request.warnings = warnings;
    }
  } catch (error) {
    throw rename(error, messages);
  }
  return messages;
}

/** Whether it is a dump whose messages count even when it is interrupted. */
function isOnePass(request: NetlinkRequest, socket: NetlinkSocket): boolean {
  return !request.retryInterrupted && isDump(socket.protocol, request.type, request.flags);
}

export async function iterateOn(
  request: NetlinkRequest,
  socket: NetlinkSocket,
  execution: Execution,
  f: (message: Uint8Array) => boolean | Promise<boolean>,
): Promise<void> {
  if (!isOnePass(request, socket)) {
    for (const message of await executeOn(request, socket, execution)) if ((await f(message)) === false) return;
    return;
  }
  const { resType, timeout } = execution;
  const take = (view: MessageView): Uint8Array | undefined => (resType === 0 || view.type === resType ? bodyOf(view) : undefined);
  const stream = socket.engine.stream(engineRequest(request, timeout), {}, take);
  try {
    for (;;) {
      const { value, done } = await nextOf(stream);
      if (done === true) return;
      if (value !== undefined && (await f(value)) === false) return;
    }
  } finally {
    await stream.return(undefined);
  }
}

/** The error of an interruption is renamed; what the function throws is its own. */
async function nextOf<T>(stream: AsyncGenerator<T, undefined, undefined>): Promise<IteratorResult<T, undefined>> {
  try {
    return await stream.next();
  } catch (error) {
    throw rename(error, []);
  }
}
