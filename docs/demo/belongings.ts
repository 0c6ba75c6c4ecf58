/** Something that is ours to close. */
export interface Closable {
  close(): Promise<unknown>;
}

/** Thrown into the story when it is to end before its end. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/**
 * All that the demo made on the machine. The promise of a thing is entered before the thing exists, so that an interruption in between
 * waits for it and closes it too.
 */
export class Belongings {
  readonly #made: Promise<Closable>[] = [];
  #closing: Promise<void> | undefined;

  get closing(): boolean {
    return this.#closing !== undefined;
  }

  async keep<T extends Closable>(make: () => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw new Interrupted('the demo is ending');
    const made = make();
    this.#made.push(made);
    return made;
  }

  /** Closes everything, the youngest first. Rejects with what could not be closed, when the rest is. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const failures: unknown[] = [];
    for (const made of this.#made.reverse()) {
      const [outcome] = await Promise.allSettled([made]);
      // Whoever asked for it was told why it could not be made.
      if (outcome.status === 'rejected') continue;
      try {
        await outcome.value.close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, `not all could be removed: ${failures.map(String).join('; ')}`);
  }
}
