import { checkBytes, checkInteger, checkRules, isObject } from '../arguments.js';
import { invalidArgument } from '../errors.js';
import type { Packet } from './packet-block.js';
import type { PacketSocket } from './packet.js';
import * as packetSocket from './packet.js';
import { wholePacket } from './snap-length.js';

/*
 * The file format of captures (draft-ietf-opsawg-pcapng): blocks of a type, their length, a body, and the length again, all in the byte
 * order of the section's first number, padded to four bytes.
 */

const block = { section: 0x0a0d0d0a, description: 1, statistics: 5, packet: 6 } as const;
const option = { end: 0, comment: 1, application: 4, name: 2, resolution: 9, packetFlags: 2, received: 4, dropped: 5 } as const;

/** How packets of a kind of hardware begin, for those who read the file (LINKTYPE_). */
const linkTypes = { ethernet: 1, raw: 101 } as const;
/** ARPHRD_ numbers of links whose packets begin with the IP header: tun, ipip, ip6tnl, sit, gre, raw IP, none. */
const rawHardware: ReadonlySet<number> = new Set([512, 519, 768, 769, 776, 778, 823, 0xfffe]);

function linkTypeOf(hardware: number): number {
  return rawHardware.has(hardware) ? linkTypes.raw : linkTypes.ethernet;
}

/** Bytes that grow to what is put into them. */
class Output {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  length = 0;

  #room(more: number): number {
    const at = this.length;
    this.length += more;
    if (this.length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.length, 2 * this.#bytes.length));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }

  // The room first: it may be in another view.
  u16(value: number): this {
    const at = this.#room(2);
    this.#view.setUint16(at, value, true);
    return this;
  }

  u32(value: number): this {
    const at = this.#room(4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  u64(value: bigint): this {
    const at = this.#room(8);
    this.#view.setBigUint64(at, value, true);
    return this;
  }

  /** Padded to four bytes. */
  data(bytes: Uint8Array): this {
    const at = this.#room((bytes.length + 3) & ~3);
    this.#bytes.set(bytes, at);
    return this;
  }

  option(code: number, value: Uint8Array): this {
    return this.u16(code).u16(value.length).data(value);
  }

  taken(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }
}

function blockOf(type: number, fill: (body: Output) => Output): Uint8Array {
  const body = fill(new Output()).taken();
  const length = body.length + 12;
  return new Output().u32(type).u32(length).data(body).u32(length).taken();
}

function number64(value: number): Uint8Array {
  return new Output().u64(BigInt(value)).taken();
}

/** A packet with the VLAN tag back in its place, behind the two addresses of Ethernet, where the device had taken it from. */
function withTag({ vlan, bytes }: Packet): Uint8Array {
  if (vlan === undefined || bytes.length < 12) return bytes;
  const whole = new Uint8Array(bytes.length + 4);
  whole.set(bytes.subarray(0, 12));
  new DataView(whole.buffer).setUint32(12, ((vlan.protocol << 16) | (vlan.tag & 0xffff)) >>> 0);
  whole.set(bytes.subarray(12), 16);
  return whole;
}

/** Bits 0 and 1: the direction; 2 to 4: to whom (unicast, multicast, broadcast, promiscuous). */
function flagsOf({ direction }: Packet): number {
  switch (direction) {
    case 'outgoing':
      return 2;
    case 'host':
      return 1 | (1 << 2);
    case 'multicast':
      return 1 | (2 << 2);
    case 'broadcast':
      return 1 | (3 << 2);
    case 'other-host':
      return 1 | (4 << 2);
    default:
      return 0;
  }
}

function checkTime(name: string, time: unknown): void {
  if (typeof time !== 'bigint' || time < 0n || time >> 64n !== 0n)
    throw invalidArgument(name, 'nanoseconds as a bigint from 0 that 64 bits hold', time);
}

/** The length of an option has 16 bits. */
function checkOption(name: string, text: unknown): void {
  if (typeof text !== 'string' || Buffer.byteLength(text) > 0xffff) throw invalidArgument(name, 'a string of at most 65535 bytes', text);
}

function checkPacket(packet: unknown): void {
  if (!isObject(packet)) throw invalidArgument('packet', 'a packet', packet);
  checkInteger('packet.link', packet['link'], 0, 0x7fffffff);
  checkInteger('packet.length', packet['length'], 0, 0xffffffff);
  checkTime('packet.timestamp', packet['timestamp']);
  checkInteger('packet.hardware', packet['hardware'], 0, 0xffff);
  checkBytes('packet.bytes', packet['bytes']);
  if (packet['bytes'].length > packet['length'])
    throw invalidArgument('packet.bytes', `the bytes of a packet of ${packet['length']}`, packet['bytes']);
}

/** Turns packets into the blocks of a pcapng file: tcpdump, Wireshark and everything made with libpcap read it. Times have nanoseconds. */
export class PcapngWriter {
  readonly #snapLength: number;
  readonly #nameOf: (link: number) => string | undefined;
  readonly #application: string;
  /** The file's own number of a link. */
  readonly #links = new Map<number, number>();

  /**
   * @param snapLength bytes of each packet that are kept at most.
   * @param nameOf the name of a link by its index; undefined where it is not known.
   */
  constructor(snapLength: number, nameOf: (link: number) => string | undefined = () => undefined, application = 'netlane') {
    checkInteger('snapLength', snapLength, 1, wholePacket);
    if (typeof nameOf !== 'function') throw invalidArgument('nameOf', 'a function', nameOf);
    checkOption('application', application);
    this.#snapLength = snapLength;
    this.#nameOf = nameOf;
    this.#application = application;
  }

