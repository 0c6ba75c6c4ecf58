import { isRecord } from '../../arguments.js';
import { invalidArgument, NetlinkError } from '../../errors.js';
import { LITTLE_ENDIAN } from '../constants.js';
import type { Route, RouteInput } from '../../schema/route/route.js';
import { checkOperationOptions, type Exchange, type OperationOptions } from './exchange.js';
import { AppendingClient, type Filter } from './object-client.js';
import { routeType } from './object-types.js';

/** RTM_F_LOOKUP_TABLE: the answer of IPv4 tells the table, that of IPv6 always does, and refuses the flag. RTM_F_FIB_MATCH (Linux 4.13): the answer is the entry of the table itself. */
const RTM_F_LOOKUP_TABLE = 0x1000;
const RTM_F_FIB_MATCH = 0x2000;

/** What is asked about a packet: `ip route get`. */
export interface RouteQuery {
  /** Source address that it has. */
  readonly source?: string | undefined;
  /** Link that it came in by. */
  readonly inputLink?: RouteInput['inputLink'];
  /** Link that it must leave by. */
  readonly link?: RouteInput['link'];
  readonly mark?: number | undefined;
  readonly uid?: number | undefined;
  readonly tos?: number | undefined;
  readonly ipProtocol?: RouteInput['ipProtocol'];
  readonly sourcePort?: number | undefined;
  readonly destinationPort?: number | undefined;
  /** Flow label of an IPv6 packet (Linux 6.14). */
  readonly flowLabel?: number | undefined;
  /** The entry that matches instead of the way that the packet takes (Linux 4.13). */
  readonly entry?: boolean | undefined;
}

/** Routes of IPv4, IPv6 and MPLS. */
export class RouteTableClient extends AppendingClient<Route, RouteInput> {
  constructor(exchange: Exchange) {
    super(exchange, routeType);
  }

  /** Routes of the tables; entries of the kernel's cache of exceptions are left out. A table that does not exist yet has none. */
  override async list(filter: Filter<RouteInput> = {}, options?: OperationOptions): Promise<Route[]> {
    try {
      return await super.list(filter, options);
    } catch (error) {
      if (this.isNothing(error, filter)) return [];
      throw error;
    }
  }

  protected override isNothing(error: unknown, filter: Filter<RouteInput>): boolean {
    return isNoTable(error, filter);
  }

  /** The way that a packet to an address takes. Rejects with ENETUNREACH and the like when there is none. */
  async lookup(destination: string, query: RouteQuery = {}, options?: OperationOptions): Promise<Route> {
    checkOperationOptions(options);
    if (typeof destination !== 'string') throw invalidArgument('destination', 'an address', destination);
    if (!isRecord(query)) throw invalidArgument('query', 'an object', query);
    const { entry, ...rest } = query;
    const isIpv6 = destination.includes(':');
    const value = {
      ...rest,
      destination: destination.includes('/') ? destination : `${destination}/${isIpv6 ? 128 : 32}`,
    } as unknown as RouteInput;
    const encoded = await this.exchange.encode({ codec: routeType.codec, value }, options);
    encoded.release();
    // What a query must not have: tables, scopes and protocols are the answer's.
    const view = new DataView(encoded.bytes.buffer, encoded.bytes.byteOffset);
    view.setUint8(4, 0);
    view.setUint8(5, 0);
    view.setUint8(6, 0);
    view.setUint8(7, 0);
    view.setUint32(8, (isIpv6 ? 0 : RTM_F_LOOKUP_TABLE) | (entry === true ? RTM_F_FIB_MATCH : 0), LITTLE_ENDIAN);
    let found: Route | undefined;
    await this.exchange.socket.request(
      { type: routeType.types.get, body: encoded.bytes, acknowledge: false, signal: options?.signal, timeout: options?.timeout },
      { operation: this.words('look up', { destination }), sink: (message) => (found = this.exchange.decode(routeType.codec, message)) },
    );
    if (found === undefined) throw this.missing({ destination });
    return found;
  }
}

/** The kernel makes a table with its first route, and refuses to list one before, if it is asked about one family. */
function isNoTable(error: unknown, filter: Filter<RouteInput>): boolean {
  return error instanceof NetlinkError && error.code === 'ENOENT' && filter.table !== undefined;
}
