import { checkBoolean, checkInteger, checkOptions, checkSignal, nearest } from '../../arguments.js';
import { describeValue, invalidArgument, NetlaneError } from '../../errors.js';
import { watchedNames, watchedOf, type Watched, type WatchedName } from './watched.js';

/** Options of a watch. */
export interface WatchOptions {
  /** What is there already comes first, and after an overrun the differences are told. Default false. */
  readonly existing?: boolean | undefined;
  /** Bytes of the receive buffer: how many events may wait. Default 8 MiB, or what the system allows without CAP_NET_ADMIN. */
  readonly receiveBuffer?: number | undefined;
  /**
   * Changes in all namespaces that have an nsid here are told as well, with their `nsid`, as they come: what exists there is not listed, and not found
   * out after an overrun. Needs CAP_NET_BROADCAST. Default false. Source: NETLINK_LISTEN_ALL_NSID (Linux 4.2).
   */
  readonly allNamespaces?: boolean | undefined;
  /** Ends the watch with ABORT_ERR. */
  readonly signal?: AbortSignal | undefined;
}

/** Throws NETLANE_INVALID_ARGUMENT. */
export function checkWatch(objects: readonly WatchedName[], options: WatchOptions): Watched[] {
  if (!Array.isArray(objects) || objects.length === 0) throw invalidArgument('objects', 'an array of what to watch', objects);
  for (const name of objects as readonly unknown[]) {
    if (typeof name === 'string' && watchedNames.includes(name)) continue;
    const near = typeof name === 'string' ? nearest(name, watchedNames) : undefined;
    throw new NetlaneError('NETLANE_INVALID_ARGUMENT', `there is nothing called ${describeValue(name)} to watch`, {
      hint: near === undefined ? `known are ${watchedNames.join(', ')}` : `did you mean ${near}?`,
    });
  }
  checkOptions('options', options, ['existing', 'receiveBuffer', 'allNamespaces', 'signal']);
  if (options.receiveBuffer !== undefined) checkInteger('receiveBuffer', options.receiveBuffer, 1, 0x3fffffff);
  checkBoolean('existing', options.existing);
  checkBoolean('allNamespaces', options.allNamespaces);
  checkSignal('signal', options.signal);
  return watchedOf(objects);
}
