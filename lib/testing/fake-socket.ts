import {
  EPERM,
  NETLINK_ADD_MEMBERSHIP,
  NETLINK_DROP_MEMBERSHIP,
  NETLINK_LISTEN_ALL_NSID,
  NETLINK_NO_ENOBUFS,
  ENOBUFS,
  ENOPROTOOPT,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SOL_NETLINK,
  SOL_SOCKET,
} from '../netlink/constants.js';
import { bufferCost, type FakeDatagram, type FakeDump } from './datagram.js';

const EINVAL = 22;

/** What of a kernel's settings a socket depends on. */
export interface FakeSocketLimits {
  /** net.core.rmem_default and wmem_default, as the kernel accounts them. */
  readonly defaultBuffer: number;
  /** net.core.rmem_max and wmem_max: SO_RCVBUF and SO_SNDBUF take no more. */
  readonly largestBuffer: number;
  /** With CAP_NET_ADMIN and CAP_NET_BROADCAST. */
  readonly privileged: boolean;
  /** setsockopt options of SOL_NETLINK that this kernel does not know. */
  readonly unknownOptions: readonly number[];
  /** Highest group number of each protocol. */
  readonly largestGroup: number;
}

/** The kernel's side of one netlink socket: its receive queue with real accounting, its options and groups, and the dump that runs on it. */
export class FakeSocket {
  readonly groups = new Set<number>();
  receiveBuffer: number;
  sendBuffer: number;
  /** Messages that found no room. */
  drops = 0;
  filter: Uint8Array = new Uint8Array();
  readonly #limits: FakeSocketLimits;
  readonly #threw: (thrown: unknown) => void;
  readonly #settings = new Map<string, number>();
  readonly #queue: FakeDatagram[] = [];
  #head = 0;
  #charged = 0;
  /** sk_err: told once, by the next receive, before whatever is queued. */
  #error = 0;
  /** NETLINK_S_CONGESTED: after a drop nothing is taken until the queue was read empty. */
  #congested = false;
  #dump: Iterator<FakeDatagram> | undefined;
  #drawing = false;

  constructor(limits: FakeSocketLimits, threw: (thrown: unknown) => void) {
    this.#limits = limits;
    this.#threw = threw;
    this.receiveBuffer = limits.defaultBuffer;
    this.sendBuffer = limits.defaultBuffer;
  }

  /** setsockopt; 0 or a positive errno. */
  set(level: number, option: number, value: number): number {
    const { privileged, largestBuffer } = this.#limits;
    if (level === SOL_NETLINK && this.#limits.unknownOptions.includes(option)) return ENOPROTOOPT;
    if (level === SOL_NETLINK && (option === NETLINK_ADD_MEMBERSHIP || option === NETLINK_DROP_MEMBERSHIP)) {
      if (value < 1 || value > this.#limits.largestGroup) return EINVAL;
      if (option === NETLINK_ADD_MEMBERSHIP) this.groups.add(value);
      else this.groups.delete(value);
      return 0;
    }
    if (level === SOL_NETLINK && option === NETLINK_LISTEN_ALL_NSID && !privileged) return EPERM;
    if (level === SOL_SOCKET) {
      const forced = option === SO_RCVBUFFORCE || option === SO_SNDBUFFORCE;
      if (forced && !privileged) return EPERM;
      const size = 2 * Math.min(value, forced ? 2 ** 30 : largestBuffer);
      if (option === SO_RCVBUF || option === SO_RCVBUFFORCE) this.receiveBuffer = size;
      if (option === SO_SNDBUF || option === SO_SNDBUFFORCE) this.sendBuffer = size;
    }
    this.#settings.set(`${level}/${option}`, value);
    return 0;
  }

  get(level: number, option: number): number {
    if (level === SOL_SOCKET && option === SO_RCVBUF) return this.receiveBuffer;
    if (level === SOL_SOCKET && option === SO_SNDBUF) return this.sendBuffer;
    return this.#settings.get(`${level}/${option}`) ?? 0;
  }

  get charged(): number {
    return this.#charged;
  }

  /** Nothing is queued, and no dump will queue more. */
  get empty(): boolean {
    return this.#head === this.#queue.length && this.#dump === undefined;
  }

  get readable(): boolean {
    return this.#error !== 0 || !this.empty;
  }

  /** Queues a datagram where there is room; else it is lost, and the next receive says so. */
  enqueue(each: FakeDatagram): void {
    const cost = bufferCost(each.bytes.length);
    const room = this.#charged === 0 || this.#charged + cost <= this.receiveBuffer;
    if (!room || this.#congested) {
      this.overrun();
      return;
    }
    this.#append(each);
  }

  #append(each: FakeDatagram): void {
    this.#charged += bufferCost(each.bytes.length);
    this.#queue.push(each);
  }

  /** A message was dropped (netlink_overrun of the kernel), and so is what follows until the queue was read empty. */
  overrun(): void {
    this.drops += 1;
    if (this.get(SOL_NETLINK, NETLINK_NO_ENOBUFS) !== 0 || this.#congested) return;
    this.#congested = true;
    this.#error = ENOBUFS;
  }

  /** Starts a dump; false where one runs already (EBUSY). */
  startDump(dump: FakeDump): boolean {
    if (this.#dump !== undefined) return false;
    this.#dump = dump.datagrams[Symbol.iterator]();
    this.#continueDump();
    return true;
  }

  /** recvmsg: a datagram, a positive errno, or undefined for EAGAIN. */
  receive(): FakeDatagram | number | undefined {
    if (this.#error !== 0) {
      const errno = this.#error;
      this.#error = 0;
      if (this.#head === this.#queue.length) this.#congested = false;
      return errno;
    }
    const first = this.#queue[this.#head];
    if (first === undefined) return undefined;
    this.#head += 1;
    this.#charged -= bufferCost(first.bytes.length);
    if (this.#head === this.#queue.length) {
      this.#queue.length = 0;
      this.#head = 0;
      this.#congested = false;
    }
    if (this.#dump !== undefined && this.#charged <= this.receiveBuffer / 2) this.#continueDump();
    return first;
  }

  /** Ends the dump that runs, if one does, as closing the socket would. */
  release(): void {
    const dump = this.#dump;
    this.#dump = undefined;
    // A generator that closes its own socket is running now and cannot be returned.
    if (!this.#drawing) dump?.return?.();
    this.#queue.length = 0;
    this.#head = 0;
    this.#charged = 0;
  }

  /** Parts of a dump are made only when there is room, and never dropped (netlink_dump of the kernel). */
  #continueDump(): void {
    const dump = this.#dump;
    this.#drawing = true;
    try {
      const next = dump?.next();
      // A generator may have closed the socket while it was drawn.
      if (this.#dump !== dump || next === undefined) return;
      if (next.done === true) this.#dump = undefined;
      else this.#append(next.value);
    } catch (thrown) {
      this.#dump = undefined;
      this.#threw(thrown);
    } finally {
      this.#drawing = false;
    }
  }
}
