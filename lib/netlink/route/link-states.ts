import { LITTLE_ENDIAN } from '../constants.js';
import type { Message } from '../message.js';

/** linux/rtnetlink.h */
const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
/** linux/if.h: IFF_UP, IFF_RUNNING, IFF_LOWER_UP. The second follows what the routes are told, the third the device. */
const followed = 0x1 | 0x40 | 0x1_0000;
const isNew = 0xffff_ffff;

/**
 * Which links are up and have a carrier, as far as events told: what routes say of their link follows from it, and is told by nobody.
 * Nothing is asked: of a link of which nothing was told yet, the first event that does not say what it changed counts as such a change.
 */
export class LinkStates {
  readonly #flags = new Map<number, number>();

  /** Whether a message says that a link goes, goes up or down, gets or loses its carrier; or may say so. */
  take({ type, body }: Message): boolean {
    if ((type !== RTM_NEWLINK && type !== RTM_DELLINK) || body[0] !== 0) return false;
    const view = new DataView(body.buffer, body.byteOffset);
    const index = view.getInt32(4, LITTLE_ENDIAN);
    if (type === RTM_DELLINK) {
      this.#flags.delete(index);
      return true;
    }
    const flags = view.getUint32(8, LITTLE_ENDIAN) & followed;
    const changed = view.getUint32(12, LITTLE_ENDIAN);
    const before = this.#flags.get(index);
    this.#flags.set(index, flags);
    if (before !== undefined) return before !== flags;
    // A new link has no routes; and where it is said what changed, it may have been something else.
    return changed === 0 || (changed !== isNew && (changed & followed) !== 0);
  }

  /** Events were lost. */
  forget(): void {
    this.#flags.clear();
  }
}
