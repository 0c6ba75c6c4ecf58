import type { Message, Namespace, NetlinkSocket, Reply, Request } from '../../lib/index.js';
import {
  NLMSG_OVERRUN,
  RTM_DELADDR,
  RTM_DELLINK,
  RTM_DELNEIGH,
  RTM_DELROUTE,
  RTM_NEWADDR,
  RTM_NEWLINK,
  RTM_NEWNEIGH,
  RTM_NEWROUTE,
  RTNLGRP_IPV4_IFADDR,
  RTNLGRP_IPV4_ROUTE,
  RTNLGRP_LINK,
  RTNLGRP_NEIGH,
} from '../../lib/nl.js';
import { readAddress, readLink, readNeighbour, readRoute, type Link } from './rtnetlink.js';
import { plural } from './screen.js';

const groups = [RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV4_ROUTE];

/** One namespace with a subscribed socket on its lane: asks, and writes down what it hears. */
export class LaneWatch {
  readonly title: string;
  readonly namespace: Namespace;
  events = 0;
  overruns = 0;
  requests = 0;
  readonly #socket: NetlinkSocket;
  readonly #links = new Map<number, Link>();
  readonly #listeners = new Set<() => void>();
  #lines: string[] = [];
  /** Routes that the kernel made for addresses of its own, counted only. */
  #localRoutes = { added: 0, removed: 0 };
  /** When the last event came, on the clock of performance.now(). */
  heard = 0;
  readonly #listening: Promise<void>;

  private constructor(title: string, namespace: Namespace, socket: NetlinkSocket) {
    this.title = title;
    this.namespace = namespace;
    this.#socket = socket;
    this.#listening = this.#listen();
  }

  static async open(title: string, namespace: Namespace): Promise<LaneWatch> {
    return new LaneWatch(title, namespace, await namespace.netlink('route', { groups }));
  }

  request(request: Request): Promise<Reply> {
    this.requests++;
    return this.#socket.request(request);
  }

  async #listen(): Promise<void> {
    try {
      for await (const message of this.#socket.messages()) {
        this.heard = performance.now();
        if (message.type === NLMSG_OVERRUN) this.overruns++;
        else {
          this.events++;
          this.#note(message);
        }
        for (const listener of this.#listeners) listener();
      }
    } catch (error) {
      // That is how a loop over a socket ends which somebody closes.
      if ((error as { code?: unknown }).code !== 'NETLANE_CLOSED') throw error;
    }
  }

  #note(message: Message): void {
    switch (message.type) {
      case RTM_NEWLINK:
        this.#noteLink(readLink(message));
        break;
      case RTM_DELLINK: {
        const link = readLink(message);
        this.#links.delete(link.index);
        this.#lines.push(`- link ${link.name}`);
        break;
      }
      case RTM_NEWADDR:
      case RTM_DELADDR:
        this.#lines.push(`${message.type === RTM_NEWADDR ? '+' : '-'} address ${readAddress(message).prefix}`);
        break;
      case RTM_NEWROUTE:
      case RTM_DELROUTE: {
        const route = readRoute(message);
        const added = message.type === RTM_NEWROUTE;
        const sign = added ? '+' : '-';
        if (route.main) this.#lines.push(`${sign} route ${route.destination}${route.gateway === undefined ? '' : ` via ${route.gateway}`}`);
        else this.#localRoutes[added ? 'added' : 'removed']++;
        break;
      }
      case RTM_NEWNEIGH:
      case RTM_DELNEIGH: {
        const { address, state } = readNeighbour(message);
        // Multicast groups of IPv6: no neighbours that anybody would know.
        if (address.startsWith('ff')) break;
        this.#lines.push(message.type === RTM_NEWNEIGH ? `neighbour ${address} ${state}` : `- neighbour ${address}`);
        break;
      }
      default:
        this.#lines.push(`message ${message.type}`);
    }
  }

  #noteLink(link: Link): void {
    const before = this.#links.get(link.index);
    this.#links.set(link.index, link);
    if (before === undefined) this.#lines.push(`+ link ${link.name}`);
    else if (before.up !== link.up || before.carrier !== link.carrier)
      this.#lines.push(`${link.name} ${link.up ? (link.carrier ? 'up' : 'up, no carrier') : 'down'}`);
  }

  /** What was heard since the last call, the same things told once. */
  take(): string[] {
    const lines = [...new Set(this.#lines)];
    const { added, removed } = this.#localRoutes;
    if (added > 0) lines.push(`+ ${plural(added, 'local route')}`);
    if (removed > 0) lines.push(`- ${plural(removed, 'local route')}`);
    this.#lines = [];
    this.#localRoutes = { added: 0, removed: 0 };
    return lines;
  }

  /** Resolves when the kernel has told of a link that is as wanted. */
  async link(name: string, wanted: (link: Link) => boolean = () => true): Promise<Link> {
    for (;;) {
      const link = [...this.#links.values()].find((one) => one.name === name && wanted(one));
      if (link !== undefined) return link;
      await this.#event(`link ${name}`);
    }
  }

  #event(what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#listeners.delete(done);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#listeners.delete(done);
        reject(new Error(`${String(this.namespace)}: the lane heard nothing of ${what} for 5 s`));
      }, 5000);
      this.#listeners.add(done);
    });
  }

  async close(): Promise<void> {
    await this.#socket.close();
    await this.#listening;
  }
}

/** Resolves when no lane has heard anything for a moment (10 ms), or after a tenth of a second. */
export async function quiet(watches: readonly LaneWatch[]): Promise<void> {
  const start = performance.now();
  for (;;) {
    const last = Math.max(start, ...watches.map((watch) => watch.heard));
    const now = performance.now();
    if (now - last >= 10 || now - start >= 100) return;
    await new Promise((resolve) => setTimeout(resolve, Math.min(last + 10 - now, 10)));
  }
}
