import { randomInt } from 'node:crypto';
import { decode, encode, RECURSION_DESIRED, type Answer, type DecodedPacket } from 'dns-packet';
import { ipVersion, type LookupAddress } from './socket-address.js';

/** The type of a record that is asked for. */
export type RecordKind = 'A' | 'AAAA';

export interface Question {
  /** Absolute, without the dot at its end. */
  readonly name: string;
  readonly kind: RecordKind;
}

/** What this end takes by UDP (RFC 9715): no larger answer is fragmented on the way. */
const datagramSize = 1232;

/** A question as bytes, and its id. */
export function encodeQuestion({ name, kind }: Question, extended: boolean): { readonly id: number; readonly bytes: Uint8Array } {
  const id = randomInt(65536);
  const bytes = encode({
    type: 'query',
    id,
    flags: RECURSION_DESIRED,
    questions: [{ type: kind, name, class: 'IN' }],
    ...(extended && {
      additionals: [
        { type: 'OPT', name: '.', udpPayloadSize: datagramSize, extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: false, options: [] },
      ],
    }),
  });
  return { id, bytes };
}

export interface Reply {
  /** 'NOERROR', 'NXDOMAIN', 'SERVFAIL', ... */
  readonly rcode: string;
  /** Whether there is more than it had room for: ask by TCP. */
  readonly truncated: boolean;
  readonly addresses: readonly LookupAddress[];
}

/** The answer to a question; undefined for what is none, such as a late answer to another question, or one that somebody made up. */
export function decodeReply(bytes: Buffer, id: number, question: Question): Reply | undefined {
  let packet: DecodedPacket & { readonly rcode?: string };
  try {
    packet = decode(bytes);
  } catch {
    return undefined;
  }
  if (packet.id !== id || packet.type !== 'response') return undefined;
  const [asked] = packet.questions ?? [];
  // A server that did not even understand the question need not repeat it.
  if (asked === undefined && packet.rcode === 'NOERROR') return undefined;
  if (asked !== undefined && (asked.type !== question.kind || asked.name.toLowerCase() !== question.name.toLowerCase())) return undefined;
  return { rcode: packet.rcode ?? 'NOERROR', truncated: packet.flag_tc, addresses: addressesIn(packet.answers ?? [], question) };
}

/** The addresses of the name, or of what it is another name for (CNAME). */
function addressesIn(answers: readonly Answer[], { name, kind }: Question): LookupAddress[] {
  const names = new Set([name.toLowerCase()]);
  // The records may come in any order; each round follows one more of the other names.
  for (let before = 0; before < names.size;) {
    before = names.size;
    for (const answer of answers) if (answer.type === 'CNAME' && names.has(answer.name.toLowerCase())) names.add(answer.data.toLowerCase());
  }
  const found: LookupAddress[] = [];
  for (const answer of answers) {
    if (answer.type !== kind || !names.has(answer.name.toLowerCase())) continue;
    const family = ipVersion(answer.data);
    if (family !== 0) found.push({ address: answer.data, family });
  }
  return found;
}
