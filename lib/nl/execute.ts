import { NLM_F_ACK } from './constants.js';
import { ErrDumpInterrupted } from './dump-interrupted.js';
import type { Sendable } from './message.js';
import { none, type NsLike } from './netns.js';
import { millisecondsOf, settings } from './settings.js';
import { NetlinkSocket, type SocketHandle } from './socket.js';
import type { MessageView } from '../netlink/message.js';
import { isDump } from '../netlink/names.js';
import type { Request, Warning } from '../netlink/request.js';

/** What is executed: a NetlinkRequest. */
export interface Executable extends Sendable {
  readonly sockets: Map<number, SocketHandle> | undefined;
  readonly netNS: NsLike | undefined;
  readonly retryInterrupted: boolean;
  warnings: readonly Warning[];
}

interface Execution {
  /** Type of the messages to give; 0 for all. */
  readonly resType: number;
  /** Milliseconds without progress; 0 for ever. */
  readonly timeout: number;
}

/** Runs the action on the request's socket for the protocol, or on one that is opened for it and closed again. */
export async function withSocket<T>(
  request: Executable,
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

function engineRequest(request: Executable, timeout: number): Request {
  const { type, flags } = request;
  // The engine asks for the acknowledgement itself, but for dumps, which end with a message of their own.
  return { type, flags: flags & ~NLM_F_ACK, body: request.body(), timeout };
}

function bodyOf(view: MessageView): Uint8Array {
  return view.bytes.slice(view.body, view.end);
}

/** Whether it is a dump whose messages count even when it is interrupted. */
function isOnePass(request: Executable, socket: NetlinkSocket): boolean {
  return !request.retryInterrupted && isDump(socket.protocol, request.type, request.flags);
}

/** One attempt at a dump: the messages as they come, and the engine's error at the end when it was interrupted. */
async function* onePass(
  request: Executable,
  socket: NetlinkSocket,
  { resType, timeout }: Execution,
): AsyncGenerator<Uint8Array, undefined, undefined> {
  const take = (view: MessageView): Uint8Array | undefined => (resType === 0 || view.type === resType ? bodyOf(view) : undefined);
  yield* socket.engine.stream(engineRequest(request, timeout), {}, take);
  return undefined;
}

export async function executeOn(request: Executable, socket: NetlinkSocket, execution: Execution): Promise<Uint8Array[]> {
  const { resType, timeout } = execution;
  const messages: Uint8Array[] = [];
  request.warnings = [];
  try {
    if (isOnePass(request, socket)) {
      for await (const message of onePass(request, socket, execution)) messages.push(message);
      return messages;
    }
    const sink = (view: MessageView): void => {
      if (resType === 0 || view.type === resType) messages.push(bodyOf(view));
    };
    const restart = (): void => void (messages.length = 0);
    const { warnings } = await socket.engine.request(engineRequest(request, timeout), { sink, restart });
    request.warnings = warnings;
    return messages;
  } catch (error) {
    if (ErrDumpInterrupted.is(error)) throw new ErrDumpInterrupted(messages, { cause: error });
    throw error;
  }
}

export async function iterateOn(
  request: Executable,
  socket: NetlinkSocket,
  execution: Execution,
  f: (message: Uint8Array) => boolean | Promise<boolean>,
): Promise<void> {
  if (!isOnePass(request, socket)) {
    for (const message of await executeOn(request, socket, execution)) if (!(await f(message))) return;
    return;
  }
  request.warnings = [];
  const pass = onePass(request, socket, execution);
  try {
    for (;;) {
      const { value, done } = await nextOf(pass);
      if (done === true || !(await f(value))) return;
    }
  } finally {
    // Stopped early, the rest of the dump is not read: its fd goes with it.
    await pass.return(undefined);
  }
}

/** The error of an interruption is renamed; what the function throws is its own. */
async function nextOf<T>(pass: AsyncGenerator<T, undefined, undefined>): Promise<IteratorResult<T, undefined>> {
  try {
    return await pass.next();
  } catch (error) {
    if (ErrDumpInterrupted.is(error)) throw new ErrDumpInterrupted([], { cause: error });
    throw error;
  }
}
