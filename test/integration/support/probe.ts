import { readlinkSync } from 'node:fs';

/** A module that tests run in namespaces by its URL. */

export interface Probed {
  readonly namespace: string;
  readonly tripled: number;
}

export function probe(number: number): Probed {
  return { namespace: readlinkSync('/proc/thread-self/ns/net'), tripled: number * 3 };
}

export async function* countTo(most: number): AsyncGenerator<number> {
  for (let number = 1; number <= most; number++) yield await Promise.resolve(number);
}

export const constant = 5;
