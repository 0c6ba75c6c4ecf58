import { invalidArgument } from '../../errors.js';
import { link, type LinkChanges, type LinkInput } from '../../schema/route/link.js';
import { linkProtocols } from '../../schema/route/link-protocols.js';
import { settable } from './ensuring.js';
import type { Exchange } from './exchange.js';
import { isPlain, matches, type Plain } from './matching.js';

/* What RTM_NEWLINK does not take, or passes over in silence, when it makes a link. */

/** Switches that a kernel without the feature refuses of a new link even when they are off, or takes for on whatever they say. */
const offWhenNew: Readonly<Record<string, readonly string[]>> = {
  bridge: ['vlanFiltering', 'options'],
  vxlan: ['remoteChecksumSend', 'remoteChecksumReceive'],
};

/** What a new bond cannot have, since it has no ports; and who makes the sockets of a GTP link when none are given. */
function adapted(kind: string | undefined, data: Plain): Plain {
  if (kind === 'bond') {
    const { activePort: _activePort, ...others } = data;
    return others;
  }
  if (kind === 'gtp' && ['fd0', 'fd1', 'createSockets'].every((name) => data[name] === undefined)) return { ...data, createSockets: true };
  return data;
}

/** Without what is off and would be so anyway; of several switches, without those. */
function withoutOff(kind: string | undefined, data: Plain): Plain {
  const names = kind === undefined ? undefined : offWhenNew[kind];
  if (names === undefined) return data;
  const kept = Object.entries(data).map(([name, value]): [string, unknown] => {
    if (!names.includes(name)) return [name, value];
    if (value === false) return [name, undefined];
    if (!isPlain(value)) return [name, value];
    const on = Object.entries(value).filter(([, one]) => one !== false);
    return [name, on.length === 0 ? undefined : Object.fromEntries(on)];
  });
  return Object.fromEntries(kept.filter(([, value]) => value !== undefined));
}

/** Kinds whose links come in pairs. */
const paired: ReadonlySet<unknown> = new Set(['veth', 'vxcan', 'netkit']);

/** ALTIFNAMSIZ less the zero. */
const longestName = 127;

/** The further names that a link is to have. Throws for what cannot be one. */
export function furtherNames({ alternativeNames }: Pick<LinkInput, 'alternativeNames'>): readonly string[] {
  if (alternativeNames === undefined) return [];
  const given: unknown = alternativeNames;
  const isName = (one: unknown): boolean =>
    typeof one === 'string' && one !== '' && Buffer.byteLength(one) <= longestName && !one.includes('\0');
  if (Array.isArray(given) && given.every(isName)) return alternativeNames;
  throw invalidArgument('alternativeNames', `a list of names of 1 to ${longestName} bytes without zero characters`, given);
}

/** Settings of address families that can be changed on a link that is there: what only the kernel tells is left out. */
function settableOf(protocols: unknown): Plain | undefined {
  if (!isPlain(protocols)) return undefined;
  const families = Object.entries(settable(protocols, linkProtocols)).flatMap(([family, settings]): [string, unknown][] => {
    if (!isPlain(settings)) return settings === undefined ? [] : [[family, settings]];
    const { unknown: _unknown, ...known } = settings;
    return Object.values(known).some((one) => one !== undefined) ? [[family, known]] : [];
  });
  return Object.fromEntries(families);
}

/** A port's state follows from its carrier and the spanning tree; the kernel refuses to be told while there is none. */
function withoutState(port: Plain): Plain {
  const { data } = port;
  if (port['kind'] !== 'bridge' || !isPlain(data)) return port;
  const { state: _state, ...others } = data;
  return { ...port, data: others };
}

/** What the kernel passes over when it makes the link, and takes once it is there. */
export function takenLater(value: LinkInput): Plain {
  const { alias, protocolDown, protocolDownReasons, port, protocols, xdp } = value as LinkInput & Plain;
  const later: Record<string, unknown> = {};
  if (alias !== undefined && alias !== '') later['alias'] = alias;
  if (protocolDownReasons !== undefined) later['protocolDownReasons'] = protocolDownReasons;
  if (protocolDown === true) later['protocolDown'] = true;
  if (isPlain(port)) later['port'] = withoutState(port);
  if (isPlain(xdp) && xdp['fd'] !== undefined) later['xdp'] = xdp;
  const families = settableOf(protocols);
  if (families !== undefined && Object.keys(families).length > 0) later['protocols'] = families;
  return later;
}

