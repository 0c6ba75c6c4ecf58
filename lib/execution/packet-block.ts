import { formatHardware } from '../codec/address.js';
import { LITTLE_ENDIAN } from '../netlink/constants.js';

/*
 * What the kernel writes into a block of a ring (TPACKET_V3, linux/if_packet.h): struct tpacket_block_desc, then for each packet a struct
 * tpacket3_hdr, a sockaddr_ll and the bytes.
 */

/** To whom a packet was addressed, by its device's own account (PACKET_HOST and so on). */
export type PacketDirection = 'host' | 'broadcast' | 'multicast' | 'other-host' | 'outgoing' | 'loopback' | number;

const directions: readonly PacketDirection[] = ['host', 'broadcast', 'multicast', 'other-host', 'outgoing', 'loopback'];

/** A packet that was captured. */
export interface Packet {
  /** When the kernel, or the device, saw it: nanoseconds since 1970. */
  readonly timestamp: bigint;
  /** Index of the link. */
  readonly link: number;
  /** What the link's hardware is (ARPHRD_ETHER is 1): it tells how the bytes begin. */
  readonly hardware: number;
  /** 'outgoing' for what this machine sends; else whether it came for this host, for all, for a group, or for another. */
  readonly direction: PacketDirection;
  /** Number of the protocol (ETH_P_IP is 0x0800). */
  readonly protocol: number;
  /** Hardware address of the sender: '02:00:00:00:00:01'; '' where the link has none. */
  readonly from: string;
  /** The tag of a VLAN that the device took off. */
  readonly vlan?: { readonly protocol: number; readonly tag: number };
  /** Bytes that it had. */
  readonly length: number;
  /** What was kept of it, from the link's own header on. */
  readonly bytes: Uint8Array;
}

const blockHeader = { packets: 12, first: 16 } as const;
const packetHeader = {
  next: 0,
  seconds: 4,
  nanoseconds: 8,
  captured: 12,
  length: 16,
  status: 20,
  start: 24,
  vlanTag: 32,
  vlanProtocol: 36,
  address: 48,
} as const;
const vlanValid = 1 << 4;
const vlanProtocolValid = 1 << 6;

/** The packets of a block, each with a copy of its bytes, `most` at most. */
export function* packetsOf(block: Uint8Array, most: number): Generator<Packet, undefined, undefined> {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const count = view.getUint32(blockHeader.packets, LITTLE_ENDIAN);
  let at = view.getUint32(blockHeader.first, LITTLE_ENDIAN);
  for (let index = 0; index < count; index += 1) {
    yield packetAt(block, view, at, most);
    at += view.getUint32(at + packetHeader.next, LITTLE_ENDIAN);
  }
}

function packetAt(block: Uint8Array, view: DataView, at: number, most: number): Packet {
  const u32 = (offset: number): number => view.getUint32(at + offset, LITTLE_ENDIAN);
  const u16 = (offset: number): number => view.getUint16(at + offset, LITTLE_ENDIAN);
  const address = packetHeader.address;
  const start = at + u16(packetHeader.start);
  const status = u32(packetHeader.status);
  const direction = view.getUint8(at + address + 10);
  const addressStart = at + address + 12;
  return {
    timestamp: BigInt(u32(packetHeader.seconds)) * 1_000_000_000n + BigInt(u32(packetHeader.nanoseconds)),
    link: view.getInt32(at + address + 4, LITTLE_ENDIAN),
    hardware: u16(address + 8),
    direction: directions[direction] ?? direction,
    protocol: view.getUint16(at + address + 2),
    from: formatHardware(block, addressStart, addressStart + Math.min(8, view.getUint8(at + address + 11))),
    ...((status & vlanValid) !== 0 && {
      vlan: {
        protocol: (status & vlanProtocolValid) === 0 ? 0x8100 : u16(packetHeader.vlanProtocol),
        tag: u32(packetHeader.vlanTag),
      },
    }),
    length: u32(packetHeader.length),
    bytes: block.slice(start, start + Math.min(most, u32(packetHeader.captured))),
  };
}
