import { abortError, NetlaneError, SystemError } from '../errors.js';
import { checkOptions, checkSignal } from '../arguments.js';
import { EPERM } from '../netlink/constants.js';
import { leavable } from '../netlink/leavable.js';
import { offAbort, onAbort } from '../netlink/waiting.js';
import { NETLINK_CONNECTOR, NLMSG_DONE, PROC_CN_MCAST_IGNORE, PROC_CN_MCAST_LISTEN } from './constants.js';
import { newCnMsg } from './connector.js';
import { none, type NsLike } from './netns.js';
import { CN_IDX_PROC, CN_VAL_PROC, decodeProcessEvent, type ProcEvent } from './process-event.js';
import { NetlinkRequest } from './request.js';
import { timevalOf } from './settings.js';
import type { NetlinkMessage } from './message.js';
import { subscribeAt, type NetlinkSocket } from './socket.js';

/** How long the kernel may take to confirm, milliseconds: it does so within the call that asks. */
const patience = 2000;

const operation = 'watch processes';
const privilege = 'needs CAP_NET_ADMIN in the initial user namespace';

/** What watchProcesses() takes. */
export interface ProcessWatchOptions {
  /** Ends the watch: the loop rejects with ABORT_ERR. */
  readonly signal?: AbortSignal | undefined;
  /** Where to listen: must be the machine's initial network namespace. Default: the caller's own. */
  readonly netNS?: NsLike | undefined;
}

/** The kernel dropped events: they came faster than they were taken. */
export interface OverrunProcEvent {
  readonly kind: 'overrun';
}

/**
 * What happens to the machine's processes, as a for-await iterator; made by watchProcesses(). Leaving the loop ends the watch. One loop at a time.
 */
export class ProcessWatch implements AsyncIterable<ProcEvent | OverrunProcEvent> {
  /** Resolves when the kernel has confirmed that it tells; everything that happens afterwards is told. Rejects as the loop does. */
  readonly ready: Promise<void>;
  readonly #options: ProcessWatchOptions;
  readonly #queue: ProcEvent[] = [];
  readonly #iterator: AsyncGenerator<ProcEvent | OverrunProcEvent, undefined, undefined>;
  #socket: NetlinkSocket | undefined;
  #confirmed = false;
  #aborted: NetlaneError | undefined;
  #closing: Promise<void> | undefined;
  readonly #onAbort = (): void => {
    const { signal } = this.#options;
    if (signal !== undefined) this.#aborted ??= abortError(signal, { operation });
    // What ending it may reject with is told to whoever calls close().
    this.close().catch(() => undefined);
  };

  /** @internal */
  constructor(options: ProcessWatchOptions) {
    this.#options = options;
    this.ready = this.#start();
    // The loop throws it as well; a program that only loops must not end with an unhandled rejection.
    this.ready.catch(() => undefined);
    this.#iterator = leavable(
      () => this.#events(),
      () => void this.close(),
    );
  }

  [Symbol.asyncIterator](): AsyncGenerator<ProcEvent | OverrunProcEvent, undefined, undefined> {
    return this.#iterator;
  }

  /** Tells the kernel to stop, and closes the socket; the loop ends. The same promise each time. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    if (this.#options.signal !== undefined) offAbort(this.#options.signal, this.#onAbort);
    const socket = this.#socket;
    if (socket === undefined) return;
    try {
      // Kernels before 6.6 do not notice that a listener has gone, and go on making events for nobody.
      if (this.#confirmed) await socket.send(operationRequest(PROC_CN_MCAST_IGNORE, 0));
    } finally {
      await socket.close();
    }
  }

  async #start(): Promise<void> {
    const { signal, netNS = none() } = this.#options;
    try {
      if (signal?.aborted === true) throw abortError(signal, { operation });
      if (signal !== undefined) onAbort(signal, this.#onAbort);
      this.#socket = await subscribeAt(netNS, none(), NETLINK_CONNECTOR, CN_IDX_PROC);
      if (this.#closing !== undefined) {
        await this.#socket.close();
        throw this.#aborted ?? closed();
      }
      await this.#listen(this.#socket);
    } catch (error) {
      const failure = this.#aborted ?? explain(error);
      await this.close();
      throw failure;
    }
  }

  /** The kernel answers with an event of its own, which every listener hears; it has the `ack` of the request, one up, and a `seq` of its own. */
  async #listen(socket: NetlinkSocket): Promise<void> {
    const token = 1 + Math.floor(Math.random() * 0x7fff_fffe);
    await socket.send(operationRequest(PROC_CN_MCAST_LISTEN, token));
    const end = performance.now() + patience;
    for (let left = patience; left > 0; left = end - performance.now()) {
      socket.setReceiveTimeout(timevalOf('timeout', left));
      for (const message of (await socket.receive()).messages) {
        const { connector, event } = decode(message);
        if (event.kind !== 'acknowledgement') {
          // Another listener made the kernel tell already.
          this.#queue.push(event);
        } else if (connector.ack === token + 1) {
          if (event.errno !== 0)
            throw new SystemError({ errno: event.errno, syscall: 'PROC_CN_MCAST_LISTEN' }, { operation, hint: privilege });
          this.#confirmed = true;
        }
      }
      if (this.#confirmed) {
        socket.setReceiveTimeout({ sec: 0, usec: 0 });
        return;
      }
    }
    throw unconfirmed();
  }

  async *#events(): AsyncGenerator<ProcEvent | OverrunProcEvent, undefined, undefined> {
    try {
      if (!(await this.#begun())) return undefined;
      while (this.#closing === undefined) {
        const event = this.#queue.shift() ?? (await this.#next());
        if (event !== undefined) yield event;
      }
      if (this.#aborted !== undefined) throw this.#aborted;
    } finally {
      await this.close();
    }
    return undefined;
  }

  /** false when the watch was closed before it began. */
  async #begun(): Promise<boolean> {
    try {
      await this.ready;
      return true;
    } catch (error) {
      if (codeOf(error) === 'NETLANE_CLOSED') return false;
      throw error;
    }
  }

  /** Receives into the queue; an event only where the kernel dropped some. */
  async #next(): Promise<OverrunProcEvent | undefined> {
    try {
      const received = await this.#socket?.receive();
      for (const message of received?.messages ?? []) {
        const { event } = decode(message);
        if (event.kind !== 'acknowledgement') this.#queue.push(event);
      }
      return undefined;
    } catch (error) {
      if (codeOf(error) === 'NETLANE_OVERRUN') return { kind: 'overrun' };
      if (codeOf(error) === 'NETLANE_CLOSED' && this.#closing !== undefined) return undefined;
      throw error;
    }
  }
}

