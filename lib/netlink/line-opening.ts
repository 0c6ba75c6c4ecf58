import { SystemError } from '../errors.js';
import { EADDRINUSE, NETLINK_ADD_MEMBERSHIP, SOL_NETLINK } from './constants.js';
import { Line, type LineOwner } from './line.js';
import type { ConversationOptions } from './request.js';
import type { TransportFactory, TransportOptions } from './transport.js';

export interface LineOpening {
  readonly factory: TransportFactory;
  readonly transport: TransportOptions;
  readonly options: ConversationOptions;
  readonly owner: LineOwner;
  /** Bytes of a filter to put on. */
  readonly filter: Uint8Array | undefined;
}

/** With a filter the groups are joined behind it, so that nothing comes past it. */
async function openFiltered({ factory, transport, options, owner, filter }: LineOpening): Promise<Line> {
  const line = await Line.open(factory, filter === undefined ? transport : { ...transport, groups: [] }, options, owner);
  if (filter === undefined) return line;
  try {
    await line.transport.setFilter(filter);
    for (const group of transport.groups) await line.transport.setOption(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group);
    return line;
  } catch (error) {
    await line.close();
    throw error;
  }
}

/**
 * Opens the line of a socket, again after a loss: a fixed port may then still be held by the fd of a lane that is just ending, and is asked
 * for again for a second, unless nobody wants it any more.
 */
export async function openLine(opening: LineOpening, again: boolean, unwanted: () => boolean): Promise<Line> {
  const until = performance.now() + 1000;
  for (;;) {
    try {
      return await openFiltered(opening);
    } catch (error) {
      const taken = error instanceof SystemError && error.errno === -EADDRINUSE && again && opening.transport.port !== 0;
      if (!taken || unwanted() || performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
