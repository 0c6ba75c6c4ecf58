/** Who reads a generator that waits for what comes. */
export interface Reader {
  /** Whether it was told that no more is wanted. */
  left: boolean;
}

/**
 * A generator that can be left while somebody waits for its next value. return() of an async generator waits for that value first: a stream
 * that is destroyed, or a program that waits for the first of several things, would wait until something happens.
 */
class Leavable<T> implements AsyncGenerator<T, undefined, undefined> {
  readonly #generator: AsyncGenerator<T, undefined, undefined>;
  readonly #leave: () => void;

  constructor(generator: AsyncGenerator<T, undefined, undefined>, leave: () => void) {
    this.#generator = generator;
    this.#leave = leave;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return this.#generator.next();
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#leave();
    return this.#generator.return(undefined);
  }

  throw(error: unknown): Promise<IteratorResult<T, undefined>> {
    this.#leave();
    return this.#generator.throw(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}

/**
 * Makes a generator one that can be left.
 * @param read Begins the generator. Once its reader has left, it ends where it waits, in good order.
 * @param leave Ends its wait.
 */
export function leavable<T>(
  read: (reader: Reader) => AsyncGenerator<T, undefined, undefined>,
  leave: (reader: Reader) => void,
): AsyncGenerator<T, undefined, undefined> {
  const reader: Reader = { left: false };
  return new Leavable(read(reader), () => {
    reader.left = true;
    leave(reader);
  });
}
