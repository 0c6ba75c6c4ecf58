import type { Codec } from '../../codec/codec.js';
import type { Counted, Counting } from '../../codec/scalars.js';
import { bridgeLink, type BridgeLink, type BridgeLinkInput } from '../../schema/route/bridge-link.js';
import {
  bridgeVlan,
  bridgeVlanQuery,
  type BridgeVlan,
  type BridgeVlanInput,
  type BridgeVlanQuery,
  type BridgeVlanQueryInput,
} from '../../schema/route/bridge-vlan.js';
import { namespaceId, type NamespaceId, type NamespaceIdInput } from '../../schema/route/namespace-id.js';
import { neighbourTable, type NeighbourTable, type NeighbourTableInput } from '../../schema/route/neighbour-table.js';
import { netconf, type Netconf, type NetconfInput } from '../../schema/route/netconf.js';
import { nexthopBucket, type NexthopBucket, type NexthopBucketInput } from '../../schema/route/nexthop.js';
import { statistics, statisticsRequest, type Statistics, type StatisticsRequestInput } from '../../schema/route/statistics.js';
import { vniFilter, type VniFilter, type VniFilterInput } from '../../schema/route/vni-filter.js';
import { NLM_F_REPLACE } from '../constants.js';
import { Entries } from '../entries.js';
import { isRecord } from '../../arguments.js';
import { invalidArgument, NetlinkError } from '../../errors.js';
import { absences, matches, type Plain } from './matching.js';
import { asListed } from './pattern.js';
import { nsidOf } from './viewed-client.js';
import { checkOperationOptions, counting, type DumpCall, type Exchange, type OperationOptions } from './exchange.js';

const AF_BRIDGE = 7;

/** A kind of object that is listed by a query of another form than the objects. */
interface ReportType<T, Q> {
  readonly title: string;
  readonly codec: Codec<T, never>;
  readonly query: Codec<unknown, Q>;
  readonly get: number;
  readonly answer: number;
  /** Family in the first byte, whatever the query. */
  readonly family?: number | undefined;
  /** Fields of a query that the kernel does not take of a list: the library looks at them. */
  readonly own?: readonly string[] | undefined;
  /** The only fields that it takes; all others are the library's. */
  readonly taken?: readonly string[] | undefined;
}

function checkQuery(query: unknown): void {
  if (!isRecord(query)) throw invalidArgument('query', 'an object', query);
}

/** What the kernel reports when asked, by a query of its own form. All operations may run concurrently. */
export class ReportClient<T extends object, Q extends object> {
  protected readonly exchange: Exchange;
  readonly #type: ReportType<T, Q>;

  constructor(exchange: Exchange, type: ReportType<T, Q>) {
    this.exchange = exchange;
    this.#type = type;
  }

