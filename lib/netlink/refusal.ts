import { NetlinkError, NetlaneError, SystemError } from '../errors.js';
import { EAGAIN, ECONNREFUSED, EMSGSIZE, EPERM } from './constants.js';
import { attributePath, type Acknowledgement } from './extended-ack.js';
import { fixedHeaderSize, messageName, protocolName } from './names.js';
import type { RequestContext, Warning } from './request.js';

/** Turns what the kernel said into errors and warnings that name what was asked. */
export interface Asked {
  readonly protocol: number;
  readonly type: number;
  readonly namespace: string;
  readonly context: RequestContext;
}

export function operationOf(asked: Asked): string {
  return asked.context.operation?.() ?? `${protocolName(asked.protocol)} request ${messageName(asked.protocol, asked.type)}`;
}

function attributeAt(asked: Asked, ack: Acknowledgement, request: Uint8Array | undefined): string | undefined {
  if (ack.offset === undefined || request === undefined) return undefined;
  const named = asked.context.locate?.(request, ack.offset);
  if (named !== undefined) return named;
  const header = fixedHeaderSize(asked.protocol, asked.type);
  return header === undefined ? undefined : attributePath(request, ack.offset, header);
}

/** The errors for which a hint helps more than the errno's own text. */
function hintFor(ack: Acknowledgement): string | undefined {
  if (ack.errno === -1) return 'needs CAP_NET_ADMIN in the user namespace that owns the network namespace';
  if (ack.errno === -95 && ack.message === undefined) return 'the kernel has no such operation, or its module is not loaded';
  return undefined;
}

export function refusal(asked: Asked, ack: Acknowledgement): NetlinkError {
  const missing =
    ack.missingType === undefined
      ? undefined
      : ((ack.echo === undefined ? undefined : asked.context.nameMissing?.(ack.echo, ack.missingNest, ack.missingType)) ??
        `attribute ${ack.missingType}`);
  return new NetlinkError(
    {
      errno: ack.errno,
      operation: operationOf(asked),
      kernelMessage: ack.message,
      offset: ack.offset,
      attribute: attributeAt(asked, ack, ack.echo),
      missingAttribute: missing,
      missingNest: ack.missingNest,
      policy: ack.policy,
      cookie: ack.cookie,
    },
    { namespace: asked.namespace, hint: hintFor(ack) },
  );
}

/** The warning of a success; its request is given, since a success does not echo it. */
export function warningOf(asked: Asked, ack: Acknowledgement, request: Uint8Array | undefined): Warning | undefined {
  if (ack.message === undefined) return undefined;
  const attribute = attributeAt(asked, ack, request);
  return {
    message: ack.message,
    ...(ack.offset === undefined ? undefined : { offset: ack.offset }),
    ...(attribute === undefined ? undefined : { attribute }),
  };
}

function sendHint(errno: number, nobody: string): string | undefined {
  switch (errno) {
    case EMSGSIZE:
      return 'the message is larger than the send buffer: raise sendBuffer';
    case EAGAIN:
      return 'the receiver does not read';
    case ECONNREFUSED:
      return nobody;
    case EPERM:
      return 'sending to other sockets of this protocol needs CAP_NET_ADMIN';
    default:
      return undefined;
  }
}

/** sendmsg itself failed: nothing of the request was seen by the kernel. */
export function notSent(asked: Asked, errno: number): SystemError {
  const hint = sendHint(errno, 'nobody listens to this protocol: the module may not be loaded');
  return new SystemError({ errno, syscall: 'sendmsg' }, { operation: operationOf(asked), namespace: asked.namespace, hint });
}

/** The same for a message that is no request. */
export function messageNotSent(errno: number, namespace: string): SystemError {
  const hint = sendHint(errno, 'no socket in this namespace has the port');
  return new SystemError({ errno, syscall: 'sendmsg' }, { operation: 'send a message', namespace, hint });
}

/** @param receiveBuffer of a read that was sent again in vain: how large the buffer is. */
export function replyLost(asked: Asked, why: 'overrun' | 'malformed', receiveBuffer?: number): NetlaneError {
  const what =
    why === 'overrun' ? 'was lost in an overrun of the receive buffer' : 'could not be read: a datagram was not as long as it says';
  const context = { operation: operationOf(asked), namespace: asked.namespace };
  if (receiveBuffer !== undefined) {
    const small = `its ${receiveBuffer} bytes may be too few for the answer and its acknowledgement: open the socket with a larger receiveBuffer`;
    return new NetlaneError('NETLANE_REPLY_LOST', `the reply ${what}, each time that it was asked for`, {
      ...context,
      details: { receiveBuffer },
      hint: why === 'overrun' ? small : undefined,
    });
  }
  const larger = why === 'overrun' ? ', or open the socket with a larger receiveBuffer' : '';
  return new NetlaneError('NETLANE_REPLY_LOST', `the reply ${what}; whether the kernel did it is not known`, {
    ...context,
    hint: `look at the state before asking again${larger}`,
  });
}

export function timedOut(asked: Asked, milliseconds: number): NetlaneError {
  return new NetlaneError('NETLANE_TIMEOUT', `no answer within ${milliseconds} ms`, {
    operation: operationOf(asked),
    namespace: asked.namespace,
    details: { timeout: milliseconds },
  });
}

/** It waited for others that were before it, and in that time none of them got any further. */
export function noTurn(asked: Asked, milliseconds: number): NetlaneError {
  return new NetlaneError('NETLANE_TIMEOUT', `not sent: what was asked before it had no answer for ${milliseconds} ms`, {
    operation: operationOf(asked),
    namespace: asked.namespace,
    details: { timeout: milliseconds, sent: false },
    hint: 'the kernel has not heard of it',
  });
}

/** The fd that it needs did not open. */
export function notOpened(asked: Asked, milliseconds: number): NetlaneError {
  return new NetlaneError('NETLANE_TIMEOUT', `not sent: no socket could be opened for it within ${milliseconds} ms`, {
    operation: operationOf(asked),
    namespace: asked.namespace,
    details: { timeout: milliseconds, sent: false },
    hint: 'the kernel has not heard of it',
  });
}

export function closed(what: string, namespace: string): NetlaneError {
  return new NetlaneError('NETLANE_CLOSED', `${what} of ${namespace} is closed`, { namespace });
}

export function busy(namespace: string): NetlaneError {
  return new NetlaneError('NETLANE_BUSY', 'requestSync is already running on this socket', { namespace });
}

export function busyReading(namespace: string): NetlaneError {
  return new NetlaneError('NETLANE_BUSY', 'requestSync was called from within the reading of a reply', {
    namespace,
    hint: 'call it when the reply has been read, from the next turn on',
  });
}
