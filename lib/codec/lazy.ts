import type { Codec, Input, Output, Shape } from './codec.js';

/** A codec that is made later: for objects that hold objects of their own kind. `nested` says whether it is attributes. */
export class Lazy<T, I> implements Codec<T, I> {
  readonly #make: () => Codec<T, I>;
  #made: Codec<T, I> | undefined;

  constructor(make: () => Codec<T, I>) {
    this.#make = make;
  }

  get #codec(): Codec<T, I> {
    return (this.#made ??= this.#make());
  }

  get shape(): Shape {
    return this.#codec.shape;
  }

  decode(input: Input): T {
    return this.#codec.decode(input);
  }

  encode(value: I, output: Output): void {
    this.#codec.encode(value, output);
  }
}

export function lazy<T, I>(make: () => Codec<T, I>): Codec<T, I> {
  return new Lazy(make);
}
