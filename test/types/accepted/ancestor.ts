import { getNetlinkSocketAt, NetlinkRequest, RtAttr, subscribe, subscribeAt } from 'netlane/nl';

/** Names are there, and are what they should be: functions and classes. */
export const callable: readonly ((...args: never[]) => unknown)[] = [getNetlinkSocketAt, subscribe, subscribeAt];
export const constructors: readonly (abstract new (...args: never[]) => unknown)[] = [NetlinkRequest, RtAttr];
