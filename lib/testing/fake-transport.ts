import { type NetlaneCode, NetlaneError, SystemError, describeValue, invalidArgument } from '../errors.js';
import { smallestReceive } from '../native.js';
import {
  EBUSY,
  EMSGSIZE,
  EPERM,
  NETLINK_ADD_MEMBERSHIP,
  NETLINK_LISTEN_ALL_NSID,
  NETLINK_PKTINFO,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SOL_NETLINK,
  SOL_SOCKET,
} from '../netlink/constants.js';
import type { Transport, TransportEvents, TransportOptions, TransportState, TransportStatistics } from '../netlink/transport.js';
import { eachReply, frameSize, longestDatagram, writeFrame, type FakeDatagram, type FakeReplies } from './datagram.js';
import type { FakeRequest, FakeSend, FakeTransportFacts } from './fake-request.js';
import { refuse } from './replies.js';
import { FakeSocket, type FakeSocketLimits } from './fake-socket.js';

/** What a transport needs of its kernel. */
export interface FakeTransportHost extends FakeSocketLimits {
  readonly namespace: string;
  readonly kind: Transport['kind'];
  readonly slabSize: number;
  readonly batch: number;
  readonly transfer: boolean;
  readonly synchronous: boolean;
  /** Nothing moves. */
  readonly paused: boolean;
  /** The transport has something to do in the next turn. */
  wake(transport: FakeTransport): void;
  /** A sendmsg went out; its messages and replies are the kernel's business. 0, or the errno that it fails with. */
  sent(transport: FakeTransport, send: Omit<FakeSend, 'errno'>): number;
  /** The test's own fault or the engine's: told by verify(). */
  misused(what: string): void;
  /** A generator of the handler threw while a dump was drawn from it. */
  threw(transport: FakeTransport, thrown: unknown): void;
  /** close() was called. */
  left(transport: FakeTransport): void;
}

/** One fd of the fake kernel, and the pump that would sit in a lane: slabs as credits, small batches, one received() for each turn. */
export class FakeTransport implements Transport, FakeTransportFacts {
  readonly number: number;
  readonly options: TransportOptions;
  readonly state: TransportState;
  readonly requests: FakeRequest[] = [];
  readonly sends: FakeSend[] = [];
  /** The kernel's side of it. */
  readonly socket: FakeSocket;
  readonly pumpSync?: (milliseconds: number) => boolean;
  closed = false;
  gone = false;
  referenced = false;
  readonly #host: FakeTransportHost;
  readonly #events: TransportEvents;
  readonly #outbox: Omit<FakeSend, 'errno'>[] = [];
  /** Calls besides the data, answered in their turn: after what was sent before them. */
  readonly #controls: { readonly run: () => void; readonly cancel: (error: Error) => void }[] = [];
  readonly #delayed: { due: number; readonly replies: FakeReplies }[] = [];
  readonly #free: ArrayBuffer[] = [];
  readonly #out = new Set<ArrayBuffer>();
  readonly #spills = new WeakSet<ArrayBuffer>();
  readonly #statistics: TransportStatistics = { sent: 0, received: 0, overruns: 0, truncated: 0 };
  #made = 0;
  #turns = 0;
  /** Bytes received since the socket said ENOBUFS; -1: it did not. */
  #sinceOverrun = -1;
  /** To be told in the next turn. */
  #lost: Error | undefined;
  #loss: Error | undefined;
  #closing: Promise<void> | undefined;

  /** @throws SystemError for an option that the kernel refuses. */
  constructor(host: FakeTransportHost, number: number, port: number, options: TransportOptions, events: TransportEvents) {
    this.#host = host;
    this.#events = events;
    this.number = number;
    this.options = options;
    this.socket = new FakeSocket(host, (thrown) => host.threw(this, thrown));
    const refused: number[] = [];
    this.#buffer(SO_RCVBUFFORCE, SO_RCVBUF, options.receiveBuffer);
    this.#buffer(SO_SNDBUFFORCE, SO_SNDBUF, options.sendBuffer);
    for (const { option, value, optional } of options.options) {
      const errno = this.socket.set(SOL_NETLINK, option, value);
      if (errno !== 0 && optional) refused.push(option);
      else this.#check(errno);
    }
    for (const group of options.groups) this.#check(this.socket.set(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group));
    this.state = { fd: 1000 + number, port, receiveBuffer: this.socket.receiveBuffer, sendBuffer: this.socket.sendBuffer, refused };
    if (host.synchronous) this.pumpSync = (milliseconds) => this.#pumpSync(milliseconds);
  }

  get kind(): Transport['kind'] {
    return this.#host.kind;
  }

  get groups(): number[] {
    return [...this.socket.groups].sort((a, b) => a - b);
  }

  get filter(): Uint8Array {
    return this.socket.filter;
  }

  get slabsOut(): number {
    return this.#out.size;
  }

  get charged(): number {
    return this.socket.charged;
  }

