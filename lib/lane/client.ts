import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import { channels } from '../diagnostics.js';
import { unpackError } from '../error-data.js';
import { NetlaneError } from '../errors.js';
import type { Transport, TransportEvents, TransportOptions } from '../netlink/transport.js';
import { workerUrl } from '../places.js';
import { Channel, channelMemory } from './channel.js';
import { Looking } from './looking.js';
import type { RingRecord } from './ring.js';
import { loadPiscina, workerEnvironment } from './piscina.js';
import { LaneTransport, patiently, type LaneChannel } from './transport.js';
import { fromLane, toLane, type FromLane, type LaneData, type LaneTasks, type Outcome, type ToLane } from './protocol.js';

/** How long the caller's thread looks for the answer before it goes on (nanoseconds). */
const shortest = 20_000;
/** So many looks in one turn of the loop: for ever, a program that awaits request after request would starve its timers. */
const looksPerTurn = 32;

/** What becomes of a lane, told to its registry. */
export interface LaneEvents {
  /** Its thread runs, inside. */
  started(thread: number): void;
  /** It is of no more use: it ends, or died. */
  ended(): void;
  /** Its thread is gone. */
  gone(): void;
}

/** The caller's end of a lane: a Piscina pool of exactly one thread, and the channel to it. */
export class LaneClient implements LaneChannel {
  readonly #data: LaneData;
  readonly #idleTime: number;
  readonly #events: LaneEvents;
  readonly #transports = new Map<number, LaneTransport>();
  #pool: Piscina | undefined;
  #port: MessagePort | undefined;
  #channel: Channel<readonly ToLane[], readonly FromLane[]> | undefined;
  #starting: Promise<void> | undefined;
  #outbox: ToLane[] = [];
  #transfers: ArrayBuffer[] = [];
  #scheduled = false;
  #nextId = 1;
  #users = 0;
  #kept = 0;
  #idleTimer: NodeJS.Timeout | undefined;
  /** Why it is of no more use, for a socket of a namespace. */
  #gone: ((namespace: string) => NetlaneError) | undefined;
  readonly #ended: Promise<void>;
  #markEnded: () => void = () => undefined;
  #wanted = true;
  readonly #looking = new Looking();
  /** Looks in this turn of the loop. */
  #looks = 0;
  /** Whether the last look found something. */
  #found = false;
  #willLook = false;
  #willTurn = false;

  constructor(data: LaneData, idleTime: number, events: LaneEvents) {
    this.#data = data;
    this.#idleTime = idleTime;
    this.#events = events;
    this.#ended = new Promise((resolve) => (this.#markEnded = resolve));
  }

  get alive(): boolean {
    return this.#gone === undefined;
  }

