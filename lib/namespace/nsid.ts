import { LITTLE_ENDIAN } from '../netlink/constants.js';
import { CallerFactory } from '../netlink/caller-transport.js';
import { walkAttributes } from '../netlink/extended-ack.js';
import { NetlinkSocket } from '../netlink/socket.js';

/* linux/net_namespace.h and linux/rtnetlink.h */
const RTM_GETNSID = 90;
const NETNSA_NSID = 1;
const NETNSA_FD = 3;
const rtgenmsg = 4;

/** Asks the calling thread's namespace for its numbers of others (RTM_GETNSID, Linux 4.0). */
export class NsidReader {
  readonly #socket: NetlinkSocket;

  private constructor(socket: NetlinkSocket) {
    this.#socket = socket;
  }

  static async open(): Promise<NsidReader> {
    // -1: where the calling thread is.
    return new NsidReader(await NetlinkSocket.open(new CallerFactory({ name: "this thread's namespace", fd: () => -1 }), 0));
  }

  /** The nsid of the namespace behind an fd; undefined while it has none here. Never gives it one. */
  async of(fd: number): Promise<number | undefined> {
    const body = new Uint8Array(rtgenmsg + 8);
    const view = new DataView(body.buffer);
    view.setUint16(rtgenmsg, 8, LITTLE_ENDIAN);
    view.setUint16(rtgenmsg + 2, NETNSA_FD, LITTLE_ENDIAN);
    view.setUint32(rtgenmsg + 4, fd, LITTLE_ENDIAN);
    let nsid: number | undefined;
    await this.#socket.request(
      { type: RTM_GETNSID, body, acknowledge: false },
      {
        operation: () => 'read the nsid of a namespace',
        sink: (message) => {
          for (const attribute of walkAttributes(message.view, message.body + rtgenmsg, message.end)) {
            if (attribute.type === NETNSA_NSID && attribute.end - attribute.start >= 4) {
              nsid = message.view.getInt32(attribute.start, LITTLE_ENDIAN);
            }
          }
        },
      },
    );
    return nsid === undefined || nsid < 0 ? undefined : nsid;
  }

  close(): Promise<void> {
    return this.#socket.close();
  }
}
