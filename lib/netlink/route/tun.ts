import { checkBoolean, checkInteger, checkOptions } from '../../arguments.js';
import { invalidArgument, NetlaneError } from '../../errors.js';
import { native, translate } from '../../native.js';
import type { Exchange } from './exchange.js';

/** linux/if_tun.h */
const IFF_TUN = 0x0001;
const IFF_TAP = 0x0002;
const IFF_MULTI_QUEUE = 0x0100;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;
const IFF_TUN_EXCL = 0x8000;
const mostQueues = 256;
const longestName = 15;
const noId = 0xffffffff;

/** How a tun or tap device is opened. */
export interface TunOptions {
  /** 'tun': IP packets; 'tap': Ethernet frames. */
  readonly mode: 'tun' | 'tap';
  /** 1 to 15 bytes; "%d" in it stands for the first number that is free. Default: 'tun%d', 'tap%d'. */
  readonly name?: string | undefined;
  /** Number that the link is to have; default: the kernel's choice. */
  readonly index?: number | undefined;
  /** How many fds, 1 to 256; more than one makes a device of several queues (Linux 3.8). Default 1. */
  readonly queues?: number | undefined;
  /** Lets further fds be attached later, also with one queue now. Default: whether there are several. */
  readonly multiQueue?: boolean | undefined;
  /** The device stays when nobody has it open. Default false. */
  readonly persistent?: boolean | undefined;
  /** Attaches to the device of this name if it is there, instead of rejecting with EBUSY. Default false. */
  readonly attach?: boolean | undefined;
  /** User (uid) who may attach without CAP_NET_ADMIN. */
  readonly owner?: number | undefined;
  /** Group (gid) whose members may. */
  readonly group?: number | undefined;
  /** Four bytes with flags and protocol before each packet. Default false, as everybody wants it (IFF_NO_PI). */
  readonly packetInformation?: boolean | undefined;
  /** A struct virtio_net_hdr before each packet. Default false. */
  readonly vnetHeader?: boolean | undefined;
  /** Size of that header: 10 or more, usually 12. */
  readonly vnetHeaderSize?: number | undefined;
}

const optionNames = [
  'mode',
  'name',
  'index',
  'queues',
  'multiQueue',
  'persistent',
  'attach',
  'owner',
  'group',
  'packetInformation',
  'vnetHeader',
  'vnetHeaderSize',
] as const satisfies readonly (keyof TunOptions)[];

function checkTunOptions(options: TunOptions): void {
  if (typeof options !== 'object' || options === null) throw invalidArgument('options', 'an object', options);
  checkOptions('options', options, optionNames);
  const { mode, name } = options;
  if (mode !== 'tun' && mode !== 'tap') throw invalidArgument('mode', "'tun' or 'tap'", mode);
  const named = typeof name === 'string' && name !== '' && Buffer.byteLength(name) <= longestName && !/[/\s:\0]/.test(name);
  if (name !== undefined && !named) throw invalidArgument('name', `a name of 1 to ${longestName} bytes without '/', ':' and spaces`, name);
  if (options.index !== undefined) checkInteger('index', options.index, 1, 0x7fffffff);
  if (options.queues !== undefined) checkInteger('queues', options.queues, 1, mostQueues);
  if (options.owner !== undefined) checkInteger('owner', options.owner, 0, noId - 1);
  if (options.group !== undefined) checkInteger('group', options.group, 0, noId - 1);
  if (options.vnetHeaderSize !== undefined) checkInteger('vnetHeaderSize', options.vnetHeaderSize, 10, 0x7fff);
  checkBoolean('multiQueue', options.multiQueue);
  checkBoolean('persistent', options.persistent);
  checkBoolean('attach', options.attach);
  checkBoolean('packetInformation', options.packetInformation);
  checkBoolean('vnetHeader', options.vnetHeader);
}

/**
 * The fds of a tun or tap device. They are the caller's: whoever gives one to a stream or a child keeps this object and closes it
 * here (autoClose: false). It lives on when the Namespace is closed.
 */
export class TunDevice {
  /** Name of the link in its namespace. */
  readonly name: string;
  /** The fds, one for each queue; O_NONBLOCK and O_CLOEXEC. Reading one gives a packet, or EAGAIN. */
  readonly fds: readonly number[];
  readonly #onClose: () => void;
  #closed = false;

  /** Made by LinkClient.openTun(). */
  constructor(name: string, fds: readonly number[], onClose: () => void) {
    this.name = name;
    this.fds = fds;
    this.#onClose = onClose;
  }

  /** The fd of the first queue. */
  get fd(): number {
    return this.fds[0] ?? -1;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Closes the fds; a device that is not persistent is gone with the last. Idempotent. */
  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      for (const fd of this.fds) native().closeFd(fd);
      this.#onClose();
    }
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** What to do, by errno. */
const hints: Readonly<Record<number, string>> = {
  // EPERM
  1: "it needs CAP_NET_ADMIN over the namespace, or to be the device's owner",
  // ENOENT, ENODEV
  2: 'is the module tun loaded?',
  19: 'is the module tun loaded?',
  // EBUSY
  16: 'there is a link of this name; attach: true attaches to a tun device that exists',
  // EINVAL
  22: 'a device that exists must be attached to in the mode, and with the queues, that it was made with',
};

/** Opens the queues of a device, in the same call. Throws SystemError. */
export function openTunDevice(exchange: Exchange, options: TunOptions): TunDevice {
  checkTunOptions(options);
  const { mode, queues = 1, multiQueue = queues > 1 } = options;
  const operation = `open ${mode} device${options.name === undefined ? '' : ` ${options.name}`}`;
  const { namespace, inside } = exchange;
  if (inside === undefined)
    throw new NetlaneError('NETLANE_NOT_SUPPORTED', 'this client has no namespace of the kernel', { operation, namespace });
  const flags =
    (mode === 'tun' ? IFF_TUN : IFF_TAP) |
    (multiQueue ? IFF_MULTI_QUEUE : 0) |
    (options.packetInformation === true ? 0 : IFF_NO_PI) |
    (options.vnetHeader === true ? IFF_VNET_HDR : 0);
  const fds: number[] = [];
  let { name = '' } = options;
  try {
    for (let queue = 0; queue < queues; queue++) {
      const first = queue === 0;
      const exclusive = first && options.attach !== true ? IFF_TUN_EXCL : 0;
      const opened = native().openTun(inside(), name, {
        flags: flags | exclusive,
        index: first ? (options.index ?? -1) : -1,
        owner: first ? (options.owner ?? -1) : -1,
        group: first ? (options.group ?? -1) : -1,
        vnetHeaderSize: options.vnetHeaderSize ?? -1,
        // The last, so that a device whose queues could not all be opened goes with those that were.
        persistent: Number(options.persistent === true && queue === queues - 1),
      });
      fds.push(opened.fd);
      ({ name } = opened);
    }
  } catch (error) {
    for (const fd of fds) native().closeFd(fd);
    const hint = error instanceof Error && 'errno' in error ? hints[-Number(error.errno)] : undefined;
    throw translate(error, { operation, namespace, ...(hint === undefined ? undefined : { hint }) });
  }
  // Who has it open, whose it is and that it stays, the kernel tells nobody.
  const tell = (): void => {
    exchange.tellLinkChange({ name, untold: true });
  };
  tell();
  return new TunDevice(name, fds, tell);
}
