/*
 * Waking a sleeping thread is the expensive part of a message. So after a message a thread looks at its port for a little longer before
 * it goes back to its loop; but only while that pays, since with one core taken it only takes time from the other thread.
 */

/** So many looks are judged together. */
const window = 32;
/** So many times looking is left out when fewer than half of them found something. */
const longPause = 256;

/** Decides whether to look, by what looking found lately. */
export class Looking {
  #looks = 0;
  #finds = 0;
  #pause = 0;

  /** Whether to look now. */
  get pays(): boolean {
    if (this.#pause === 0) return true;
    this.#pause--;
    return false;
  }

  /** Tells what a look found. */
  note(found: boolean): void {
    this.#looks++;
    if (found) this.#finds++;
    if (this.#looks < window) return;
    if (this.#finds * 2 < window) this.#pause = longPause;
    this.#looks = 0;
    this.#finds = 0;
  }
}