/**
 * Of what is wanted, what is not so: of objects, the members that differ. What an object in it lacks is asked for, whatever it is: the
 * kernel may not know it, or nobody.
 */
export function differing(wanted: Plain, found: Plain, isInner = false): Plain {
  const made: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(wanted)) {
    const now = found[name];
    if (isPlain(value) && isPlain(now)) {
      const inner = differing(value, now, true);
      // A port's data means nothing without its kind.
      if (Object.keys(inner).length > 0) made[name] = value['kind'] === undefined ? inner : { kind: value['kind'], ...inner };
    } else if ((isInner && now === undefined && value !== undefined) || !matches({ [name]: value }, found)) made[name] = value;
  }
  return made;
}

/** What RTM_NEWLINK is given for a new link. */
export function atOnce(value: LinkInput): LinkInput {
  const { protocols: _protocols, data, ...others } = value;
  return {
    ...others,
    ...(isPlain(data) ? { data: withoutOff(value.kind, adapted(value.kind, data)) } : data !== undefined && { data }),
  } as LinkInput;
}

/**
 * Refuses what could only be set where this client is not, or on a link whose name it does not know, since the kernel chooses it.
 * @param isNamed Whoever makes it learns its name.
 */
export function checkLater(value: LinkInput, later: Plain, { isNamed = false }: { readonly isNamed?: boolean } = {}): void {
  const { namespace, namespacePid, peer, name, protocols, kind } = value as LinkInput & Plain;
  if (protocols !== undefined && !isPlain(protocols)) throw invalidArgument('protocols', 'an object', protocols);
  const fields = [...Object.keys(later), ...(furtherNames(value).length > 0 ? ['alternativeNames'] : [])];
  // The first number that is free stands for "%d".
  if (fields.length > 0 && !isNamed && (name === undefined || name.includes('%d')))
    throw invalidArgument(
      'name',
      `given${name === undefined ? '' : ' without %d'} where ${fields.join(', ')} are: they are set by it`,
      name,
    );
  if (fields.length > 0 && (namespace !== undefined || namespacePid !== undefined))
    throw invalidArgument(fields[0] ?? '', 'set afterwards, in the namespace where the link is made', value);
  // The kernel, or the schema of the kind's data, would pass over it.
  if (peer !== undefined && !paired.has(kind)) throw invalidArgument('peer', `left out: only ${[...paired].join(', ')} have one`, peer);
  if (isPlain(peer)) {
    const [field] = [...Object.keys(takenLater(peer)), ...(peer['alternativeNames'] === undefined ? [] : ['alternativeNames'])];
    if (field !== undefined) throw invalidArgument(`peer.${field}`, 'set afterwards, on the other end', peer[field]);
  }
}

/** Refuses what cannot be encoded of what is set once the link is there, before there is one. Names are not looked up. */
export function checkEncodes(exchange: Exchange, later: Plain): void {
  if (Object.keys(later).length === 0) return;
  const encoded = exchange.encodeNow({ codec: link, value: later });
  if ('bytes' in encoded) encoded.release();
}

/** What a tun device is given after it was made. */
const tunChanges: ReadonlySet<string> = new Set<keyof LinkInput>([
  'address',
  'alias',
  'allMulticast',
  'arp',
  'group',
  'groMaxSize',
  'gsoMaxSegments',
  'gsoMaxSize',
  'master',
  'mtu',
  'multicast',
  'namespace',
  'promiscuous',
  'protocolDown',
  'txQueueLength',
  'up',
]);

/** Of a tun device, what the kernel takes of a link that is there; the rest is its own, or the driver's. */
export function tunChangesOf(value: LinkInput): LinkChanges {
  const changes = Object.fromEntries(Object.entries(value).filter(([field]) => tunChanges.has(field)));
  // The driver cannot be held down: it would refuse even to be told that it is not.
  if (value.protocolDown === false) delete changes['protocolDown'];
  return changes;
}