  /**
   * Opens a socket: `fd` is the namespace for shared lanes, -1 stands for the lane's own; `name` is for errors. Rejects with what the
   * addon threw, as it was thrown: openingError() makes it readable.
   */
  async open(
    namespace: { readonly fd: number; readonly name: string },
    options: TransportOptions,
    events: TransportEvents,
  ): Promise<Transport> {
    this.#users++;
    clearTimeout(this.#idleTimer);
    try {
      this.#starting ??= this.#start();
      await this.#starting;
      const id = this.#nextId++;
      const transport = new LaneTransport(this, id, namespace.name, options.slabs, events);
      this.#transports.set(id, transport);
      try {
        transport.state = await this.task('open', { id, namespace: namespace.fd, options });
      } catch (error) {
        this.#transports.delete(id);
        throw error;
      }
      return transport;
    } catch (error) {
      this.#leave();
      throw error instanceof NetlaneError ? (this.goneFor(namespace.name) ?? error) : error;
    }
  }

  /** The error for a socket of a namespace, when the lane is of no more use. */
  goneFor(namespace: string): NetlaneError | undefined {
    return this.#gone?.(namespace);
  }

  async #start(): Promise<void> {
    try {
      const thread = await this.#connect();
      this.#events.started(thread);
      if (channels.lane.hasSubscribers) channels.lane.publish({ namespace: this.#data.name, state: 'started', thread });
    } catch (error) {
      // Whoever waits hears the cause itself: that the namespace cannot be entered, that there are no fds. The next use tries anew.
      this.#finish((namespace) => lost(namespace, error), 'lost');
      // What no system call and none of netlane's own said, such as the module loader of Node 24 without fds, has no code to match.
      if (error instanceof NetlaneError || (error instanceof Error && 'errno' in error)) throw error;
      throw lost(this.#data.name, error);
    }
  }

  #connect(): Promise<number> {
    const Pool = loadPiscina();
    const pool = new Pool({
      filename: workerUrl('lane'),
      // Piscina looks for the function when the thread starts; one that is not there it looks for by code made of text, which a program can forbid.
      name: 'connect',
      minThreads: 1,
      maxThreads: 1,
      // Everything runs at once on the one thread: a task that waited behind another would be a deadlock.
      concurrentTasksPerWorker: 1_000_000,
      // Atomics.wait would keep the thread from its sockets.
      atomics: 'disabled',
      idleTimeout: Infinity,
      workerData: this.#data,
      // Programs that are preloaded with NODE_OPTIONS or -r are not meant for a thread in another namespace.
      execArgv: [],
      env: workerEnvironment(),
      trackUnmanagedFds: false,
    });
    this.#pool = pool;
    pool.on('error', (error: unknown) => {
      this.#die(error);
    });
    for (const thread of pool.threads) {
      // Before Piscina hears of it, which would put another thread in its place, one that has no sockets.
      thread.prependOnceListener('error', (error) => {
        this.#die(error);
      });
      thread.prependOnceListener('exit', (code) => {
        this.#die(new Error(`its thread ended with code ${code}`));
      });
    }
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const memory = channelMemory();
    this.#channel = new Channel(port1, memory.toLane, memory.fromLane, {
      take: (record) => {
        this.#transports.get(record.id)?.take(record);
      },
      message: (records) => {
        this.#handle(records);
      },
      woken: () => {
        if (!this.#willTurn) this.#channel?.sleep();
      },
    });
    port1.unref();
    return this.#run('connect', { port: port2, memory }, [port2]).then(({ thread }) => thread);
  }

  async #run<Name extends keyof LaneTasks>(
    name: Name,
    task: LaneTasks[Name][0],
    transferList: MessagePort[] = [],
  ): Promise<LaneTasks[Name][1]> {
    if (this.#gone !== undefined) throw this.#gone(this.#data.name);
    if (this.#pool === undefined) throw new Error('the lane has not started');
    let outcome: Outcome<LaneTasks[Name][1]>;
    try {
      outcome = (await this.#pool.run(task, { name, transferList })) as Outcome<LaneTasks[Name][1]>;
    } catch (error) {
      throw this.goneFor(this.#data.name) ?? error;
    }
    if (outcome.ok) return outcome.value;
    throw unpackError(outcome.error);
  }

  /** A control task, in order with the data on both ways. */
  async task<Name extends keyof LaneTasks>(name: Name, task: LaneTasks[Name][0]): Promise<LaneTasks[Name][1]> {
    this.flush();
    const value = await this.#run(name, task);
    this.#catchUp();
    return value;
  }

  #catchUp(): void {
    this.#channel?.catchUp();
  }

  keepUp(): void {
    if (this.#channel?.filled === true) this.#channel.catchUp();
  }

  #handle(records: readonly FromLane[]): void {
    for (const record of records) {
      const transport = this.#transports.get(record[1]);
      if (transport === undefined) continue;
      if (record[0] === fromLane.lost) this.forget(record[1]);
      transport.handle(record);
    }
  }

  /** Puts a small record, which leaves at once; false where there is no room for it now. */
  put(record: RingRecord, bytes?: Uint8Array): boolean {
    if (this.#gone !== undefined) return true;
    this.flush();
    if (record.kind !== toLane.returned) this.#lookSoon();
    return this.#channel?.put(record, bytes) === true;
  }

  /** Puts a record in line for the port; it leaves with this tick, and before anything that is put. */
  post(record: ToLane): void {
    if (this.#gone !== undefined) return;
    this.#outbox.push(record);
    if (record[0] === toLane.release) this.#transfers.push(record[2]);
    else if (record[0] === toLane.send) this.#transfers.push(record[5].buffer);
    else if (record[0] === toLane.exchange) this.#transfers.push(record[4].buffer);
    if (record[0] === toLane.send || record[0] === toLane.exchange) this.#lookSoon();
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(this.#flush);
  }

  readonly #flush = (): void => {
    this.flush();
  };

  flush(): void {
    this.#scheduled = false;
    if (this.#outbox.length === 0) return;
    const records = this.#outbox;
    const transfers = this.#transfers;
    this.#outbox = [];
    this.#transfers = [];
    this.#channel?.post(records, transfers);
  }

  /** A lane that is awake answers sooner than this thread could fall asleep and be woken. */
  #lookSoon(): void {
    if (this.#willLook || this.#looks >= looksPerTurn || !this.#looking.pays) return;
    this.#looks++;
    this.#willLook = true;
    this.#channel?.stayAwake();
    queueMicrotask(this.#look);
    if (this.#willTurn) return;
    this.#willTurn = true;
    setImmediate(this.#turn);
  }

  readonly #look = (): void => {
    this.#willLook = false;
    if (this.#scheduled) this.flush();
    this.#lookNow();
  };

  #lookNow(): boolean {
    this.#found = this.#channel?.look(shortest) === true;
    this.#looking.note(this.#found);
    return this.#found;
  }

  /** While answers keep coming, the lane need not wake this thread: it looks in each turn of its loop. */
  readonly #turn = (): void => {
    this.#looks = 0;
    const channel = this.#channel;
    if (channel === undefined || this.#gone !== undefined) return;
    const more = this.#found && this.#kept > 0 && this.#looking.pays ? this.#lookNow() : channel.drain();
    if (more || this.#willLook) {
      setImmediate(this.#turn);
      return;
    }
    this.#willTurn = false;
    channel.sleep();
  };

  /** Counts who keeps the process alive. */
  keep(keep: boolean): void {
    this.#kept += keep ? 1 : -1;
    if (this.#kept === 1 && keep) this.#port?.ref();
    else if (this.#kept === 0) this.#port?.unref();
  }

  forget(id: number): void {
    if (this.#transports.delete(id)) this.#leave();
  }

  /** Whether handles of the namespace are open: without any, the lane ends with its last socket, and pins the namespace no longer. */
  set wanted(wanted: boolean) {
    this.#wanted = wanted;
    if (this.#users === 0 && this.#starting !== undefined) this.#rest();
  }

  /** One user less. */
  #leave(): void {
    this.#users--;
    if (this.#users === 0) this.#rest();
  }

  /** Without a socket, the lane ends after its idle time. */
  #rest(): void {
    clearTimeout(this.#idleTimer);
    if (this.#gone !== undefined) return;
    if (!this.#wanted) {
      this.#end();
      return;
    }
    this.#idleTimer = setTimeout(() => {
      this.#end();
    }, this.#idleTime);
    this.#idleTimer.unref();
  }

  #end(): void {
    this.#finish((namespace) => new NetlaneError('NETLANE_LANE_LOST', `the lane of ${namespace} was ended`, { namespace }), 'ended');
  }

  /** The thread died, or never came to life: everything open on it is lost. */
  #die(cause: unknown): void {
    if (this.#gone !== undefined) return;
    this.#finish((namespace) => lost(namespace, cause), 'lost');
  }

  #finish(why: (namespace: string) => NetlaneError, state: 'ended' | 'lost'): void {
    if (this.#gone !== undefined) return;
    // What it said before is not lost.
    this.#catchUp();
    this.#gone = why;
    clearTimeout(this.#idleTimer);
    const transports = [...this.#transports.values()];
    this.#transports.clear();
    this.#events.ended();
    if (channels.lane.hasSubscribers) channels.lane.publish({ namespace: this.#data.name, state });
    for (const transport of transports) transport.lost(why(transport.namespace));
    this.#port?.close();
    void this.#destroy();
  }

  async #destroy(): Promise<void> {
    try {
      await this.#pool?.destroy();
    } catch (failure) {
      process.emitWarning(`a lane did not end cleanly: ${String(failure)}`, 'NetlaneWarning');
    }
    this.#events.gone();
    this.#markEnded();
  }

  /** Resolves when the thread has ended, or after 100 ms: a system call may hold it. */
  async ended(): Promise<void> {
    await patiently(this.#ended);
  }
}

function lost(namespace: string, cause: unknown): NetlaneError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new NetlaneError('NETLANE_LANE_LOST', `the lane of ${namespace} was lost: ${reason}`, {
    namespace,
    cause,
    hint: /EMFILE|too many open files/.test(reason)
      ? "this process is out of file descriptors: raise 'ulimit -n'; the next use tries anew"
      : 'the next use starts a new one; whether what was pending was done is not known',
  });
}
