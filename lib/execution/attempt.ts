import { describeErrno } from '../errno.js';
import { SystemError } from '../errors.js';
import type { InsideSocket } from '../native.js';
import type { Ending } from './ending.js';
import { applyPlacement, bindLocal, socketOption, wrongFamily, type LocalOptions } from './local-options.js';
import { openAt, socketType } from './opening.js';
import type { Place } from './place.js';
import { internetAddress, ipVersion, unixAddress, unixFamily } from './socket-address.js';
import { family } from '../codec/address.js';

/** Where to: an address and a port, or the path of a Unix socket. */
export type Target = { readonly address: string; readonly port: number } | { readonly path: string };

export function targetText(target: Target): string {
  if ('path' in target) return target.path.replaceAll('\0', '@');
  return target.address.includes(':') ? `[${target.address}]:${target.port}` : `${target.address}:${target.port}`;
}

const EINPROGRESS = 115;

function hintFor(errno: number, target: Target): string | undefined {
  switch (errno) {
    case 111:
      if (!('path' in target)) return 'the machine is there, but no program listens on the port';
      return target.path.startsWith('\0')
        ? 'no program of this namespace listens under that name'
        : 'the socket is there, but no program listens on it';
    case 101:
      return "the namespace has no route there: 'ip route get' inside says what it looks for, and its loopback may be down";
    case 113:
      return 'nobody answers for the address on the link';
    case 2:
      return 'there is no such socket file';
    default:
      return undefined;
  }
}

/** The error of an attempt, with Node's own fields. */
function failure(place: Place, errno: number, target: Target, operation: string): SystemError {
  const where = 'path' in target ? { path: targetText(target) } : { address: target.address, port: target.port };
  return new SystemError({ errno, syscall: 'connect', ...where }, { operation, namespace: place.label, hint: hintFor(errno, target) });
}

/**
 * How an attempt has its local port: 'own' as its options say; 'offered' so, and then others that share it may have it as well; 'shared' with those that
 * offered it. That is SO_REUSEADDR, which the kernel looks at when a socket is bound, on both sides.
 */
type PortUse = 'own' | 'offered' | 'shared';

/** Opens a socket, ties it to its local side and starts to connect it. Closes it where that fails. Gives the errno of connect(2) as well. */
function begin(
  place: Place,
  target: Target,
  { local, portUse, operation }: { readonly local: LocalOptions; readonly portUse: PortUse; readonly operation: string },
): { socket: InsideSocket; errno: number } {
  const version = 'path' in target ? undefined : ipVersion(target.address) === 6 ? 6 : 4;
  const number = version === undefined ? unixFamily : version === 6 ? family.ipv6 : family.ipv4;
  const socket = openAt(place, number, socketType.stream, 0, operation);
  try {
    if ('path' in target || version === undefined)
      return { socket, errno: socket.connect(unixAddress('path' in target ? target.path : '')) };
    applyPlacement(place, socket, version, local, operation);
    const { localAddress, localPort = 0 } = local;
    if (localAddress !== undefined || localPort !== 0) {
      if (localAddress !== undefined && ipVersion(localAddress) !== version) throw wrongFamily(localAddress, target.address);
      // Many connections from one address, each to another peer, may then have the same local port.
      if (localPort === 0) socket.setOption(socketOption.ipLevel, socketOption.bindAddressNoPort, 1);
      if (portUse === 'shared') setReuse(socket, 1);
      bindLocal(place, socket, { address: localAddress ?? (version === 6 ? '::' : '0.0.0.0'), port: localPort, operation });
      if (portUse === 'offered') setReuse(socket, 1);
    }
    let address;
    try {
      address = internetAddress(target.address, target.port, (link) => socket.linkIndex(link));
    } catch (thrown) {
      throw place.explain(thrown, operation, `the zone of ${target.address} is no link of this namespace`);
    }
    return { socket, errno: socket.connect(address) };
  } catch (error) {
    socket.close();
    throw error;
  }
}

function setReuse(socket: InsideSocket, value: 0 | 1): void {
  socket.setOption(socketOption.socketLevel, socketOption.reuseAddress, value);
}

