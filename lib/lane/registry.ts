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
/** So many namespaces have one shared lane before another is started: a lane that runs answers at once. */
const crowd = 64;

/** Which shared lane each namespace has, while handles of it use one. */
class SharedLanes {
  readonly #places = new Map<string, { readonly index: number; handles: number }>();
  readonly #counts = Array.from({ length: sharedLanes }, () => 0);

  enter(key: string): number {
    let place = this.#places.get(key);
    if (place === undefined) {
      const least = this.#counts.indexOf(Math.min(...this.#counts));
      const roomy = this.#counts.findIndex((count) => count < crowd);
      place = { index: roomy === -1 ? least : roomy, handles: 0 };
      this.#places.set(key, place);
      this.#add(place.index, 1);
    }
    place.handles++;
    return place.index;
  }

  leave(key: string): void {
    const place = this.#places.get(key);
    if (place === undefined || --place.handles > 0) return;
    this.#places.delete(key);
    this.#add(place.index, -1);
  }

  #add(index: number, difference: 1 | -1): void {
    this.#counts[index] = (this.#counts[index] ?? 0) + difference;
  }
}

/**
 * The lanes of this thread: one per namespace however many handles are open, started by the first socket that needs it, started again
 * after it ended. Module state is per thread, and so is "one lane per namespace".
 */
class LaneRegistry {
  readonly #lanes = new Map<string, LaneClient>();
  /** Open handles by key. */
  readonly #handles = new Map<string, number>();
  readonly shared = new SharedLanes();
  witness: LaneWitness | undefined;

  get(key: string, name: string, namespace: number, idleTime: number): LaneClient {
    const existing = this.#lanes.get(key);
    if (existing?.alive === true) return existing;
    let thread: number | undefined;
    const lane = new LaneClient({ namespace, name }, idleTime, {
      started: (id) => {
        thread = id;
        this.witness?.started(id, name);
      },
      ended: () => {
        if (this.#lanes.get(key) === lane) this.#lanes.delete(key);
      },
      gone: () => {
        if (thread !== undefined) this.witness?.ended(thread);
      },
    });
    this.#lanes.set(key, lane);
    return lane;
  }

  /** One more handle may open sockets in it. The function that is returned says that it will not any more, and resolves when that ended it. */
  enter(key: string): () => Promise<void> {
    this.#count(key, 1);
    let inside = true;
    return async () => {
      if (!inside) return;
      inside = false;
      const lane = this.#lanes.get(key);
      if (this.#count(key, -1) === 0) await lane?.ended();
    };
  }

  #count(key: string, difference: 1 | -1): number {
    const count = (this.#handles.get(key) ?? 0) + difference;
    if (count === 0) this.#handles.delete(key);
    else this.#handles.set(key, count);
    const lane = this.#lanes.get(key);
    if (lane !== undefined) lane.wanted = count > 0;
    return count;
  }
}

export const lanes = new LaneRegistry();

/** Opens sockets through a namespace's lane, or through one of the shared lanes. There is one for each handle. */
export class LaneFactory implements TransportFactory {
  readonly #namespace: LaneNamespace;
  readonly #shared: boolean;
  readonly #idleTime: number;
  #place: LanePlace | undefined;

  constructor(namespace: LaneNamespace, options: { readonly shared: boolean; readonly idleTime: number }) {
    this.#namespace = namespace;
    this.#shared = options.shared;
    this.#idleTime = options.idleTime;
  }

  get namespace(): string {
    return this.#namespace.name;
  }

  async open(options: TransportOptions, events: TransportEvents): Promise<Transport> {
    const { name } = this.#namespace;
    const fd = this.#namespace.fd();
    // The lane enters by the number: it must not be closed, and used for something else, before that.
    const release = this.#namespace.acquire();
    try {
      const { key } = this.#namespace;
      this.#place ??= this.#enter(key);
      const { laneKey, index } = this.#place;
      const lane =
        index === undefined ? lanes.get(laneKey, name, fd, this.#idleTime) : lanes.get(laneKey, `shared lane ${index}`, -1, this.#idleTime);
      return await lane.open({ fd: index === undefined ? -1 : fd, name }, options, events);
    } catch (error) {
      throw openingError(error, name, options.protocol);
    } finally {
      release();
    }
  }

  #enter(key: string): LanePlace {
    const index = this.#shared ? lanes.shared.enter(key) : undefined;
    const laneKey = index === undefined ? key : `shared ${index}`;
    const leave = lanes.enter(laneKey);
    let inside = true;
    return {
      laneKey,
      index,
      leave: async () => {
        if (inside && index !== undefined) lanes.shared.leave(key);
        inside = false;
        await leave();
      },
    };
  }

  /** The handle is closed: a lane that nobody else can use ends with its last socket. */
  async leave(): Promise<void> {
    await this.#place?.leave();
  }
}

/** Which lane a handle uses; `index` of a shared one. */
interface LanePlace {
  readonly laneKey: string;
  readonly index: number | undefined;
  leave(): Promise<void>;
}