  get drops(): number {
    return this.socket.drops;
  }

  option(option: number, level: number = SOL_NETLINK): number {
    return this.socket.get(level, option);
  }

  send(bytes: Uint8Array<ArrayBuffer>, tag: number, port: number, groups: number): boolean {
    if (bytes.byteOffset !== 0 || !(bytes.buffer instanceof ArrayBuffer)) {
      this.#host.misused('send() takes a plain ArrayBuffer that is used from offset 0');
      throw invalidArgument('bytes', 'a plain ArrayBuffer used from offset 0', bytes);
    }
    if (this.closed) this.#host.misused('send() after close()');
    const { length } = bytes;
    const buffer = this.#host.transfer ? structuredClone(bytes.buffer, { transfer: [bytes.buffer] }) : bytes.buffer.slice(0);
    if (!this.#alive) return false;
    this.#outbox.push({ transport: this, tag, port, groups, bytes: new Uint8Array(buffer, 0, length) });
    this.#host.wake(this);
    return !this.#host.transfer;
  }

  release(slab: ArrayBuffer): void {
    if (this.#spills.has(slab)) return;
    if (!this.#out.delete(slab)) {
      this.#host.misused(slab.byteLength === 0 ? 'a slab was released twice' : 'a slab was released that this transport never gave');
      return;
    }
    this.#free.push(this.#host.transfer ? structuredClone(slab, { transfer: [slab] }) : slab);
    if (this.#busy()) this.#host.wake(this);
  }

  setOption(level: number, option: number, value: number): Promise<void> {
    return this.#control(() => {
      this.#check(this.socket.set(level, option, value));
    });
  }

  getOption(level: number, option: number): Promise<number> {
    return this.#control(() => this.socket.get(level, option));
  }

  memberships(): Promise<number[]> {
    return this.#control(() => this.groups);
  }

  setFilter(program: Uint8Array): Promise<void> {
    return this.#control(() => {
      this.socket.filter = program.slice();
    });
  }

  statistics(): Promise<TransportStatistics> {
    return this.#control(() => ({ ...this.#statistics }));
  }

  /** The fake takes what is sent in its turn, in order with all that is asked of it. */
  drained(): Promise<void> {
    return this.#control(() => undefined);
  }

  ref(keep: boolean): void {
    this.referenced = keep;
  }

  close(): Promise<void> {
    if (this.#closing === undefined) {
      this.closed = true;
      this.#end();
      this.#host.left(this);
      this.#closing = Promise.resolve();
    }
    return this.#closing;
  }

  /** Queues replies in the socket, as the kernel does while it works a request off. */
  deliver(replies: FakeReplies): void {
    if (!this.#alive) return;
    eachReply(replies, (each) => {
      if (each.kind === 'datagram') this.socket.enqueue(each);
      else if (each.kind === 'overrun') this.socket.overrun();
      else if (each.kind === 'later') this.#delayed.push({ due: this.#turns + each.turns, replies: each.replies });
      else if (!this.socket.startDump(each)) this.socket.enqueue(refuse(each.request, EBUSY));
    });
    this.#host.wake(this);
  }

  /** The fd is broken from now on: what is queued is gone, lost() comes in the next turn. */
  lose(error: Error): void {
    if (!this.#alive) return;
    this.gone = true;
    this.#loss = error;
    this.#lost = error;
    this.#end();
    this.#host.wake(this);
  }

  /** One turn of the pump; true where another one is due. */
  turn(): boolean {
    this.#turns += 1;
    if (this.#tellLoss()) return false;
    this.#flush();
    this.#awaken();
    if (this.#alive) this.#receive();
    return this.#busy();
  }

  #busy(): boolean {
    if (this.closed) return false;
    if (this.#lost !== undefined || this.#outbox.length > 0 || this.#controls.length > 0 || this.#delayed.length > 0) return true;
    return (this.socket.readable || this.#sinceOverrun >= 0) && this.#credit();
  }

  #credit(): boolean {
    return this.#free.length > 0 || this.#made < this.options.slabs;
  }

  #tellLoss(): boolean {
    const error = this.#lost;
    this.#lost = undefined;
    if (error === undefined || this.closed) return this.closed || this.gone;
    this.#events.lost(error);
    return true;
  }

  #flush(): boolean {
    let told = false;
    for (let send = this.#outbox.shift(); send !== undefined; send = this.#outbox.shift()) {
      const whole = { ...send, errno: 0 };
      // Larger than sk_sndbuf - 32: netlink_sendmsg of the kernel.
      whole.errno = send.bytes.length > this.socket.sendBuffer - 32 ? EMSGSIZE : this.#host.sent(this, whole);
      this.sends.push(whole);
      if (whole.errno === 0) this.#statistics.sent += 1;
      else if (this.#alive) {
        told = true;
        this.#events.refused(send.tag, whole.errno);
      }
    }
    for (const { run } of this.#controls.splice(0)) run();
    return told;
  }

  #awaken(): void {
    const due = this.#delayed.filter(({ due: turn }) => turn <= this.#turns);
    for (const each of due) this.#delayed.splice(this.#delayed.indexOf(each), 1);
    for (const { replies } of due) this.deliver(replies);
  }

  /** One round of receiving: at most `batch` datagrams into one slab, then what did not fit it. */
  #receive(): boolean {
    if (!this.socket.readable && this.#sinceOverrun === -1) return false;
    const slab = this.#free.pop() ?? this.#newSlab();
    if (slab === undefined) return false;
    let end = 0;
    let spill: FakeDatagram | undefined;
    for (let count = 0; count < this.#host.batch && slab.byteLength - end >= smallestReceive; count += 1) {
      const each = this.socket.receive();
      if (each === undefined) break;
      if (typeof each === 'number') {
        if (this.#sinceOverrun === -1) this.#sinceOverrun = 0;
        break;
      }
      this.#count(each);
      if (frameSize(each) > slab.byteLength - end) {
        spill = each;
        break;
      }
      end = writeFrame(slab, end, each, this.#shown());
    }
    if (end > 0) {
      this.#out.add(slab);
      this.#events.received(slab, end);
    } else this.#free.push(slab);
    if (spill !== undefined && this.#alive) {
      const own = new ArrayBuffer(frameSize(spill));
      this.#spills.add(own);
      this.#events.received(own, writeFrame(own, 0, spill, this.#shown()));
    }
    return this.#tellOverrun() || end > 0 || spill !== undefined;
  }

  /** The kernel says ENOBUFS before what it had queued until then, the pump behind it: when the queue was empty, or a buffer full was read. */
  #tellOverrun(): boolean {
    if (this.#sinceOverrun === -1 || !this.#alive) return false;
    if (this.options.promptOverruns !== true && !this.socket.empty && this.#sinceOverrun <= this.socket.receiveBuffer) return false;
    this.#sinceOverrun = -1;
    this.#statistics.overruns += 1;
    this.#events.overrun();
    return true;
  }

  #count(each: FakeDatagram): void {
    this.#statistics.received += 1;
    if (this.#sinceOverrun >= 0) this.#sinceOverrun += frameSize(each);
    if (each.truncated || each.bytes.length > longestDatagram) this.#statistics.truncated += 1;
  }

  #shown(): { showGroup: boolean; showNsid: boolean } {
    return { showGroup: this.option(NETLINK_PKTINFO) !== 0, showNsid: this.option(NETLINK_LISTEN_ALL_NSID) !== 0 };
  }

  get #alive(): boolean {
    return !this.closed && !this.gone;
  }

  #newSlab(): ArrayBuffer | undefined {
    if (this.#made === this.options.slabs) return undefined;
    this.#made += 1;
    return new ArrayBuffer(this.#host.slabSize);
  }

  #pumpSync(milliseconds: number): boolean {
    if (this.#host.paused) return false;
    for (;;) {
      this.#turns += 1;
      if (this.#tellLoss()) return true;
      const told = this.#flush();
      this.#awaken();
      if (this.#receive() || told || !this.#alive) return true;
      // The call would block here: time passes until the next late reply, or until the time is over.
      const next = Math.min(...this.#delayed.map(({ due }) => due));
      if (next === Infinity && milliseconds < 0)
        throw this.#error('NETLANE_TIMEOUT', 'pumpSync() without a time would wait for ever: nothing is on its way');
      if (next === Infinity) return false;
      this.#turns = Math.max(this.#turns, next - 1);
    }
  }

  #buffer(forced: number, ordinary: number, size: number | undefined): void {
    if (size === undefined) return;
    if (this.socket.set(SOL_SOCKET, forced, size) === EPERM) this.#check(this.socket.set(SOL_SOCKET, ordinary, size));
  }

  #check(errno: number): void {
    if (errno !== 0) throw new SystemError({ errno, syscall: 'setsockopt' }, { namespace: this.#host.namespace });
  }

  #control<T>(action: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.#alive) {
        reject(this.#ending());
        return;
      }
      const run = (): void => {
        try {
          resolve(action());
        } catch (error) {
          reject(error instanceof Error ? error : new Error(describeValue(error)));
        }
      };
      this.#controls.push({
        run,
        cancel: (error) => {
          reject(error);
        },
      });
      this.#host.wake(this);
    });
  }

  #error(code: NetlaneCode, reason: string): NetlaneError {
    return new NetlaneError(code, reason, { namespace: this.#host.namespace });
  }

  /** Why nothing can be asked of it any more. */
  #ending(): Error {
    return this.#loss ?? this.#error('NETLANE_CLOSED', 'the fake transport is closed');
  }

  #end(): void {
    this.#outbox.length = 0;
    this.#delayed.length = 0;
    for (const { cancel } of this.#controls.splice(0)) cancel(this.#ending());
    this.socket.release();
  }
}
