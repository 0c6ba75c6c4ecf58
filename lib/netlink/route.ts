import { checkBoolean, checkMilliseconds, checkOptions } from '../arguments.js';
import type { Counted, Counting } from '../codec/scalars.js';
import { invalidArgument } from '../errors.js';
import type { AddressLabel, AddressLabelInput } from '../schema/route/address-label.js';
import type { Nexthop, NexthopChange, NexthopInput } from '../schema/route/nexthop.js';
import type { Address, AddressInput } from '../schema/route/address.js';
import type { FdbEntry, FdbEntryInput, Neighbour, NeighbourInput, ProxyInput } from '../schema/route/neighbour.js';
import type { RouteInput } from '../schema/route/route.js';
import type { RuleInput } from '../schema/route/rule.js';
import { BatchLinks, BatchObjects, Entries, runBatch, type BatchResult } from './route/batch.js';
import { checkOperationOptions, counting, type Exchange, type OperationOptions } from './route/exchange.js';
import { LinkClient } from './route/links.js';
import { FdbClient } from './route/forwarding.js';
import { type AppendingClient, ObjectClient } from './route/object-client.js';
import { addressLabelType, addressType, nexthopType, neighbourType } from './route/object-types.js';
import {
  BridgeLinkClient,
  BridgeVlanClient,
  BucketClient,
  NamespaceIdClient,
  NeighbourTableClient,
  NetconfClient,
  StatisticsClient,
  VniFilterClient,
} from './route/reports.js';
import { MulticastClient } from './route/multicast.js';
import { ProxyClient } from './route/proxies.js';
import { AddressClient } from './route/viewed-client.js';
import { RouteTableClient } from './route/routes.js';
import { RuleClient } from './route/rules.js';
import { RouteWatch } from './route/watch.js';
import { checkWatch, type WatchOptions } from './route/watch-options.js';
import type { WatchedName } from './route/watched.js';
import type { NetlinkSocket } from './socket.js';

/** How a typed client is opened. */
export interface RouteOptions {
  /** Whose loop polls its socket: the namespace's lane (default), or the caller's. */
  readonly thread?: 'lane' | 'caller' | undefined;
  /** Milliseconds without progress after which an operation is given up with NETLANE_TIMEOUT; 0: never. Default 30,000. */
  readonly timeout?: number | undefined;
  /** Counters of 64 bits as bigint instead of number; the types of the client's values say so. Default false. */
  readonly bigint?: boolean | undefined;
}

/** How a client counts that was opened with options. */
export type CountingOf<O extends RouteOptions> = O extends { readonly bigint: true } ? 'bigint' : 'number';

export function checkRouteOptions(options: RouteOptions): void {
  checkOptions('options', options, ['thread', 'timeout', 'bigint']);
  if (options.thread !== undefined && options.thread !== 'lane' && options.thread !== 'caller') {
    throw invalidArgument('thread', "'lane' or 'caller'", options.thread);
  }
  if (options.timeout !== undefined) checkMilliseconds('timeout', options.timeout);
  checkBoolean('bigint', options.bigint);
}

/** What a batch puts down. */
export interface Batch {
  readonly links: BatchLinks;
  readonly addresses: BatchObjects<AddressInput>;
  readonly routes: BatchObjects<RouteInput>;
  readonly rules: Pick<BatchObjects<RuleInput>, 'add' | 'delete'>;
  readonly neighbours: BatchObjects<NeighbourInput>;
  readonly fdb: BatchObjects<FdbEntryInput>;
  readonly nexthops: BatchObjects<NexthopInput, NexthopChange>;
}

/**
 * rtnetlink of one namespace, typed: links, addresses, routes, rules, neighbours. All operations may run concurrently. Made by
 * Namespace.route().
 */
export class RouteClient<N = unknown, C extends Counting = 'number'> {
  readonly #socket: NetlinkSocket;
  readonly #exchange: Exchange;
  readonly #watches = new Set<RouteWatch<N, C>>();
  readonly #origin: N;
  /** Network devices. */
  readonly links: LinkClient<C>;
  /** Addresses of links. */
  readonly addresses: AddressClient<Address, AddressInput>;
  /** Routes of IPv4, IPv6 and MPLS. */
  readonly routes: RouteTableClient;
  /** Rules that choose the routing table. */
  readonly rules: RuleClient;
  /** Neighbour tables: ARP and neighbour discovery. */
  readonly neighbours: ObjectClient<Neighbour, NeighbourInput>;
  /** Addresses that are answered for (proxy ARP). */
  readonly proxies: ObjectClient<Neighbour, ProxyInput>;
  /** Forwarding databases of bridges, VXLAN tunnels and others. */
  readonly fdb: AppendingClient<FdbEntry, FdbEntryInput>;

