import { Namespace } from '../../../lib/namespace.js';
import type { Protocol } from '../../../lib/netlink/constants.js';
import type { SocketOptions } from '../../../lib/netlink/socket-options.js';
import type { NetlinkSocket } from '../../../lib/netlink/socket.js';
import { needsRoot } from '../../support/skip.js';

/** The ways a socket can be carried. */
export const carriers = ['lane', 'shared lane', 'caller'] as const;
export type Carrier = (typeof carriers)[number];

/** Namespaces and sockets that one suite makes, closed by it in `after`. */
export class Scratch {
  readonly #namespaces: Namespace[] = [];
  readonly #sockets: NetlinkSocket[] = [];

  /** A namespace without a name, its loopback up. A lane that is not needed any more ends at once, so that the leak check does not wait for it. */
  async namespace(carrier: Carrier = 'lane'): Promise<Namespace> {
    const namespace = await Namespace.create({ loopback: true, lane: carrier === 'shared lane' ? 'shared' : 'own', laneIdle: 50 });
    this.#namespaces.push(namespace);
    return namespace;
  }

  /** Keeps a namespace that the test opened itself. */
  keep(namespace: Namespace): Namespace {
    this.#namespaces.push(namespace);
    return namespace;
  }

  async socket(
    namespace: Namespace,
    protocol: Protocol = 'route',
    options: SocketOptions & { carrier?: Carrier } = {},
  ): Promise<NetlinkSocket> {
    const { carrier, ...rest } = options;
    const socket = await namespace.netlink(
      protocol,
      carrier === undefined ? rest : { thread: carrier === 'caller' ? 'caller' : 'lane', ...rest },
    );
    this.#sockets.push(socket);
    return socket;
  }

  async close(): Promise<void> {
    await Promise.all(this.#sockets.splice(0).map((socket) => socket.close()));
    await Promise.all(this.#namespaces.splice(0).map((namespace) => namespace.close()));
  }
}

/** Gives a suite a namespace; what it makes beside that with what is returned is closed with it. */
export function withScratchNamespace(give: (namespace: Namespace) => unknown): Scratch {
  const scratch = new Scratch();
  before(async function () {
    needsRoot(this);
    give(await scratch.namespace());
  });
  after(() => scratch.close());
  return scratch;
}

/** fds of this process. */
export function openFds(): number {
  return process.getBuiltinModule('node:fs').readdirSync('/proc/self/fd').length;
}
