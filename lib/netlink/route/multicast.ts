import {
  askedFor,
  multicastDatabase,
  multicastGroup,
  multicastMembership,
  type MulticastDatabase,
  type MulticastGroup,
  type MulticastGroupInput,
  type MulticastRouter,
} from '../../schema/route/multicast-database.js';
import { isRecord } from '../../arguments.js';
import { invalidArgument, NetlinkError } from '../../errors.js';
import { NLM_F_BULK, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE } from '../constants.js';
import { Entries } from '../entries.js';
import { checkOperationOptions, type DumpCall, type Exchange, type OperationOptions } from './exchange.js';
import { matches, type Plain } from './matching.js';

const AF_BRIDGE = 7;
const RTM_NEWMDB = 84;
const RTM_DELMDB = 85;
const RTM_GETMDB = 86;
const ENOENT = 2;

/** Fields to find memberships by: any of those that they have. */
export type MulticastFilter = Partial<MulticastGroupInput>;

/** What flush() deletes: all of a bridge or tunnel, or what has these fields. */
export type MulticastFlush = Pick<MulticastGroupInput, 'bridge'> & MulticastFilter;

/** The group that get() asks about, in a VLAN or network if it is of one. */
export type MulticastQuery = Pick<MulticastGroupInput, 'bridge' | 'group'> & MulticastFilter;

/** The memberships of a database, each by itself. */
export function multicastGroups({ bridge, groups }: MulticastDatabase): MulticastGroup[] {
  return (groups ?? []).flat().map((entry) => ({ bridge, ...entry }));
}

/** Multicast groups that bridges and VXLAN tunnels know of: a membership for each port of each group. All operations may run concurrently. */
export class MulticastClient {
  readonly #exchange: Exchange;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  #dump(): DumpCall<MulticastDatabase> {
    const body = new Uint8Array(8);
    body[0] = AF_BRIDGE;
    return { type: RTM_GETMDB, answer: RTM_NEWMDB, body, codec: multicastDatabase, operation: () => 'list multicast groups' };
  }

  /** What the filter says, as memberships have it: names of links are indexes. */
  async #pattern(filter: MulticastFilter, options: OperationOptions | undefined): Promise<Plain> {
    checkOperationOptions(options);
    if (!isRecord(filter)) throw invalidArgument('filter', 'an object (a multicast group)', filter);
    const { bridge, ...fields } = filter;
    const given = Object.entries(fields).filter(([, value]) => value !== undefined);
    const [above, encoded] = await Promise.all([
      this.#exchange.encode({ codec: multicastDatabase, value: { bridge } }, options),
      this.#exchange.encode({ codec: multicastMembership, value: Object.fromEntries(given) }, options),
    ]);
    above.release();
    encoded.release();
    const read = this.#exchange.read(multicastMembership, encoded.bytes) as unknown as Plain;
    return {
      ...Object.fromEntries(given.map(([name, value]) => [name, read[name] ?? value])),
      ...(bridge !== undefined && { bridge: this.#exchange.read(multicastDatabase, above.bytes).bridge }),
    };
  }

  /** All memberships that the filter fits. Never a part: a dump that was interrupted is repeated. Rejects with NETLANE_DUMP_INTERRUPTED. */
  async list(filter: MulticastFilter = {}, options?: OperationOptions): Promise<MulticastGroup[]> {
    const pattern = await this.#pattern(filter, options);
    const all = (await this.#exchange.list(this.#dump(), options)).flatMap(multicastGroups);
    return all.filter((one) => matches(pattern, one as unknown as Plain));
  }

  /** The same one by one, with bounded memory. An interruption is an error after the last. */
  async *stream(filter: MulticastFilter = {}, options?: OperationOptions): AsyncGenerator<MulticastGroup, undefined, undefined> {
    const pattern = await this.#pattern(filter, options);
    for await (const database of new Entries(() => this.#exchange.batches(this.#dump(), options)))
      for (const one of multicastGroups(database)) if (matches(pattern, one as unknown as Plain)) yield one;
    return undefined;
  }

  /** The first that the filter fits; undefined when there is none. */
  async find(filter: MulticastFilter, options?: OperationOptions): Promise<MulticastGroup | undefined> {
    return (await this.list(filter, options))[0];
  }

  /** The first that the filter fits. Rejects with ENOENT when there is none. */
  async get(filter: MulticastFilter, options?: OperationOptions): Promise<MulticastGroup> {
    const found = await this.find(filter, options);
    if (found === undefined)
      throw new NetlinkError({ errno: -ENOENT, operation: 'get multicast group' }, { namespace: this.#exchange.namespace });
    return found;
  }

  /**
   * The memberships of one group of a bridge or tunnel, without listing the others (Linux 6.8): { bridge: 'br0', group: '239.1.1.1', vlan: 5 }.
   * Rejects with ENOENT, by older kernels with EOPNOTSUPP.
   */
  async members(query: MulticastQuery, options?: OperationOptions): Promise<MulticastGroup[]> {
    checkOperationOptions(options);
    const operation = (): string => 'get multicast group';
    const call = {
      type: RTM_GETMDB,
      flags: 0,
      codec: multicastGroup,
      value: isRecord(query) ? askedFor(query) : query,
      reply: multicastDatabase,
      operation,
    };
    return multicastGroups(await this.#exchange.get(call, options));
  }

  /** Ports towards multicast routers, of all bridges and tunnels. */
  async routers(options?: OperationOptions): Promise<MulticastRouter[]> {
    checkOperationOptions(options);
    const databases = await this.#exchange.list(this.#dump(), options);
    return databases.flatMap(({ bridge, routers }) => (routers ?? []).map((one) => ({ bridge, ...one })));
  }

  /** Adds one; what list() gave is enough. Rejects with EEXIST where it is there. */
  add(value: MulticastGroupInput, options?: OperationOptions): Promise<void> {
    return this.#change(RTM_NEWMDB, NLM_F_CREATE | NLM_F_EXCL, value, { verb: 'add', options });
  }

  /** Adds one, or puts it in the place of the one that is there (Linux 6.2; before, EEXIST where there is one). */
  replace(value: MulticastGroupInput, options?: OperationOptions): Promise<void> {
    return this.#change(RTM_NEWMDB, NLM_F_CREATE | NLM_F_REPLACE, value, { verb: 'replace', options });
  }

  /** Deletes one; what list() gave is enough. Rejects with EINVAL where there is none. */
  delete(value: MulticastGroupInput, options?: OperationOptions): Promise<void> {
    return this.#change(RTM_DELMDB, 0, value, { verb: 'delete', options });
  }

  /**
   * Deletes all memberships of a bridge or tunnel at once (Linux 6.8), or those of a port, a VLAN, a protocol and so on. Of the state only the
   * bits of `stateMask` are looked at.
   */
  flush(value: MulticastFlush, options?: OperationOptions): Promise<void> {
    return this.#change(RTM_DELMDB, NLM_F_BULK, value, { verb: 'flush', options });
  }

  async #change(
    type: number,
    flags: number,
    value: MulticastFilter,
    what: { readonly verb: string; readonly options: OperationOptions | undefined },
  ): Promise<void> {
    checkOperationOptions(what.options);
    if (!isRecord(value)) throw invalidArgument('value', 'an object (a multicast group)', value);
    const { group } = value;
    const operation = (): string => `${what.verb} multicast group${group === undefined ? '' : ` ${group}`}`;
    // What is left out of a filter would have everything deleted.
    const asked = what.verb === 'flush' ? value : askedFor(value);
    await this.#exchange.change({ type, flags, codec: multicastGroup, value: asked, operation }, what.options);
  }
}
