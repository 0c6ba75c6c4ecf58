import { NetlaneError } from '../errors.js';

/** Go's sync.Mutex for a program of promises: locks are given in the order they were asked for. */
export class Mutex {
  #locked = false;
  readonly #waiting: (() => void)[] = [];

  /** Resolves when the lock is the caller's. There is no way to give up waiting. */
  lock(): Promise<void> {
    if (!this.#locked) {
      this.#locked = true;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Hands the lock to the next in line. @throws NETLANE_INVALID_ARGUMENT when it is not locked; Go ends the program then. */
  unlock(): void {
    if (!this.#locked) throw new NetlaneError('NETLANE_INVALID_ARGUMENT', 'unlock of an unlocked socket');
    const next = this.#waiting.shift();
    if (next === undefined) this.#locked = false;
    else next();
  }

  /** Runs the function with the lock held. */
  async run<T>(action: () => Promise<T>): Promise<T> {
    await this.lock();
    try {
      return await action();
    } finally {
      this.unlock();
    }
  }
}
