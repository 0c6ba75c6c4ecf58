import type { FdbEntry, FdbEntryInput } from '../../schema/route/neighbour.js';
import type { Call, Exchange } from './exchange.js';
import { AppendingClient, type Verb } from './object-client.js';
import { fdbType } from './object-types.js';

/** NTF_SELF and NTF_MASTER, neighbour.h. */
const whose = { self: 0x02, master: 0x04 } as const;

/**
 * The value with the flag that says whose list of addresses is meant: the device's own, or that of the bridge above it. The kernel looks
 * for it in what it is told to change, and leaves it out of what a bridge tells; beside any other flag it takes none of the two for granted.
 */
function directed(value: FdbEntryInput): FdbEntryInput {
  const { flags, link, master } = value;
  if (flags === undefined && master === undefined) return value;
  const given: unknown = flags;
  // What is neither, or no number of flags, is refused by the codec.
  if (given !== undefined && typeof given !== 'number' && !Array.isArray(given)) return value;
  const isNumber = typeof flags === 'number';
  const says = isNumber
    ? (flags & (whose.self | whose.master)) !== 0
    : flags?.some((flag) => flag === 'self' || flag === 'master') === true;
  if (says) return value;
  // Of its own addresses a bridge tells itself as the link and as the master.
  const one = master === undefined || master === link ? 'self' : 'master';
  // Without any flag the kernel asks the bridge where there is one.
  if (one === 'self' && master === undefined && (flags === 0 || (!isNumber && flags?.length === 0))) return value;
  return { ...value, flags: [...(isNumber ? [flags] : (flags ?? [])), one] };
}

/** Forwarding entries of bridges, tunnels and other devices. */
export class FdbClient extends AppendingClient<FdbEntry, FdbEntryInput> {
  constructor(exchange: Exchange) {
    super(exchange, fdbType);
  }

  override call(verb: Verb, value: FdbEntryInput): Call<FdbEntryInput> {
    this.checkValue('value', value);
    return super.call(verb, directed(value));
  }

  override looksFirst(verb: Verb, value: FdbEntryInput): boolean {
    return super.looksFirst(verb, directed(value));
  }
}
