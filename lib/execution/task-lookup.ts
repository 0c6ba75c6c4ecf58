import { createRequire, syncBuiltinESMExports } from 'node:module';
import { networkInterfaces } from 'node:os';
import { promisify } from 'node:util';
import { Ending } from './ending.js';
import { addressesOf } from './lookup.js';
import type { Place } from './place.js';
import { etcPaths, firstFile, parseResolvConf } from './resolver-files.js';
import type { LookupAddress } from './socket-address.js';

/*
 * Names in a task. Node's dns.lookup() is getaddrinfo(3) on libuv's thread pool, which is in the process's own namespace. Here it is replaced,
 * for net, http, fetch and everything else that uses it, by one that asks from this thread, which is inside.
 */

type Dns = typeof import('node:dns');

interface LookupOptions {
  readonly family?: number | 'IPv4' | 'IPv6' | undefined;
  readonly hints?: number | undefined;
  readonly all?: boolean | undefined;
  readonly order?: 'ipv4first' | 'ipv6first' | 'verbatim' | undefined;
  readonly verbatim?: boolean | undefined;
}

/** Whether the namespace has an address of the family, other than those that every device has (RFC 3493, AI_ADDRCONFIG). */
function hasFamily(family: 'IPv4' | 'IPv6'): boolean {
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some((each) => each.family === family && !/^(127\.|::1$|fe80:)/.test(each.address)),
  );
}

function familyOf(family: LookupOptions['family']): 0 | 4 | 6 {
  if (family === 4 || family === 'IPv4') return 4;
  if (family === 6 || family === 'IPv6') return 6;
  return 0;
}

/** The namespace that this thread is in, for as long as it lives. */
function placeOf(label: string, name: string | undefined): Place {
  const nothing = (): void => undefined;
  return {
    label,
    name,
    entryFd: () => -1,
    acquire: () => nothing,
    own: () => nothing,
    serve: nothing,
    account: nothing,
    rename: nothing,
    explain: (thrown) => thrown,
  };
}

/** All addresses of a name, in the order in which dns.lookup() would give them, as the options say. */
async function ordered(dns: Dns, place: Place, hostname: string, options: LookupOptions): Promise<LookupAddress[]> {
  const family = familyOf(options.family);
  const { ADDRCONFIG, V4MAPPED } = dns;
  const hints = options.hints ?? 0;
  let answers = await addressesOf(place, hostname, family === 6 && (hints & V4MAPPED) !== 0 ? 0 : family, new Ending());
  if (family === 6) {
    const real = answers.filter((each) => each.family === 6);
    answers = real.length > 0 ? real : answers.map(({ address }) => ({ address: `::ffff:${address}`, family: 6 }));
  }
  if ((hints & ADDRCONFIG) !== 0) {
    const usable = { 4: hasFamily('IPv4'), 6: hasFamily('IPv6') };
    const useful = answers.filter((each) => usable[each.family]);
    // Where nothing is configured, or nothing else is known, what there is is tried.
    if (useful.length > 0) answers = useful;
  }
  const order = options.order ?? (options.verbatim === false ? 'ipv4first' : dns.getDefaultResultOrder());
  // The kernel's order (RFC 6724) prefers IPv6 where there is any.
  const first = order === 'ipv6first' || (order === 'verbatim' && hasFamily('IPv6')) ? 6 : 4;
  return [...answers.filter((each) => each.family === first), ...answers.filter((each) => each.family !== first)];
}

type Callback = (error: Error | null, address?: string | readonly LookupAddress[], family?: number) => void;

/**
 * Replaces dns.lookup() and dns.promises.lookup() of this thread, which has entered its namespace, and points dns.resolve() to its servers.
 *
 * @param label String(namespace), for errors.
 * @param name name of the namespace, whose files of /etc/netns are used; undefined for one without.
 */
export function lookInside(label: string, name: string | undefined): void {
  // Not imported: it reads /etc/resolv.conf when it is loaded.
  const dns = createRequire(import.meta.url)('node:dns') as Dns;
  const place = placeOf(label, name);
  const original = dns.lookup;

  const withOptions = async (hostname: string, given: unknown): Promise<{ readonly answers: LookupAddress[]; readonly all: boolean }> => {
    const options = (typeof given === 'number' ? { family: given } : (given ?? {})) as LookupOptions;
    return { answers: await ordered(dns, place, hostname, options), all: options.all === true };
  };
  const lookup = (hostname: string, given: unknown, last?: unknown): unknown => {
    const options = typeof given === 'function' ? undefined : given;
    const callback = (typeof given === 'function' ? given : last) as Callback;
    // Wrong arguments, and no name at all, get Node's own answers, which ask nobody.
    if (typeof hostname !== 'string' || hostname === '' || typeof callback !== 'function')
      return Reflect.apply(original, dns, [hostname, given, last].slice(0, last === undefined ? 2 : 3)) as unknown;
    withOptions(hostname, options).then(
      ({ answers, all }) => {
        const [first] = answers;
        process.nextTick(() => (all ? callback(null, answers) : callback(null, first?.address, first?.family)));
      },
      (error: unknown) => process.nextTick(() => callback(error as Error)),
    );
    return {};
  };
  const lookupPromise = async (hostname: string, given: unknown): Promise<unknown> => {
    if (typeof hostname !== 'string' || hostname === '') return originalPromise(hostname, given as never);
    const { answers, all } = await withOptions(hostname, given);
    return all ? answers : answers[0];
  };
  const originalPromise = dns.promises.lookup.bind(dns.promises) as (hostname: string, options: never) => Promise<unknown>;
  Object.defineProperty(lookup, promisify.custom, { value: lookupPromise });
  Reflect.set(dns, 'lookup', lookup);
  Reflect.set(dns.promises, 'lookup', lookupPromise);
  const settings =
    name === undefined
      ? undefined
      : firstFile(etcPaths('resolv.conf', name), { operation: 'read the servers of a task', namespace: label });
  if (settings !== undefined) dns.setServers(parseResolvConf(settings.text).servers);
  syncBuiltinESMExports();
}
