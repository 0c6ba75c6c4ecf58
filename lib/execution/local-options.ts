import { checkInteger, checkRules, type OptionRule } from '../arguments.js';
import { invalidArgument, NetlaneError } from '../errors.js';
import type { InsideSocket } from '../native.js';
import { internetAddress, ipVersion } from './socket-address.js';
import type { Place } from './place.js';

/** What all sockets of the Internet's families have in common here: how they are tied to their own side. */
export interface SocketPlacement {
  /** Only through this link: its name (SO_BINDTODEVICE). A VRF, too. */
  readonly device?: string | undefined;
  /** The mark of what is sent, for rules and filters: 0 to 2^32 - 1 (SO_MARK). Needs CAP_NET_ADMIN. */
  readonly mark?: number | undefined;
  /**
   * Whether the local address may be in use in a harmless way, such as by connections in TIME_WAIT (SO_REUSEADDR); 'port' shares it with all
   * other sockets that say so (SO_REUSEPORT).
   */
  readonly reuse?: boolean | 'port' | undefined;
  /** Whether the local address may be one that the namespace does not have, as transparent proxies need it (IP_TRANSPARENT). Needs CAP_NET_ADMIN. */
  readonly transparent?: boolean | undefined;
}

export const placementRules = { device: 'string', mark: 'any', reuse: 'any', transparent: 'boolean' } as const satisfies Readonly<
  Record<keyof SocketPlacement, OptionRule>
>;

/** Checks what checkRules leaves open. */
export function checkPlacement(options: SocketPlacement): void {
  const { device, mark, reuse } = options;
  if (device !== undefined && (device === '' || Buffer.byteLength(device) > 15 || device.includes('\0')))
    throw invalidArgument('options.device', 'the name of a link, 1 to 15 bytes', device);
  if (mark !== undefined) checkInteger('options.mark', mark, 0, 0xffffffff);
  if (reuse !== undefined && typeof reuse !== 'boolean' && reuse !== 'port')
    throw invalidArgument('options.reuse', "true, false or 'port'", reuse);
}

export function checkPort(name: string, value: unknown, least = 0): number {
  const port = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value;
  checkInteger(name, port, least, 65535);
  return port;
}

export function checkAddress(name: string, value: string | undefined): void {
  if (value !== undefined && ipVersion(value) === 0) throw invalidArgument(name, 'an IP address', value);
}

/** Options of a socket's local end. */
export interface LocalOptions extends SocketPlacement {
  /** The local address. Default: the kernel's choice. */
  readonly localAddress?: string | undefined;
  /** The local port. Default: the kernel's choice. */
  readonly localPort?: number | undefined;
}

export const localRules = { ...placementRules, localAddress: 'string', localPort: 'any' } as const satisfies Readonly<
  Record<keyof LocalOptions, OptionRule>
>;

export function checkLocal(options: LocalOptions): void {
  checkPlacement(options);
  checkAddress('options.localAddress', options.localAddress);
  if (options.localPort !== undefined) checkPort('options.localPort', options.localPort);
}

/** The local options alone. Throws where there is any other. */
export function checkLocalOptions(options: unknown): LocalOptions {
  const checked = checkRules<LocalOptions>('options', options, localRules);
  checkLocal(checked);
  return checked;
}

/** Options of sockets (asm-generic/socket.h, in.h, in6.h). */
export const socketOption = {
  socketLevel: 1,
  reuseAddress: 2,
  error: 4,
  broadcast: 6,
  reusePort: 15,
  bindToDevice: 25,
  mark: 36,
  ipLevel: 0,
  ipTransparent: 19,
  bindAddressNoPort: 24,
  ipv6Level: 41,
  ipv6Only: 26,
  ipv6Transparent: 75,
} as const;

/** Sets one thing up; a refusal says which option it was, and what it takes. */
function attempt(place: Place, operation: string, what: string, step: () => void, hint?: string): void {
  try {
    step();
  } catch (thrown) {
    const code = (thrown as { errno?: unknown }).errno;
    throw place.explain(thrown, `${operation}: ${what}`, code === -1 ? hint : undefined);
  }
}

const needsAdmin = 'it needs CAP_NET_ADMIN in the user namespace that owns the network namespace';

export function applyPlacement(place: Place, socket: InsideSocket, version: 4 | 6, options: SocketPlacement, operation: string): void {
  const { socketLevel } = socketOption;
  const { device, mark, reuse, transparent } = options;
  if (reuse === true || reuse === 'port') socket.setOption(socketLevel, socketOption.reuseAddress, 1);
  if (reuse === 'port') socket.setOption(socketLevel, socketOption.reusePort, 1);
  if (device !== undefined) {
    attempt(place, operation, `bind to device ${device}`, () =>
      socket.setOption(socketLevel, socketOption.bindToDevice, Buffer.from(`${device}\0`)),
    );
  }
  if (mark !== undefined)
    attempt(place, operation, 'set the mark', () => socket.setOption(socketLevel, socketOption.mark, mark | 0), needsAdmin);
  if (transparent !== true) return;
  const [level, option] =
    version === 4 ? [socketOption.ipLevel, socketOption.ipTransparent] : [socketOption.ipv6Level, socketOption.ipv6Transparent];
  attempt(place, operation, 'make it transparent', () => socket.setOption(level, option, 1), needsAdmin);
}

/** Binds the local end where the options say so. */
export function bindLocal(
  place: Place,
  socket: InsideSocket,
  { address, port, operation }: { readonly address: string; readonly port: number; readonly operation: string },
): void {
  const where = ipVersion(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;
  try {
    socket.bind(internetAddress(address, port, (link) => socket.linkIndex(link)));
  } catch (thrown) {
    throw place.explain(thrown, `${operation}: bind ${where}`, bindHint(thrown));
  }
}

export function bindHint(thrown: unknown): string | undefined {
  switch ((thrown as { errno?: unknown }).errno) {
    case -98:
      return "something in this namespace has the port: 'ss -lntup' inside tells what";
    case -99:
      return 'no link of this namespace has the address, or it is still tentative';
    case -13:
      return 'ports below net.ipv4.ip_unprivileged_port_start need CAP_NET_BIND_SERVICE';
    default:
      return undefined;
  }
}

/** A call without a place in this namespace: a misunderstanding that would otherwise be the kernel's EINVAL. */
export function wrongFamily(local: string, remote: string): NetlaneError {
  return new NetlaneError('NETLANE_INVALID_ARGUMENT', `options.localAddress ${local} is of another family than ${remote}`);
}
