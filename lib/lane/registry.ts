import { openingError } from '../netlink/opening.js';
import type { NamespaceFd } from '../netlink/caller-transport.js';
import type { Transport, TransportEvents, TransportFactory, TransportOptions } from '../netlink/transport.js';
import { LaneClient } from './client.js';

/** What a lane factory needs of a namespace. */
export interface LaneNamespace extends NamespaceFd {
  /** The same for every handle of one namespace, and of no other: its cookie. */
  readonly key: string;
  /** Keeps the fd open until the returned function is called. */
  acquire(): () => void;
}

/** Whose thread a lane is, for leak reports: told when it starts and when it has ended. */
export interface LaneWitness {
  started(thread: number, namespace: string): void;
  ended(thread: number): void;
}

/** Shared lanes: sockets of any number of namespaces on a few threads. */
const sharedLanes = 2;

/**
 * The lanes of this thread: one per namespace however many handles are open, started by the first socket that needs it, started again
 * after it ended. Module state is per thread, and so is "one lane per namespace".
 */
class LaneRegistry {
  readonly #lanes = new Map<string, LaneClient>();
  readonly #handles = new Map<string, number>();
  witness: LaneWitness | undefined;

  get(key: string, name: string, namespace: number, idleTime: number): LaneClient {
    const existing = this.#lanes.get(key);
    if (existing?.alive === true) {
      existing.expect(idleTime);
      return existing;
    }
    let thread: number | undefined;
    const lane = new LaneClient({ namespace, name }, idleTime, {
      started: (id) => {
        thread = id;
        this.witness?.started(id, name);
      },
      ended: () => {
        if (this.#lanes.get(key) === lane) this.#lanes.delete(key);
        if (thread !== undefined) this.witness?.ended(thread);
      },
    });
    this.#lanes.set(key, lane);
    return lane;
  }

  /** Counts a handle whose namespace's lane may be used. Returns the function that takes it off: with the last one the lane ends. */
  hold(key: string): () => void {
    this.#handles.set(key, (this.#handles.get(key) ?? 0) + 1);
    return () => {
      const left = (this.#handles.get(key) ?? 1) - 1;
      if (left > 0) {
        this.#handles.set(key, left);
        return;
      }
      this.#handles.delete(key);
      this.#lanes.get(key)?.retire();
    };
  }

  /** Ends the lane of a namespace, if there is one. */
  async end(key: string): Promise<void> {
    await this.#lanes.get(key)?.end();
  }
}

export const lanes = new LaneRegistry();

/** Opens sockets through a namespace's lane, or through one of the shared lanes. */
export class LaneFactory implements TransportFactory {
  readonly #namespace: LaneNamespace;
  readonly #shared: boolean;
  readonly #idleTime: number;

  constructor(namespace: LaneNamespace, options: { readonly shared: boolean; readonly idleTime: number }) {
    this.#namespace = namespace;
    this.#shared = options.shared;
    this.#idleTime = options.idleTime;
  }

  get namespace(): string {
    return this.#namespace.name;
  }

  async open(options: TransportOptions, events: TransportEvents): Promise<Transport> {
    const namespace = this.#namespace;
    const fd = namespace.fd();
    // The lane enters by the number: it must not be closed, and used for something else, before that.
    const release = namespace.acquire();
    try {
      const { name } = namespace;
      if (!this.#shared) return await lanes.get(namespace.key, name, fd, this.#idleTime).open({ fd: -1, name }, options, events);
      const index = hash(namespace.key) % sharedLanes;
      return await lanes.get(`shared ${index}`, `shared lane ${index}`, -1, this.#idleTime).open({ fd, name }, options, events);
    } catch (error) {
      throw openingError(error, namespace.name);
    } finally {
      release();
    }
  }
}

function hash(text: string): number {
  let value = 0;
  for (let index = 0; index < text.length; index++) value = (value * 31 + text.charCodeAt(index)) >>> 0;
  return value;
}
