import { checkInteger, checkRules, isObject, nearest, type OptionRule } from '../arguments.js';
import { invalidArgument } from '../errors.js';
import { encodeFilter, type FilterInstruction } from '../netlink/filter.js';
import { etherTypes } from '../schema/route/names.js';
import { wholePacket } from './snap-length.js';

/** Options of Namespace.packet(). */
export interface PacketOptions {
  /** Name or index of a link; without it all links are heard. */
  readonly link?: string | number | undefined;
  /** Which packets: the name of a protocol ('ipv4', 'ipv6', 'arp', 'lldp', ...) or its number. Default 'all', which includes what is sent. */
  readonly protocol?: keyof typeof etherTypes | number | undefined;
  /** Classic BPF that picks packets, in the kernel, from the link's own header on. Its result is how many bytes to keep; 0 passes a packet over. */
  readonly filter?: readonly FilterInstruction[] | undefined;
  /** Bytes to keep of each packet, 1 to 262144. Default: all. */
  readonly snapLength?: number | undefined;
  /** Whether the link is to take what is for other hosts as well. Needs `link`. Default false. */
  readonly promiscuous?: boolean | undefined;
  /** Whether packets that this machine sends are heard, too. Default true. False: Linux 4.20. */
  readonly outgoing?: boolean | undefined;
  /** Bytes of memory for what was not read yet, 131072 to 2^30, rounded up to whole blocks. Default 4 MiB. */
  readonly buffer?: number | undefined;
  /** Milliseconds that the kernel may gather packets before it hands them over, 1 to 10000. Default 10. */
  readonly latency?: number | undefined;
  /** Ends the capture when it aborts; a loop that waits is rejected with ABORT_ERR. */
  readonly signal?: AbortSignal | undefined;
}

const rules: Readonly<Record<keyof PacketOptions, OptionRule>> = {
  link: 'any',
  protocol: 'any',
  filter: 'any',
  snapLength: 'any',
  promiscuous: 'boolean',
  outgoing: 'boolean',
  buffer: 'any',
  latency: 'any',
  signal: 'signal',
};

export interface PacketSettings {
  readonly link: string | number | undefined;
  readonly protocol: number;
  readonly program: Uint8Array;
  readonly snapLength: number;
  readonly promiscuous: boolean;
  readonly outgoing: boolean;
  readonly blocks: number;
  readonly latency: number;
  readonly signal: AbortSignal | undefined;
}

/** Bytes of a block of the ring: room for the largest packet and its header. */
export const blockSize = 524_288;

export function checkLink(name: string, link: unknown): void {
  if (typeof link === 'number') checkInteger(name, link, 1, 0x7fffffff);
  else if (typeof link !== 'string' || link === '' || Buffer.byteLength(link) > 15 || link.includes('\0'))
    throw invalidArgument(name, 'the name of a link, 1 to 15 bytes, or its index', link);
}

export function protocolNumberOf(name: string, value: unknown): number {
  if (typeof value === 'string') {
    const number = Object.hasOwn(etherTypes, value) ? etherTypes[value as keyof typeof etherTypes] : undefined;
    if (number !== undefined) return number;
    const near = nearest(value, Object.keys(etherTypes));
    throw invalidArgument(name, "'all', the name of a protocol ('ipv4', 'arp', ...) or its number", value, {
      hint: near === undefined ? undefined : `did you mean '${near}'?`,
    });
  }
  checkInteger(name, value, 1, 0xffff);
  return value;
}

const BPF_RETURN = 6;

/** What encodeFilter leaves open. */
function checkInstructions(filter: unknown): void {
  if (!Array.isArray(filter)) throw invalidArgument('options.filter', 'an array of instructions', filter);
  for (const [index, each] of (filter as readonly unknown[]).entries())
    if (!isObject(each)) throw invalidArgument(`options.filter[${index}]`, 'an instruction: { code, jt, jf, k }', each);
}

/** A filter that keeps at most so many bytes: what it returns is cut where it is a constant; the rest is cut on receipt. */
function programOf(filter: readonly FilterInstruction[], snapLength: number): Uint8Array {
  checkInstructions(filter);
  const instructions = filter.length === 0 ? [{ code: BPF_RETURN, jt: 0, jf: 0, k: wholePacket }] : filter;
  // Checked before it is looked at.
  encodeFilter(instructions, 'options.filter');
  return encodeFilter(instructions.map((each) => (each.code === BPF_RETURN ? { ...each, k: Math.min(each.k, snapLength) } : each)));
}

export function checkPacket(given: unknown): PacketSettings {
  const options = checkRules<PacketOptions>('options', given, rules);
  const { link, protocol = 'all', filter = [], snapLength = wholePacket, buffer = 8 * blockSize, latency = 10 } = options;
  const { promiscuous = false, outgoing = true, signal } = options;
  if (link !== undefined) checkLink('options.link', link);
  checkInteger('options.snapLength', snapLength, 1, wholePacket);
  checkInteger('options.buffer', buffer, 131_072, 2 ** 30);
  checkInteger('options.latency', latency, 1, 10_000);
  if (promiscuous && link === undefined)
    throw invalidArgument('options.link', 'a link, since options.promiscuous is the mode of one', link);
  return {
    link,
    protocol: protocolNumberOf('options.protocol', protocol),
    program: programOf(filter, snapLength),
    snapLength,
    promiscuous,
    outgoing,
    // One is filled while another is read.
    blocks: Math.max(2, Math.ceil(buffer / blockSize)),
    latency,
    signal,
  };
}
