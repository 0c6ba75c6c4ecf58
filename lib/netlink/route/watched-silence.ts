import { Input } from '../../codec/codec.js';
import { link } from '../../schema/route/link.js';
import { LITTLE_ENDIAN } from '../constants.js';
import type { Message } from '../message.js';
import type { Plain } from './matching.js';

/*
 * What the kernel changes without a word, and what tells that it may have: a watch that keeps the state hears these groups as well, and
 * lists the sort again when one of their messages says so.
 */

/** linux/rtnetlink.h */
const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_DELADDR = 21;
const RTM_DELNEXTHOP = 105;
const RTM_NEWRULE = 32;
const RTM_DELRULE = 33;
const RTNLGRP_LINK = 1;
const RTNLGRP_IPV4_IFADDR = 5;
const RTNLGRP_NEXTHOP = 32;
/** linux/if.h */
const IFF_UP = 1;

export interface Silence {
  readonly groups: readonly number[];
  /**
   * Whether a message says that objects may have changed in silence; which there are, is asked of where few depend on others.
   * @param moved Whether it says that a link goes, goes up or down, gets or loses its carrier (LinkStates).
   */
  readonly broken: (message: Message, known: ReadonlyMap<string, object>, moved: boolean) => boolean;
}

function linkGoes({ type, body }: Message): boolean {
  return type === RTM_DELLINK || (type === RTM_NEWLINK && ((body[8] ?? 0) & IFF_UP) === 0);
}

/** What goes with its link, or when that goes down. */
export const withLink: Silence = { groups: [RTNLGRP_LINK], broken: linkGoes };

/** What goes with its link, or says whether that has a carrier. */
export const withState: Silence = { groups: [RTNLGRP_LINK], broken: (_message, _known, moved) => moved };

/** Routes of IPv4 go with their address or their nexthop object as well. */
export const withWay: Silence = {
  groups: [RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_NEXTHOP],
  broken: ({ type }, _known, moved) => moved || type === RTM_DELADDR || type === RTM_DELNEXTHOP,
};

/** What a port has of its link: of changes of some of it, only the link tells. */
const ofLink = ['name', 'mtu', 'address', 'operationalState'] as const;

/** Ports say how their link is called and how it is. */
export const withPort: Silence = {
  groups: [RTNLGRP_LINK],
  broken: (message, known) => {
    const { type, body } = message;
    if (type !== RTM_NEWLINK || body[0] !== 0) return linkGoes(message);
    const view = new DataView(body.buffer, body.byteOffset);
    const port = known.get(JSON.stringify([view.getInt32(4, LITTLE_ENDIAN)])) as Plain | undefined;
    if (port === undefined) return false;
    const told = link.decode(new Input(body)) as unknown as Plain;
    return port['flags'] !== view.getUint32(8, LITTLE_ENDIAN) || ofLink.some((name) => port[name] !== told[name]);
  },
};

/** What links lend each other: the addresses of a macvlan in the table of the link underneath. */
export const withAnyLink: Silence = {
  groups: [RTNLGRP_LINK],
  broken: ({ type }) => type === RTM_NEWLINK || type === RTM_DELLINK,
};

function some(known: ReadonlyMap<string, object>, meant: (rule: Plain) => boolean): boolean {
  for (const rule of known.values()) if (meant(rule as Plain)) return true;
  return false;
}

/** A rule that goes on with another says whether that is there, one of a link whether the link is. */
export const withTarget: Silence = {
  groups: [RTNLGRP_LINK],
  broken: ({ type }, known) => {
    if (type === RTM_NEWRULE || type === RTM_DELRULE) return some(known, ({ target }) => target !== undefined);
    if (type !== RTM_NEWLINK && type !== RTM_DELLINK) return false;
    return some(known, ({ inputLink, outputLink }) => inputLink !== undefined || outputLink !== undefined);
  },
};