/** One attempt to connect, on a socket of its own. Calls back once: with the connected socket, or with what went wrong. Returns what gives it up. */
function attemptConnection(
  place: Place,
  target: Target,
  { local, portUse }: { readonly local: LocalOptions; readonly portUse: PortUse },
  done: (outcome: { readonly socket: InsideSocket } | { readonly error: Error }) => void,
): () => void {
  const operation = `connect to ${targetText(target)}`;
  const { socket, errno } = begin(place, target, { local, portUse, operation });
  if (errno !== 0 && errno !== EINPROGRESS) {
    socket.close();
    throw failure(place, errno, target, operation);
  }
  let over = false;
  const settle = (error: number): void => {
    if (over) return;
    over = true;
    if (error === 0) {
      done({ socket });
      return;
    }
    socket.close();
    done({ error: failure(place, error, target, operation) });
  };
  if (errno === 0) {
    queueMicrotask(() => settle(0));
  } else {
    socket.ref(true);
    socket.poll(2, () => {
      const result = new Int32Array(1);
      socket.getOption(socketOption.socketLevel, socketOption.error, new Uint8Array(result.buffer));
      settle(result[0] ?? 0);
    });
  }
  return () => {
    if (over) return;
    over = true;
    socket.close();
  };
}

/**
 * Connects to the first of several addresses that answers (RFC 8305): each attempt has a socket of its own, and the next begins when one fails, or
 * after `delay` milliseconds. With a local port they share it among themselves, and with nobody else. Rejects with the last error, which has all of them
 * in its `cause`, or with what ended it.
 */
export function connectFirst(
  place: Place,
  targets: readonly Target[],
  local: LocalOptions,
  { delay, ending, operation }: { readonly delay: number; readonly ending: Ending; readonly operation: string },
): Promise<InsideSocket> {
  const sharing = targets.length > 1 && (local.localPort ?? 0) !== 0 && (local.reuse ?? false) === false;
  return new Promise((resolve, reject) => {
    const errors: Error[] = [];
    const running = new Set<() => void>();
    let timer: NodeJS.Timeout | undefined;
    let next = 0;
    let over = false;
    const finish = (): void => {
      over = true;
      clearTimeout(timer);
      off();
      for (const giveUp of running) giveUp();
    };
    const fail = (error: Error): void => {
      errors.push(error);
      if (next < targets.length) start();
      else if (running.size === 0) {
        finish();
        reject(summary(place, errors, operation));
      }
    };
    const start = (): void => {
      clearTimeout(timer);
      const target = targets[next];
      if (over || target === undefined) return;
      next += 1;
      let giveUp: (() => void) | undefined;
      const portUse = !sharing ? 'own' : running.size === 0 ? 'offered' : 'shared';
      try {
        giveUp = attemptConnection(place, target, { local, portUse }, (outcome) => {
          if (giveUp !== undefined) running.delete(giveUp);
          if ('error' in outcome) {
            fail(outcome.error);
            return;
          }
          finish();
          if (sharing) setReuse(outcome.socket, 0);
          resolve(outcome.socket);
        });
        running.add(giveUp);
      } catch (error) {
        fail(error instanceof Error ? error : new Error(String(error)));
        return;
      }
      if (next < targets.length) timer = setTimeout(start, delay);
    };
    const off = ending.on((error) => {
      // What has ended before this began is told below.
      if (over) return;
      queueMicrotask(() => {
        if (over) return;
        finish();
        reject(error);
      });
    });
    start();
  });
}

/** The only error; of several a summary that has the code of the last, and all of them as its cause. */
function summary(place: Place, errors: readonly Error[], operation: string): Error {
  const [first] = errors;
  const last = errors.at(-1);
  if (first === undefined || last === undefined || errors.length === 1) return first ?? new Error(operation);
  if (!(last instanceof SystemError)) return last;
  const reasons = errors.map((error) => (error instanceof SystemError ? `${error.code} (${describeErrno(error.errno)})` : error.message));
  return new SystemError(
    { errno: last.errno, syscall: 'connect' },
    {
      operation,
      namespace: place.label,
      cause: new AggregateError(errors, `${errors.length} attempts failed`),
      hint: `none of ${errors.length} addresses could be connected to: ${reasons.join(', ')}`,
    },
  );
}
