import type { TransportOptions, TransportState } from '../netlink/transport.js';

/** A fake transport as a test sees it. Everything here is read-only; the engine under test is what changes it. */
export interface FakeTransportFacts {
  /** The how-manieth transport of the kernel this is, from 1 on. */
  readonly number: number;
  readonly options: TransportOptions;
  readonly state: TransportState;
  /** Groups joined now, sorted. */
  readonly groups: readonly number[];
  /** A socket option as it is now; 0 where it was never set. The level is SOL_NETLINK unless given. */
  option(option: number, level?: number): number;
  /** The filter that was set (struct sock_filter). It is recorded, not run. */
  readonly filter: Uint8Array;
  /** What was sent through it, in order. */
  readonly requests: readonly FakeRequest[];
  readonly sends: readonly FakeSend[];
  /** close() was called. */
  readonly closed: boolean;
  /** Taken away by lose(). */
  readonly gone: boolean;
  /** ref(true) was the last word. */
  readonly referenced: boolean;
  /** Slabs in the hands of the consumer. */
  readonly slabsOut: number;
  /** Bytes of the receive buffer in use, as the kernel accounts them. */
  readonly charged: number;
  /** Messages dropped for want of room. */
  readonly drops: number;
}

/** One sendmsg. */
export interface FakeSend {
  readonly transport: FakeTransportFacts;
  /** The tag of the transport's send(). */
  readonly tag: number;
  /** Destination: 0 is the kernel. */
  readonly port: number;
  /** Destination groups, a mask. */
  readonly groups: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The positive errno that it failed with, 0 for one that went out. */
  readonly errno: number;
}

/** A message that the engine sent to the kernel. */
export interface FakeRequest {
  readonly transport: FakeTransportFacts;
  /** nlmsg_type. */
  readonly type: number;
  /** nlmsg_flags. */
  readonly flags: number;
  /** nlmsg_seq. */
  readonly sequence: number;
  /** nlmsg_pid. */
  readonly port: number;
  /** What follows the header. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** Header and body. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The sendmsg that it came with: requests of one sendmsg have the same. */
  readonly send: FakeSend;
}