function decode(message: NetlinkMessage): ReturnType<typeof decodeProcessEvent> {
  return decodeProcessEvent(message.data);
}

function operationRequest(op: number, token: number): NetlinkRequest {
  const message = newCnMsg(CN_IDX_PROC, CN_VAL_PROC, op);
  message.ack = token;
  const request = new NetlinkRequest(NLMSG_DONE);
  request.addData(message);
  return request;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function closed(): NetlaneError {
  return new NetlaneError('NETLANE_CLOSED', 'the watch is closed', { operation });
}

function unconfirmed(cause?: unknown): NetlaneError {
  return new NetlaneError('NETLANE_NOT_SUPPORTED', 'the kernel did not confirm it', {
    operation,
    cause,
    hint: 'it tells processes of the initial pid and user namespaces only: not those of most containers',
  });
}

/** What the kernel's own words do not say. */
function explain(error: unknown): unknown {
  switch (codeOf(error)) {
    case 'ECONNREFUSED':
      return new NetlaneError('NETLANE_NOT_SUPPORTED', 'the kernel tells of processes in its initial network namespace only', {
        operation,
        cause: error,
        hint: 'a program with the rights to can listen there: { netNS: await getFromPid(1) }',
      });
    case 'EPROTONOSUPPORT':
      return new NetlaneError('NETLANE_NOT_SUPPORTED', 'this kernel was built without the connector (CONFIG_PROC_EVENTS)', {
        operation,
        cause: error,
      });
    case 'EPERM':
      return new SystemError({ errno: EPERM, syscall: 'NETLINK_ADD_MEMBERSHIP' }, { operation, cause: error, hint: privilege });
    case 'NETLANE_TIMEOUT':
      return unconfirmed(error);
    default:
      return error;
  }
}

/**
 * Watches the processes of the whole machine: fork, exec, exit, and changes of uid, gid, session, tracer and name (NETLINK_CONNECTOR, Linux 2.6.15).
 * Subscribes when it is called; `await watch.ready` says that it does.
 *
 * The loop, and `ready`, reject with NETLANE_NOT_SUPPORTED outside of the initial network, pid and user namespaces, EPERM without CAP_NET_ADMIN,
 * and ABORT_ERR. Several watches may run at once. Source: linux/cn_proc.h.
 */
export function watchProcesses(options: ProcessWatchOptions = {}): ProcessWatch {
  checkOptions('options', options, ['signal', 'netNS']);
  checkSignal('signal', options.signal);
  return new ProcessWatch(options);
}
