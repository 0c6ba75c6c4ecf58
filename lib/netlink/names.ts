import { NLM_F_CREATE, NLM_F_DUMP, protocols, type Protocol } from './constants.js';

/** What the engine knows of a protocol's messages: enough to name them, to find their attributes, and to tell a read from a change. */

const routeObjects: Readonly<Record<number, readonly [name: string, header: number]>> = {
  16: ['LINK', 16],
  20: ['ADDR', 8],
  24: ['ROUTE', 12],
  28: ['NEIGH', 12],
  32: ['RULE', 12],
  36: ['QDISC', 20],
  40: ['TCLASS', 20],
  44: ['TFILTER', 20],
  48: ['ACTION', 4],
  52: ['PREFIX', 12],
  56: ['MULTICAST', 8],
  60: ['ANYCAST', 8],
  64: ['NEIGHTBL', 4],
  68: ['NDUSEROPT', 16],
  72: ['ADDRLABEL', 12],
  76: ['DCB', 4],
  80: ['NETCONF', 4],
  84: ['MDB', 8],
  88: ['NSID', 4],
  92: ['STATS', 12],
  96: ['CACHEREPORT', 4],
  100: ['CHAIN', 20],
  104: ['NEXTHOP', 8],
  108: ['LINKPROP', 16],
  112: ['VLAN', 8],
  116: ['NEXTHOPBUCKET', 8],
  120: ['TUNNEL', 8],
};

const verbs = ['NEW', 'DEL', 'GET', 'SET'] as const;

/** A message type in the kernel's words where they are known: 'RTM_GETLINK'; else 'type 16'. */
export function messageName(protocol: number, type: number): string {
  if (protocol === protocols.route && type >= 16) {
    const object = routeObjects[type & ~3];
    if (object !== undefined) return `RTM_${verbs[type & 3] ?? ''}${object[0]}`;
  }
  return `type ${type}`;
}

/** Size of what stands between a message's header and its attributes; undefined where it is not known. */
export function fixedHeaderSize(protocol: number, type: number): number | undefined {
  switch (protocol) {
    case protocols.route:
      return routeObjects[type & ~3]?.[1];
    case protocols.generic:
    case protocols.netfilter:
      return 4;
    default:
      return undefined;
  }
}

const xfrmReads: ReadonlySet<number> = new Set([0x12, 0x15, 0x1f, 0x23, 0x25, 0x28]);

/** Whether a request only reads, so that it may be sent again when its reply is lost. */
export function isRead(protocol: number, type: number, flags: number): boolean {
  if (isDump(protocol, type, flags)) return true;
  if (protocol === protocols.route) return type >= 16 && (type & 3) === 2;
  return protocol === protocols.fib_lookup || (protocol === protocols.xfrm && xfrmReads.has(type));
}

/** AUDIT_GET, AUDIT_SIGNAL_INFO, AUDIT_LIST_RULES, AUDIT_TTY_GET, AUDIT_GET_FEATURE. */
const auditReads: ReadonlySet<number> = new Set([1000, 1010, 1013, 1016, 1019]);

/**
 * Whether the answer ends with an acknowledgement. The audit subsystem acknowledges at once and answers later, from a thread of its own;
 * lookups of routes are never acknowledged.
 */
export function endsWithAcknowledgement(protocol: number, type: number): boolean {
  if (protocol === protocols.fib_lookup) return false;
  return protocol !== protocols.audit || !auditReads.has(type);
}

/** Whether answers have 0 where others have the port id of who asked: the audit subsystem, and lookups of routes, which echo the request. */
export function answersPortZero(protocol: number): boolean {
  return protocol === protocols.audit || protocol === protocols.fib_lookup;
}

/** Whether only the first message of a datagram is looked at: the others would be echoed as they are, as if that was the answer. */
export function takesOneMessage(protocol: number): boolean {
  return protocol === protocols.fib_lookup;
}

/** Whether the flags ask for a dump: NLM_F_DUMP is the same bits as NLM_F_REPLACE | NLM_F_EXCL of a change. */
export function isDump(protocol: number, type: number, flags: number): boolean {
  if ((flags & NLM_F_DUMP) !== NLM_F_DUMP || (flags & NLM_F_CREATE) !== 0) return false;
  return protocol === protocols.route && type >= 16 ? (type & 3) === 2 : true;
}

/** The number of a protocol given by name or number; undefined for what is neither. */
export function protocolNumber(protocol: Protocol): number | undefined {
  if (typeof protocol === 'number') return Number.isInteger(protocol) && protocol >= 0 && protocol < 32 ? protocol : undefined;
  return typeof protocol === 'string' && Object.hasOwn(protocols, protocol) ? protocols[protocol] : undefined;
}

/** The name of a protocol number: 'route'; else 'protocol 30'. */
export function protocolName(protocol: number): string {
  for (const [name, number] of Object.entries(protocols)) if (number === protocol) return name;
  return `protocol ${protocol}`;
}