  async #call(query: Q, options: OperationOptions | undefined): Promise<DumpCall<T>> {
    checkOperationOptions(options);
    checkQuery(query);
    const { title, codec, get, answer, family, own = [], taken } = this.#type;
    const isOwn = (name: string): boolean => (taken === undefined ? own.includes(name) : !taken.includes(name));
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const pattern = await this.#pattern(Object.fromEntries(given.filter(([name]) => isOwn(name))) as Q, options);
    const asked = Object.fromEntries(given.filter(([name]) => !isOwn(name))) as Q;
    const encoded = await this.exchange.encode({ codec: this.#type.query, value: asked }, options);
    encoded.release();
    if (family !== undefined) encoded.bytes[0] = family;
    const absent = pattern === undefined ? undefined : absences(codec);
    const keep = pattern === undefined ? undefined : (value: T): boolean => matches(pattern, value as Plain, absent);
    return { type: get, answer, body: encoded.bytes, codec, keep, operation: () => `list ${title}` };
  }

  /** The fields as the objects have them: names of links are indexes. */
  async #pattern(query: Q, options: OperationOptions | undefined): Promise<Plain | undefined> {
    if (Object.keys(query).length === 0) return undefined;
    const encoded = await this.exchange.encode({ codec: this.#type.query, value: query }, options);
    encoded.release();
    const read = this.exchange.read(this.#type.query as Codec<Plain, never>, encoded.bytes);
    return asListed(query as Plain, read, this.#type.query, (codec, bytes) => this.exchange.read(codec, bytes));
  }

  /** All that the query asks for. Never a part: a dump that was interrupted is repeated. */
  async list(query: Q = {} as Q, options?: OperationOptions): Promise<T[]> {
    return this.exchange.list(await this.#call(query, options), options);
  }

  /** The same one by one, with bounded memory. */
  stream(query: Q = {} as Q, options?: OperationOptions): AsyncGenerator<T, undefined, undefined> {
    return new Entries(async () => this.exchange.batches(await this.#call(query, options), options));
  }

  /** The first that the query fits; undefined when there is none. */
  async find(query: Q, options?: OperationOptions): Promise<T | undefined> {
    return (await this.list(query, options))[0];
  }

  protected missing(): NetlinkError {
    return new NetlinkError({ errno: -2, operation: `get ${this.#type.title}` }, { namespace: this.exchange.namespace });
  }

  protected async change<I extends object>(
    type: number,
    flags: number,
    codec: Codec<unknown, I>,
    value: I,
    what: { readonly verb: string; readonly options: OperationOptions | undefined },
  ): Promise<void> {
    checkOperationOptions(what.options);
    await this.exchange.change({ type, flags, codec, value, operation: () => `${what.verb} ${this.#type.title}` }, what.options);
  }
}

/** Reports of which one can be asked for by what tells it. */
class FoundClient<T extends object, Q extends object> extends ReportClient<T, Q> {
  /** The first that the query fits. Rejects with ENOENT when there is none. */
  async get(query: Q, options?: OperationOptions): Promise<T> {
    const found = await this.find(query, options);
    if (found === undefined) throw this.missing();
    return found;
  }
}

/** Buckets of resilient nexthop groups (Linux 5.13). */
export class BucketClient<C extends Counting = 'number'> extends FoundClient<Counted<NexthopBucket, C>, NexthopBucketInput> {
  constructor(exchange: Exchange) {
    super(exchange, {
      title: 'nexthop buckets',
      codec: counting(nexthopBucket),
      query: nexthopBucket,
      get: 118,
      answer: 116,
      own: ['index', 'idleTime'],
    });
  }
}

/** Neighbour tables: their sizes, and the timing of each link. */
export class NeighbourTableClient<C extends Counting = 'number'> extends FoundClient<Counted<NeighbourTable, C>, NeighbourTableInput> {
  constructor(exchange: Exchange) {
    super(exchange, {
      title: 'neighbour tables',
      codec: counting(neighbourTable),
      query: neighbourTable,
      get: 66,
      answer: 64,
      taken: ['family'],
    });
  }

  /** Changes thresholds or the timing of a link: only what is given. `name` ('arp_cache', 'ndisc_cache') is needed. */
  async set(value: NeighbourTableInput, options?: OperationOptions): Promise<void> {
    await this.change(67, NLM_F_REPLACE, neighbourTable, value, { verb: 'set', options });
  }
}

/** Settings of forwarding. Only reported: they are changed by sysctl. */
export class NetconfClient extends FoundClient<Netconf, NetconfInput> {
  constructor(exchange: Exchange) {
    super(exchange, { title: 'network configuration', codec: netconf, query: netconf, get: 82, answer: 80, taken: ['family'] });
  }
}

/** Counters of links (RTM_GETSTATS, Linux 4.7). The query's `filter` says which groups of counters are wanted. */
export class StatisticsClient<C extends Counting = 'number'> extends FoundClient<Counted<Statistics, C>, StatisticsRequestInput> {
  constructor(exchange: Exchange) {
    super(exchange, { title: 'statistics', codec: counting(statistics), query: statisticsRequest, get: 94, answer: 92, own: ['link'] });
  }

  override async list(query: StatisticsRequestInput = {}, options?: OperationOptions): Promise<Counted<Statistics, C>[]> {
    checkQuery(query);
    const merged: Counted<Statistics, C>[] = [];
    for (const one of await super.list({ filter: ['link64'], ...query }, options)) {
      const last = merged.at(-1);
      if (last !== undefined && last.link === one.link) merged[merged.length - 1] = merge(last, one);
      else merged.push(one);
    }
    return merged;
  }

  /** Changes what is counted: { link: 'eth0', l3: true } lets hardware count routed packets (Linux 5.18). */
  async set(value: StatisticsRequestInput, options?: OperationOptions): Promise<void> {
    await this.change(95, 0, statisticsRequest, value, { verb: 'set', options });
  }

  override async *stream(
    query: StatisticsRequestInput = {},
    options?: OperationOptions,
  ): AsyncGenerator<Counted<Statistics, C>, undefined, undefined> {
    checkQuery(query);
    let last: Counted<Statistics, C> | undefined;
    for await (const one of super.stream({ filter: ['link64'], ...query }, options)) {
      if (last !== undefined && last.link === one.link) last = merge(last, one);
      else {
        if (last !== undefined) yield last;
        last = one;
      }
    }
    if (last !== undefined) yield last;
    return undefined;
  }
}

/** Where a piece of the dump was full, the kernel tells the rest of a link's counters in a message of its own. */
function merge<T extends Pick<Statistics, 'filter'>>(first: T, rest: T): T {
  return { ...first, ...rest, filter: [...new Set([...first.filter, ...rest.filter])] };
}

/** Numbers by which this namespace knows others. */
export class NamespaceIdClient extends ReportClient<NamespaceId, NamespaceIdInput> {
  constructor(exchange: Exchange) {
    super(exchange, { title: 'namespace ids', codec: namespaceId, query: namespaceId, get: 90, answer: 88, own: ['id'] });
  }

  /** The number of a namespace; undefined while it has none here. */
  async get(namespace: object, options?: OperationOptions): Promise<number | undefined> {
    checkOperationOptions(options);
    return nsidOf(this.exchange, namespace, options);
  }

  /** Gives a namespace a number here: `id`, or the kernel's choice. It cannot be changed. EEXIST where it has one already. */
  async add(namespace: object, id = -1, options?: OperationOptions): Promise<void> {
    await this.change(88, 0, namespaceId, { namespace, id }, { verb: 'add', options });
  }
}

/** VLANs of bridges and their ports, with options (Linux 5.6). */
export class BridgeVlanClient<C extends Counting = 'number'> extends FoundClient<Counted<BridgeVlan, C>, BridgeVlanQueryInput> {
  constructor(exchange: Exchange) {
    super(exchange, {
      title: 'bridge VLANs',
      codec: counting(bridgeVlan),
      query: bridgeVlanQuery,
      get: 114,
      answer: 112,
      family: AF_BRIDGE,
    });
  }

  async add(value: BridgeVlanInput, options?: OperationOptions): Promise<void> {
    await this.change(112, 0, bridgeVlan, value, { verb: 'add', options });
  }

  async delete(value: BridgeVlanInput, options?: OperationOptions): Promise<void> {
    await this.change(113, 0, bridgeVlan, value, { verb: 'delete', options });
  }
}

/** Networks (VNI) that VXLAN tunnels with a filter take (Linux 5.18). */
export class VniFilterClient<C extends Counting = 'number'> extends FoundClient<Counted<VniFilter, C>, VniFilterInput> {
  constructor(exchange: Exchange) {
    super(exchange, { title: 'VNI filters', codec: counting(vniFilter), query: vniFilter, get: 122, answer: 120, family: AF_BRIDGE });
  }

  /** Lets a tunnel take further networks. */
  async add(value: VniFilterInput, options?: OperationOptions): Promise<void> {
    await this.change(120, 0, vniFilter, value, { verb: 'add to', options });
  }

  async delete(value: VniFilterInput, options?: OperationOptions): Promise<void> {
    await this.change(121, 0, vniFilter, value, { verb: 'delete from', options });
  }
}

/** Links as their bridges see them: settings of ports, and VLANs. */
export class BridgeLinkClient<C extends Counting = 'number'> extends FoundClient<Counted<BridgeLink, C>, BridgeLinkInput> {
  constructor(exchange: Exchange) {
    super(exchange, {
      title: 'bridge links',
      codec: counting(bridgeLink),
      query: bridgeLink,
      get: 18,
      answer: 16,
      family: AF_BRIDGE,
      own: ['index', 'name', 'master'],
    });
  }

  /** Changes settings of a port or bridge, or adds VLANs to it. */
  async set(value: BridgeLinkInput, options?: OperationOptions): Promise<void> {
    await this.change(19, 0, bridgeLink, value, { verb: 'set', options });
  }

  /** Takes VLANs off a port or bridge. */
  async delete(value: BridgeLinkInput, options?: OperationOptions): Promise<void> {
    await this.change(17, 0, bridgeLink, value, { verb: 'delete from', options });
  }
}

export type { BridgeVlanQuery };
