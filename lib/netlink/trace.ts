import { channels, debug } from '../diagnostics.js';
import {
  NLM_F_ACK,
  NLM_F_DUMP_INTR,
  NLM_F_ECHO,
  NLM_F_MULTI,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSG_HDRLEN,
  NLMSG_OVERRUN,
} from './constants.js';
import { messageName, protocolName } from './names.js';
import type { Pending } from './pending.js';
import type { ConversationOptions } from './request.js';

const flagNames: readonly (readonly [number, string])[] = [
  [NLM_F_REQUEST, 'request'],
  [NLM_F_MULTI, 'multi'],
  [NLM_F_ACK, 'ack'],
  [NLM_F_ECHO, 'echo'],
  [NLM_F_DUMP_INTR, 'interrupted'],
];

function describeFlags(flags: number): string {
  const names = flagNames.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
  const rest = flags & ~0x1f;
  if (rest !== 0) names.push(`0x${rest.toString(16)}`);
  return names.join('|');
}

function describeType(protocol: number, type: number): string {
  if (type === NLMSG_ERROR) return 'ack';
  if (type === NLMSG_DONE) return 'done';
  if (type === NLMSG_OVERRUN) return 'overrun';
  return messageName(protocol, type);
}

/** NODE_DEBUG=netlane: one line for a message that leaves ('->') or arrives ('<-'). Costs nothing else where it is off. */
export function trace(
  arrow: '->' | '<-',
  namespace: string,
  protocol: number,
  message: { readonly type: number; readonly flags: number; readonly sequence: number },
  body: Uint8Array | undefined,
): void {
  const bytes = body === undefined ? '' : Buffer.from(body.buffer, body.byteOffset, Math.min(body.byteLength, 64)).toString('hex');
  const more = (body?.byteLength ?? 0) > 64 ? '…' : '';
  debug(
    '%s %s %s %s #%d %s (%d bytes) %s%s',
    arrow,
    namespace,
    protocolName(protocol),
    describeType(protocol, message.type),
    message.sequence,
    describeFlags(message.flags),
    body?.byteLength ?? 0,
    bytes,
    more,
  );
}

/** Whether trace() prints. */
export function tracing(): boolean {
  return debug.enabled;
}

/** Whether anybody wants to hear of requests that leave. */
export function announcing(): boolean {
  return channels.request.hasSubscribers || debug.enabled;
}

/** Tells of a request that leaves: the channel 'netlane:request', and NODE_DEBUG=netlane. `bytes` are its own. */
export function announce({ namespace, protocol }: ConversationOptions, pending: Pending, flags: number, bytes: Uint8Array): void {
  const { type } = pending.request;
  if (channels.request.hasSubscribers) channels.request.publish({ namespace, protocol, type, bytes });
  if (tracing()) trace('->', namespace, protocol, { type, flags, sequence: pending.sequence }, bytes.subarray(NLMSG_HDRLEN));
}