  /** Nexthop objects and groups (Linux 5.3). */
  readonly nexthops: ObjectClient<Counted<Nexthop, C>, NexthopInput, NexthopChange>;
  /** Buckets of resilient nexthop groups (Linux 5.13). */
  readonly buckets: BucketClient<C>;
  /** Labels of IPv6 addresses, for the choice of source addresses. */
  readonly addressLabels: ObjectClient<AddressLabel, AddressLabelInput>;
  /** Neighbour tables and their timing. */
  readonly neighbourTables: NeighbourTableClient<C>;
  /** Settings of forwarding. */
  readonly netconf: NetconfClient;
  /** Counters of links by group (RTM_GETSTATS). */
  readonly statistics: StatisticsClient<C>;
  /** Numbers by which this namespace knows others. */
  readonly namespaceIds: NamespaceIdClient;
  /** Multicast groups of bridges. */
  readonly multicast: MulticastClient;
  /** VLANs of bridges and ports. */
  readonly bridgeVlans: BridgeVlanClient<C>;
  /** Networks that VXLAN tunnels with a filter take (Linux 5.18). */
  readonly vniFilters: VniFilterClient<C>;
  /** Links as their bridges see them. */
  readonly bridgeLinks: BridgeLinkClient<C>;

  /** For Namespace.route() and for tests with a fake kernel. */
  constructor(exchange: Exchange, origin: N) {
    this.#socket = exchange.socket;
    this.#origin = origin;
    this.#exchange = exchange;
    this.links = new LinkClient(exchange);
    this.addresses = new AddressClient(exchange, addressType);
    this.routes = new RouteTableClient(exchange);
    this.rules = new RuleClient(exchange);
    this.neighbours = new ObjectClient(exchange, neighbourType);
    this.proxies = new ProxyClient(exchange);
    this.fdb = new FdbClient(exchange);
    this.nexthops = new ObjectClient(exchange, { ...nexthopType, codec: counting(nexthopType.codec) });
    this.buckets = new BucketClient(exchange);
    this.addressLabels = new ObjectClient(exchange, addressLabelType);
    this.neighbourTables = new NeighbourTableClient(exchange);
    this.netconf = new NetconfClient(exchange);
    this.statistics = new StatisticsClient(exchange);
    this.namespaceIds = new NamespaceIdClient(exchange);
    this.multicast = new MulticastClient(exchange);
    this.bridgeVlans = new BridgeVlanClient(exchange);
    this.vniFilters = new VniFilterClient(exchange);
    this.bridgeLinks = new BridgeLinkClient(exchange);
  }

  /** The netlink socket underneath. */
  get socket(): NetlinkSocket {
    return this.#socket;
  }

  /**
   * Many changes in one go, sent together in the order they are put down, each with its own result in that order. Not atomic: the kernel
   * makes each change on its own, and those after a failed one are made all the same. `put` puts them all down before it returns: an async
   * function rejects with NETLANE_INVALID_ARGUMENT. What is put down later throws NETLANE_CLOSED.
   */
  async batch(put: (batch: Batch) => void, options?: OperationOptions): Promise<BatchResult[]> {
    if (typeof put !== 'function') throw invalidArgument('put', 'a function', put);
    checkOperationOptions(options);
    const entries = new Entries(this.#exchange.namespace);
    const call: (batch: Batch) => unknown = put;
    let returned: unknown;
    try {
      returned = call({
        links: new BatchLinks(entries, this.links),
        addresses: new BatchObjects(entries, this.addresses),
        routes: new BatchObjects(entries, this.routes),
        rules: new BatchObjects(entries, this.rules),
        neighbours: new BatchObjects(entries, this.neighbours),
        fdb: new BatchObjects(entries, this.fdb),
        nexthops: new BatchObjects(entries, this.nexthops),
      });
    } finally {
      entries.seal();
    }
    if (returned instanceof Promise) {
      // What it puts down after its first await would be lost; what it throws then is not heard either.
      returned.catch(() => undefined);
      throw invalidArgument('put', 'a function that puts everything down at once, not an async one', put);
    }
    return runBatch(this.#exchange, entries.seal(), options);
  }

  /**
   * Subscribes to changes, from this call on: an async iterator of events. With `existing`, what is there comes first, nothing is told
   * twice, and when the kernel drops events the differences are told. A loop over it keeps the process alive, unless unref() was called.
   * Of a closed client, `ready` and the loop reject with NETLANE_CLOSED.
   */
  watch(objects: readonly WatchedName[], options: WatchOptions = {}): RouteWatch<N, C> {
    const watch: RouteWatch<N, C> = new RouteWatch(this.#exchange, this.#origin, checkWatch(objects, options), options, () => {
      this.#watches.delete(watch);
    });
    this.#watches.add(watch);
    return watch;
  }

  /** Ends its watches and its socket: whatever waits is rejected with NETLANE_CLOSED. Idempotent. */
  async close(): Promise<void> {
    await Promise.all([this.#socket.close(), ...[...this.#watches].map((watch) => watch.close())]);
    this.#watches.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
