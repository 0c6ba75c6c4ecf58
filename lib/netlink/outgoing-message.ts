import { checkBytes, checkInteger, checkOptions } from '../arguments.js';
import { invalidArgument } from '../errors.js';
import { NLM_F_REQUEST, NLMSG_HDRLEN } from './constants.js';
import { writeHeader } from './message.js';

const outgoingNames = ['type', 'flags', 'body', 'sequence', 'port', 'groups'] as const;

/** A message to send as it is, with no reply awaited. */
export interface OutgoingMessage {
  readonly type: number;
  /** Default 0; NLM_F_REQUEST is set for what goes to the kernel. */
  readonly flags?: number | undefined;
  readonly body?: Uint8Array | undefined;
  /** nlmsg_seq, default 0. */
  readonly sequence?: number | undefined;
  /** Port id of the receiver; default 0, the kernel. */
  readonly port?: number | undefined;
  /** Groups to send to, by number 1 to 32. */
  readonly groups?: readonly number[] | undefined;
}

/** Where one sendmsg goes. */
export interface Destination {
  readonly port: number;
  /** Mask with one group at most: of several the kernel takes the lowest and is silent about the others. */
  readonly groups: number;
}

/** A checked message: where it goes, and its bytes, new ones each time, once the sender's port id is known. */
export interface EncodedMessage {
  readonly destinations: readonly Destination[];
  bytes(sender: number): Uint8Array<ArrayBuffer>;
}

/** Checks a message and copies its body. Throws NETLANE_INVALID_ARGUMENT. */
export function encodeOutgoing(message: OutgoingMessage): EncodedMessage {
  if (message === undefined) throw invalidArgument('message', 'an object', message);
  checkOptions('message', message, outgoingNames);
  const { type, flags = 0, body, sequence = 0, port = 0, groups = [] } = message;
  checkInteger('type', type, 0, 0xffff);
  checkInteger('flags', flags, 0, 0xffff);
  checkInteger('sequence', sequence, 0, 0xffffffff);
  checkInteger('port', port, 0, 0xffffffff);
  if (body !== undefined) checkBytes('body', body);
  if (!Array.isArray(groups)) throw invalidArgument('groups', 'an array of group numbers', groups);
  for (const [index, group] of groups.entries()) checkInteger(`groups[${index}]`, group, 1, 32);
  const distinct = [...new Set(groups)];
  const length = NLMSG_HDRLEN + (body?.length ?? 0);
  const kept = body?.slice();
  const toKernel = port === 0 && distinct.length === 0 ? NLM_F_REQUEST : 0;
  return {
    // The port gets it once, with the first group.
    destinations:
      distinct.length === 0
        ? [{ port, groups: 0 }]
        : distinct.map((group, index) => ({ port: index === 0 ? port : 0, groups: (1 << (group - 1)) >>> 0 })),
    bytes(sender) {
      const bytes = new Uint8Array((length + 3) & ~3);
      if (kept !== undefined) bytes.set(kept, NLMSG_HDRLEN);
      writeHeader(new DataView(bytes.buffer), 0, { length, type, flags: flags | toKernel, sequence, port: sender });
      return bytes;
    },
  };
}
