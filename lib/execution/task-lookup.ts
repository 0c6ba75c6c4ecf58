import { createRequire, syncBuiltinESMExports } from 'node:module';
import { isIP, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { promisify } from 'node:util';
import { candidates, etcPaths, firstFile, parseHosts, parseResolvConf, type ResolverSettings } from './resolver-files.js';

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

export interface Found {
  readonly address: string;
  readonly family: 4 | 6;
}

/** The errors with which a server says, or we conclude, that there is no such name. */
const absent = new Set(['ENOTFOUND', 'ENODATA', 'NOTFOUND', 'NODATA', 'EBADNAME']);

function lookupError(code: string, hostname: string, more = ''): Error {
  return Object.assign(new Error(`getaddrinfo ${code} ${hostname}${more}`), { code, syscall: 'getaddrinfo', hostname });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

function found(address: string): Found {
  return { address, family: isIPv6(address) ? 6 : 4 };
}

/** Whether the namespace has an address of the family, other than those that every device has (RFC 3493, AI_ADDRCONFIG). */
function hasFamily(family: 'IPv4' | 'IPv6'): boolean {
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some((each) => each.family === family && !/^(127\.|::1$|fe80:)/.test(each.address)),
  );
}

/** Asks the servers of a namespace from the thread that it is called on. */
export class Lookup {
  readonly #dns: Dns;
  /** Name of the namespace where /etc is the machine's; undefined where the thread has its own mounts. */
  readonly #name: string | undefined;
  #resolver: { readonly key: string; readonly resolver: InstanceType<Dns['promises']['Resolver']> } | undefined;

  constructor(dns: Dns, name: string | undefined) {
    this.#dns = dns;
    this.#name = name;
  }

  /** As the files are now. */
  settings(): ResolverSettings & { readonly path: string | undefined } {
    const file = firstFile(etcPaths('resolv.conf', this.#name));
    return { ...parseResolvConf(file?.text ?? ''), path: file?.path };
  }

  /** All addresses of a family, or of both for 0. Rejects with ENOTFOUND, or EAI_AGAIN where no server answered. */
  async all(hostname: string, family: 0 | 4 | 6): Promise<Found[]> {
    const wanted = (each: Found): boolean => family === 0 || each.family === family;
    if (isIP(hostname) !== 0) return [found(hostname)];
    const hosts = parseHosts(firstFile(etcPaths('hosts', this.#name))?.text ?? '').get(hostname.toLowerCase().replace(/\.$/, ''));
    const listed = (hosts ?? (/(^|\.)localhost\.?$/i.test(hostname) ? ['::1', '127.0.0.1'] : [])).map(found).filter(wanted);
    if (listed.length > 0) return listed;
    const settings = this.settings();
    let failure: unknown;
    for (const candidate of candidates(hostname, settings)) {
      try {
        const answers = await this.#ask(settings, candidate, family);
        if (answers.length > 0) return answers;
      } catch (error) {
        failure ??= error;
        // Who does not answer for one name does not for the next.
        if (['ETIMEOUT', 'ECONNREFUSED'].includes(codeOf(error))) break;
      }
    }
    if (failure === undefined) throw lookupError('ENOTFOUND', hostname);
    throw lookupError('EAI_AGAIN', hostname, this.#unanswered(failure, settings));
  }

  #unanswered(failure: unknown, { servers, path }: { readonly servers: readonly string[]; readonly path: string | undefined }): string {
    const file = path ?? 'no /etc/resolv.conf';
    const loopback = servers.every((server) => server.startsWith('127.') || server === '::1');
    const hint = loopback ? '; it is a server of the machine, which nobody is inside: name others in /etc/netns/NAME/resolv.conf' : '';
    return `: inside the namespace ${servers.join(', ')} (${file}) gave no answer: ${codeOf(failure)}${hint}`;
  }

  /** Answers for one full name; none for a name that does not exist. Rejects where no server could be asked. */
  async #ask(settings: ResolverSettings, name: string, family: 0 | 4 | 6): Promise<Found[]> {
    const resolver = this.#resolverOf(settings);
    const asked = await Promise.allSettled([family === 6 ? [] : resolver.resolve4(name), family === 4 ? [] : resolver.resolve6(name)]);
    const answers = asked.flatMap((each) => (each.status === 'fulfilled' ? each.value.map(found) : []));
    if (answers.length > 0) return answers;
    for (const each of asked) if (each.status === 'rejected' && !absent.has(codeOf(each.reason))) throw each.reason;
    return [];
  }

  #resolverOf({ servers, timeout, attempts }: ResolverSettings): InstanceType<Dns['promises']['Resolver']> {
    const key = JSON.stringify([servers, timeout, attempts]);
    if (this.#resolver?.key === key) return this.#resolver.resolver;
    const resolver = new this.#dns.promises.Resolver({ timeout, tries: attempts });
    resolver.setServers([...servers]);
    this.#resolver = { key, resolver };
    return resolver;
  }

  /** In the order that dns.lookup() would give them, as the options say. */
  async ordered(hostname: string, options: LookupOptions): Promise<Found[]> {
    const family = familyOf(options.family);
    const { ADDRCONFIG, V4MAPPED } = this.#dns;
    const hints = options.hints ?? 0;
    let answers = await this.all(hostname, family === 6 && (hints & V4MAPPED) !== 0 ? 0 : family);
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
    const order = options.order ?? (options.verbatim === false ? 'ipv4first' : this.#dns.getDefaultResultOrder());
    // The kernel's order (RFC 6724) prefers IPv6 where there is any.
    const first = order === 'ipv6first' || (order === 'verbatim' && hasFamily('IPv6')) ? 6 : 4;
    return [...answers.filter((each) => each.family === first), ...answers.filter((each) => each.family !== first)];
  }
}

function familyOf(family: LookupOptions['family']): 0 | 4 | 6 {
  if (family === 4 || family === 'IPv4') return 4;
  if (family === 6 || family === 'IPv6') return 6;
  return 0;
}

type Callback = (error: Error | null, address?: string | readonly Found[], family?: number) => void;

/**
 * Replaces dns.lookup() and dns.promises.lookup() of this thread, which has entered its namespace, and points dns.resolve() to its servers.
 *
 * @param name name of the namespace, whose files of /etc/netns are to be used; undefined where the thread sees them as /etc.
 */
export function lookInside(name: string | undefined): void {
  // Not imported: it reads /etc/resolv.conf when it is loaded.
  const dns = createRequire(import.meta.url)('node:dns') as Dns;
  const inside = new Lookup(dns, name);
  const original = dns.lookup;

  const withOptions = async (hostname: string, given: unknown): Promise<{ readonly answers: Found[]; readonly all: boolean }> => {
    const options = (typeof given === 'number' ? { family: given } : (given ?? {})) as LookupOptions;
    return { answers: await inside.ordered(hostname, options), all: options.all === true };
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
  if (name !== undefined) dns.setServers(inside.settings().servers);
  syncBuiltinESMExports();
}