  /** How the file begins. */
  header(): Uint8Array {
    return blockOf(block.section, (body) =>
      body
        .u32(0x1a2b3c4d)
        .u16(1)
        .u16(0)
        // The length of the section is not known in advance.
        .u64(0xffffffffffffffffn)
        .option(option.application, Buffer.from(this.#application))
        .option(option.end, new Uint8Array()),
    );
  }

  /** The blocks of a packet: before the first of a link a description of that link. */
  packet(packet: Packet): Uint8Array {
    checkPacket(packet);
    const description = this.#links.has(packet.link) ? undefined : this.#describe(packet);
    const bytes = withTag(packet);
    const written = blockOf(block.packet, (body) =>
      body
        .u32(this.#links.get(packet.link) ?? 0)
        .u32(Number(packet.timestamp >> 32n))
        .u32(Number(packet.timestamp & 0xffffffffn))
        .u32(bytes.length)
        .u32(packet.length + bytes.length - packet.bytes.length)
        .data(bytes)
        .option(option.packetFlags, new Output().u32(flagsOf(packet)).taken())
        .option(option.end, new Uint8Array()),
    );
    return description === undefined ? written : Buffer.concat([description, written]);
  }

  /**
   * The description of a link, ahead of its packets: tcpdump refuses a file without any. Empty where it was described before.
   *
   * @param index of the link.
   * @param hardware what it is (ARPHRD_ETHER is 1).
   */
  link(index: number, hardware: number): Uint8Array {
    checkInteger('index', index, 1, 0x7fffffff);
    checkInteger('hardware', hardware, 0, 0xffff);
    return this.#links.has(index) ? new Uint8Array() : this.#describe({ link: index, hardware });
  }

  #describe({ link, hardware }: Pick<Packet, 'link' | 'hardware'>): Uint8Array {
    const name = this.#nameOf(link) ?? `link ${link}`;
    checkOption('what nameOf gives', name);
    this.#links.set(link, this.#links.size);
    return blockOf(block.description, (body) =>
      body
        .u16(linkTypeOf(hardware))
        .u16(0)
        // A tag that is put back makes a packet longer.
        .u32(this.#snapLength + 4)
        .option(option.name, Buffer.from(name))
        .option(option.resolution, new Uint8Array([9]))
        .option(option.end, new Uint8Array()),
    );
  }

  /** What the kernel counted, for a capture of one link: how the file may end. Empty unless exactly one link is described. */
  statistics(counted: { readonly received: number; readonly dropped: number }, at: bigint): Uint8Array {
    if (!isObject(counted)) throw invalidArgument('counted', 'an object with received and dropped', counted);
    const { received, dropped } = counted;
    checkInteger('counted.received', received, 0, Number.MAX_SAFE_INTEGER);
    checkInteger('counted.dropped', dropped, 0, Number.MAX_SAFE_INTEGER);
    checkTime('at', at);
    if (this.#links.size !== 1) return new Uint8Array();
    return blockOf(block.statistics, (body) =>
      body
        .u32(0)
        .u32(Number(at >> 32n))
        .u32(Number(at & 0xffffffffn))
        .option(option.received, number64(received))
        .option(option.dropped, number64(dropped))
        .option(option.end, new Uint8Array()),
    );
  }
}

/** Every namespace has it, as the first of its links (LOOPBACK_IFINDEX, ARPHRD_LOOPBACK). */
const loopback = { index: 1, hardware: 772 } as const;

/** The time of this machine, where there is no packet to tell one. */
function now(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}

/**
 * A capture as a pcapng file, piece by piece: `await pipeline(pcapng(packets), createWriteStream('capture.pcapng'))`. Ends after stop() of the socket, when it is
 * closed, or, with `{ count }`, after so many packets. A file without any packets is whole as well.
 */
export async function* pcapng(
  packets: PacketSocket,
  options?: { readonly count?: number | undefined },
): AsyncGenerator<Uint8Array, undefined, undefined> {
  const { count = Infinity } = checkRules<{ readonly count?: number | undefined }>('options', options, { count: 'any' });
  if (!(packets instanceof packetSocket.PacketSocket)) throw invalidArgument('packets', 'a socket that namespace.packet() gave', packets);
  if (typeof count !== 'number' || !(count >= 1)) throw invalidArgument('options.count', 'a number of packets from 1', count);
  const writer = new PcapngWriter(packets.snapLength, (link) => packets.linkName(link));
  yield writer.header();
  const hardware = packets.link === 0 ? undefined : packets.linkHardware(packets.link);
  if (hardware !== undefined) yield writer.link(packets.link, hardware);
  let written = 0;
  let last;
  for await (const packet of packets) {
    yield writer.packet(packet);
    written += 1;
    last = packet.timestamp;
    if (written >= count) break;
  }
  // Of all links none was heard: a file that describes none would be refused.
  if (written === 0 && hardware === undefined) yield writer.link(loopback.index, loopback.hardware);
  // A socket that is closed is not asked any more: the file ends without them.
  if (!packets.closed) yield writer.statistics(await packets.statistics(), last ?? now());
}
