import { protocols } from './constants.js';
import type { MessageView } from './message.js';

/*
 * The kernel marks a dump as interrupted (NLM_F_DUMP_INTR) for some types only. For the others a change in mid-dump makes entries appear
 * twice or not at all, in silence. Their dumps join the group that tells of changes first, on the dump's own fd: an event of the type
 * before the end counts as an interruption. docs/guides/consistency.md has the table and how it was measured.
 */

export interface Guard {
  readonly groups: readonly number[];
  /** Whether an event is about what is dumped. */
  concerns(message: MessageView): boolean;
}

/** linux/rtnetlink.h: message types of the objects, and their groups (RTNLGRP_*). */
const rule = {
  get: 34,
  groups: new Map([
    [2, 8],
    [10, 19],
    [128, 27],
    [129, 27],
  ]),
  all: [8, 19],
} as const;
const neighbour = { get: 30, group: 3 } as const;
const multicastDatabase = { get: 86, group: 26 } as const;
const bridgeVlan = { get: 114, group: 33 } as const;

const AF_BRIDGE = 7;

function sameObject(get: number): (message: MessageView) => boolean {
  return (message) => (message.type & ~3) === (get & ~3);
}

/** The guard that a dump needs; undefined where the kernel guards it, or resumes it by key. */
export function guardOf(protocol: number, type: number, body: Uint8Array | undefined): Guard | undefined {
  if (protocol !== protocols.route) return undefined;
  const family = body?.[0] ?? 0;
  switch (type) {
    case rule.get: {
      const group = rule.groups.get(family);
      return { groups: group === undefined ? rule.all : [group], concerns: sameObject(type) };
    }
    case neighbour.get:
      // Neighbour tables are walked by hash bucket and resume there; the forwarding tables of devices do not.
      if (family !== AF_BRIDGE) return undefined;
      return {
        groups: [neighbour.group],
        concerns: (message) => sameObject(type)(message) && message.bytes[message.body] === AF_BRIDGE,
      };
    case multicastDatabase.get:
      return { groups: [multicastDatabase.group], concerns: sameObject(type) };
    case bridgeVlan.get:
      return { groups: [bridgeVlan.group], concerns: sameObject(type) };
    default:
      return undefined;
  }
}
