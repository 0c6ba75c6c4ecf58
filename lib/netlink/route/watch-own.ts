import { encodeToBytes } from '../../codec/codec.js';
import { debug } from '../../diagnostics.js';
import { netconf } from '../../schema/route/netconf.js';
import type { Message } from '../message.js';
import type { NetlinkSocket } from '../socket.js';
import type { Exchange } from './exchange.js';
import type { ChangedLink } from './link-changes.js';
import { LinkLooks } from './link-looks.js';
import { isGoneLink } from './codes.js';
import type { Plain } from './matching.js';
import type { Watched } from './watched.js';

const RTM_GETNETCONF = 82;

/** What a watch knows of the objects of one sort. */
interface Known {
  readonly watched: Watched;
  readonly values: ReadonlyMap<string, object>;
}

/**
 * What this thread changes of links, the kernel may tell nobody: a watch of links, or of settings, looks at it, on its own socket. From before
 * the subscription on, that none is missed.
 */
export class OwnChanges {
  readonly #exchange: Exchange;
  readonly #looks: LinkLooks | undefined;
  readonly #settings: Known | undefined;
  readonly #failed: (known: Known) => void;
  readonly #unhear: () => void;
  #socket: NetlinkSocket | undefined;

  /** @param failed called when something of a sort could not be asked. */
  constructor(exchange: Exchange, sorts: readonly Known[], failed: (known: Known) => void) {
    this.#exchange = exchange;
    this.#failed = failed;
    this.#settings = sorts.find(({ watched }) => watched.object === 'network configuration');
    const links = sorts.find(({ watched }) => watched.object === 'link');
    if (links !== undefined) {
      const { values, watched } = links;
      const known = { link: (index: number): object | undefined => values.get(watched.key({ index })), all: () => values.values() };
      this.#looks = new LinkLooks(known, () => failed(links));
    }
    this.#unhear =
      links === undefined && this.#settings === undefined ? (): void => undefined : exchange.hearLinkChanges((link) => this.#changed(link));
  }

  /** Asks from now on, on this socket. Lists are taken after this: settings that were changed before are in them. */
  begin(socket: NetlinkSocket): void {
    this.#socket = socket;
    this.#looks?.begin(socket);
  }

  /** Whether a message of the socket answers what was asked here. */
  isAnswer({ port }: Message): boolean {
    return this.#socket !== undefined && port === this.#socket.port;
  }

  /** What is known of a link is another from now on. */
  told(previous: object | undefined, value: object | undefined): void {
    this.#looks?.told(previous, value);
  }

  end(): void {
    this.#unhear();
  }

  #changed(link: ChangedLink): void {
    this.#looks?.changed(link);
    const [settings, socket] = [this.#settings, this.#socket];
    if (settings === undefined || socket === undefined || link.settings !== true) return;
    this.#ask(link, settings, socket).catch((error: unknown) => {
      // A link that is gone has no settings, and that is told.
      if (socket.closed || isGoneLink(error)) return;
      debug('the settings of a link that was changed could not be looked at: %s', String(error));
      this.#failed(settings);
    });
  }

  async #ask({ index, name }: ChangedLink, { values }: Known, socket: NetlinkSocket): Promise<void> {
    const links =
      index !== undefined
        ? [index]
        : name !== undefined
          ? [await this.#exchange.linkIndex(name)]
          : [...values.values()].map((one) => (one as Plain)['family'] === 'ipv4' && (one as Plain)['link']);
    for (const link of links) {
      if (typeof link !== 'number' || socket.closed) continue;
      await socket.send({ type: RTM_GETNETCONF, body: encodeToBytes(netconf, { family: 'ipv4', link }) });
    }
  }
}
