import type { Codec, Infer, InferInput } from '../../codec/codec.js';
import { plain } from './kinds/plain.js';
import { vlan } from './kinds/vlan.js';
import { vrf, vrfPort } from './kinds/vrf.js';

/** Link data by kind, but for the kinds that come in pairs: those have a link in their data (link.ts). */
export const kinds = {
  dummy: plain,
  vlan,
  vrf,
};

/** Data of a port by the kind of its master. */
export const ports = {
  vrf: vrfPort,
};

type Of<C> = C extends Codec<unknown, never> ? C : never;

/** Link data by kind, as it is read. */
export type KindValues = { [K in keyof typeof kinds]: Infer<Of<(typeof kinds)[K]>> };
/** Link data by kind, as it is written. */
export type KindInputs = { [K in keyof typeof kinds]: InferInput<Of<(typeof kinds)[K]>> };
/** Port data by kind of the master, as it is read. */
export type PortValues = { [K in keyof typeof ports]: Infer<Of<(typeof ports)[K]>> };
/** Port data by kind of the master, as it is written. */
export type PortInputs = { [K in keyof typeof ports]: InferInput<Of<(typeof ports)[K]>> };
