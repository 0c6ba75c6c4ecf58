import { ValueError, within, type Codec, type Input, type Output, type Shape } from './codec.js';
import { close, open } from './attribute.js';

/** An attribute that comes several times, once for each entry, beside the others. */
export class Repeated<T, I> implements Codec<T[], readonly I[]> {
  readonly shape: Shape;
  readonly #of: Codec<T, I>;

  constructor(of: Codec<T, I>, type: number) {
    this.#of = of;
    this.shape = { is: 'list', of: of, style: { entry: 'attribute', type } };
  }

  decode(input: Input): T[] {
    return this.append(undefined, input);
  }

  append(before: unknown, input: Input): T[] {
    const list = Array.isArray(before) ? (before as T[]) : [];
    list.push(this.#of.decode(input));
    return list;
  }

  encode(value: readonly I[], output: Output): void {
    for (const entry of value) this.#of.encode(entry, output);
  }

  putAll(value: unknown, wireType: number, output: Output): void {
    if (!Array.isArray(value)) throw new ValueError('an array', value);
    for (const [index, entry] of (value as readonly I[]).entries()) {
      try {
        const start = open(output);
        this.#of.encode(entry, output);
        close(start, wireType, output);
      } catch (error) {
        throw within(error, `[${index}]`);
      }
    }
  }
}

/** A list whose entries are attributes of this very type, one after the other in the message. */
export function repeated<T, I>(of: Codec<T, I>, type: number): Codec<T[], readonly I[]> {
  return new Repeated(of, type);
}
