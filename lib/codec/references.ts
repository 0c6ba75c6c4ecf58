import { ValueError, type Codec, type Fixed, type Input, type Output } from './codec.js';
import { s32 } from './scalars.js';

/** A link as people name it: its name, its index, or an object that has one of them (the index is preferred). */
export type LinkReference = string | number | { readonly index?: number | undefined; readonly name?: string | undefined };

/** The index that a reference to a link stands for; names are resolved by the output's references. */
export function linkIndex(value: unknown, output: Output): number {
  if (typeof value === 'number') {
    if (Number.isInteger(value) && value >= 0 && value <= 0x7fffffff) return value;
  } else if (typeof value === 'string') {
    if (value !== '') return output.references.link(value);
  } else if (typeof value === 'object' && value !== null) {
    // It was listed in another namespace, and its number is another link's here.
    if ('targetNamespaceId' in value && value.targetNamespaceId !== undefined) throw new ValueError('a link of this namespace', value);
    if ('index' in value && typeof value.index === 'number') return linkIndex(value.index, output);
    if ('name' in value && typeof value.name === 'string') return linkIndex(value.name, output);
  }
  throw new ValueError('the name of a link, its index, or an object with one of them', value);
}

/** A link; decodes to its index. Accepts what LinkReference says. 0 stands for none. */
export const link: Fixed<number, LinkReference> = {
  size: 4,
  shape: { is: 'link' },
  decode: (input: Input) => s32.decode(input),
  encode: (value, output) => s32.encode(linkIndex(value, output), output),
};

/** A handle of a network namespace: a Namespace, or anything else that has an open fd. */
export interface NamespaceHandle {
  readonly fd: number;
}

/** An fd of a network namespace, given as a handle, or as the number itself. Kernels never report one. */
export const namespaceFd: Codec<number, NamespaceHandle | object | number> = {
  shape: { is: 'namespace' },
  decode: (input) => s32.decode(input),
  encode(value, output) {
    if (typeof value === 'number') s32.encode(value, output);
    else if (typeof value === 'object' && value !== null) s32.encode(output.references.namespace(value), output);
    else throw new ValueError('a Namespace or an fd', value);
  },
};
