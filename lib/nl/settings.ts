import { isObject } from '../arguments.js';
import { invalidArgument } from '../errors.js';
import { NETLINK_NETFILTER, NETLINK_ROUTE, NETLINK_XFRM } from './constants.js';

/** A time as setsockopt takes it (struct timeval). */
export interface Timeval {
  /** Seconds. */
  readonly sec: number;
  /** Microseconds, 0 to 999999. */
  readonly usec: number;
}

/** The variables of the ancestor's package, in one object: they can be set, and count for what is made afterwards, on this thread. */
export interface Settings {
  /** Protocols that a new handle opens a socket for unless it is told others. */
  supportedNlFamilies: readonly number[];
  /** The time without progress after which a request on a socket of its own fails; both 0: never. Sockets of handles start without one. */
  socketTimeoutTv: Timeval;
  /**
   * Whether sockets ask the kernel for its explanation of an error (NETLINK_EXT_ACK). true: the ancestor's false hides the reason of
   * every refusal. It concerns new sockets; setExtAck() changes one that is there.
   */
  enableErrorMessageReporting: boolean;
}

export const settings: Settings = {
  supportedNlFamilies: [NETLINK_ROUTE, NETLINK_XFRM, NETLINK_NETFILTER],
  socketTimeoutTv: { sec: 60, usec: 0 },
  enableErrorMessageReporting: true,
};

/** Milliseconds of a time value. @throws NETLANE_INVALID_ARGUMENT unless both are whole, from 0, usec up to 999999 and sec up to 2147483 (24 days). */
export function millisecondsOf(name: string, timeout: Timeval): number {
  if (!isObject(timeout)) throw invalidArgument(name, '{ sec, usec }', timeout);
  const { sec, usec } = timeout;
  // A Node timer waits 2^31 - 1 ms at the most.
  const possible = Number.isSafeInteger(sec) && sec >= 0 && sec <= 2_147_483 && Number.isSafeInteger(usec) && usec >= 0 && usec < 1_000_000;
  if (!possible)
    throw invalidArgument(name, 'whole seconds from 0 to 2147483 and microseconds from 0 to 999999', `{ sec: ${sec}, usec: ${usec} }`);
  return sec * 1000 + usec / 1000;
}

/** The time value of a number of milliseconds, whole microseconds of it. @throws NETLANE_INVALID_ARGUMENT below 0.001. */
export function timevalOf(name: string, milliseconds: number): Timeval {
  if (!Number.isFinite(milliseconds) || milliseconds < 0.001 || milliseconds > 0x7fff_ffff) {
    throw invalidArgument(name, 'milliseconds from 0.001 to 2147483647', milliseconds);
  }
  const micros = Math.round(milliseconds * 1000);
  return { sec: Math.floor(micros / 1_000_000), usec: micros % 1_000_000 };
}

/** Sets settings.socketTimeoutTv. @param timeout Milliseconds (Go: a Duration), at least 0.001. */
export function setSocketTimeout(timeout: number): void {
  settings.socketTimeoutTv = timevalOf('timeout', timeout);
}

/** settings.socketTimeoutTv in milliseconds. */
export function getSocketTimeout(): number {
  return millisecondsOf('settings.socketTimeoutTv', settings.socketTimeoutTv);
}
