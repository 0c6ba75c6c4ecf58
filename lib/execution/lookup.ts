import { domainToASCII } from 'node:url';
import { checkMilliseconds, checkRules, isObject, type OptionRule } from '../arguments.js';
import { invalidArgument, LookupError, NetlaneError } from '../errors.js';
import type { RecordKind, Reply } from './dns-message.js';
import { untilEnded, type Ending } from './ending.js';
import { readFileInside } from './files.js';
import type { Place } from './place.js';
import { candidates, etcPaths, firstFile, parseHosts, parseResolvConf, type ResolverSettings } from './resolver-files.js';
import { ipVersion, type LookupAddress } from './socket-address.js';
import * as dnsClient from './dns-client.js';

/** Options of Namespace.lookup(), as dns.lookup() has them. */
export interface LookupOptions {
  /** Only addresses of this version: 4 or 6; 0, the default, for both. */
  readonly family?: 0 | 4 | 6 | undefined;
  /** Whether to give all addresses instead of the first. Default false. */
  readonly all?: boolean | undefined;
  /** Which come first. Default 'ipv6first'. */
  readonly order?: 'ipv4first' | 'ipv6first' | undefined;
  /** Milliseconds for all of it; then NETLANE_TIMEOUT. Default: 0, as long as resolv.conf's options say. */
  readonly timeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const rules: Readonly<Record<keyof LookupOptions, OptionRule>> = {
  family: 'any',
  all: 'boolean',
  order: ['ipv4first', 'ipv6first'],
  timeout: 'any',
  signal: 'signal',
};

/** Whether it can be asked for at all: labels of 1 to 63 bytes, 253 in all (RFC 1035). */
function isName(name: string): boolean {
  return name.length <= 253 && name.split('.').every((label) => label !== '' && label.length <= 63);
}

/** What no name has, and domainToASCII() would take for the end of one (as URLs have it) or decode. */
// eslint-disable-next-line no-control-regex
const outsideOfNames = /[\0-\x20"#%/:<>?@[\\\]^`{|}\x7f]/;

/** What inet_aton(3) takes for an address, as getaddrinfo(3) does: '127.1', '0x7f000001', '2130706433', octal behind a zero. */
const olderAddress = /^(?:0x[\da-f]+|\d+)(?:\.(?:0x[\da-f]+|\d+)){0,3}$/i;

/** As it is asked for: in ASCII (IDNA), lower case, without the dot at its end; undefined for what is no name. An older form of an address becomes one. */
function asciiOf(host: string): string | undefined {
  if (outsideOfNames.test(host)) return undefined;
  const ascii = domainToASCII(host.replace(/\.$/, ''));
  if (!isName(ascii) || (ipVersion(ascii) === 4 && !olderAddress.test(host))) return undefined;
  return ascii;
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

/** What the kernel says at once where no program of this namespace serves a loopback address, or its loopback is down. */
const unserved = new Set(['ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL', 'EINVAL', 'ENETDOWN']);

interface Settings extends ResolverSettings {
  /** Where they were read; undefined where there is no such file. */
  readonly path: string | undefined;
}

/** Read for each lookup: the files are small, and may change. */
function settingsOf(place: Place, operation: string): Settings {
  const file = firstFile(etcPaths('resolv.conf', place.name), { operation, namespace: place.label });
  return { ...parseResolvConf(file?.text ?? ''), path: file?.path };
}

/** What the hosts file has for a name. */
function listedAddresses(place: Place, name: string, operation: string): LookupAddress[] {
  const file = firstFile(etcPaths('hosts', place.name), { operation, namespace: place.label });
  const listed = parseHosts(file?.text ?? '').get(name) ?? [];
  return listed.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
}

/** A loopback that was up once still takes what is sent, and drops it. */
async function isLoopbackDown(place: Place): Promise<boolean> {
  try {
    return (Number(await readFileInside(place, '/sys/class/net/lo/flags', undefined)) & 1) === 0;
  } catch {
    // Without rights over mounts it cannot be read. The server's silence is told then.
    return false;
  }
}

let rotation = 0;

/** One lookup: which servers are still worth asking, and what they said. */
class Query {
  readonly #place: Place;
  readonly #host: string;
  readonly #settings: Settings;
  readonly #ending: Ending;
  readonly #skipped = new Set<string>();
  readonly #servers: readonly string[];

  constructor(place: Place, host: string, settings: Settings, ending: Ending) {
    this.#place = place;
    this.#host = host;
    this.#settings = settings;
    this.#ending = ending;
    const { servers } = settings;
    const first = settings.rotate ? rotation++ % servers.length : 0;
    this.#servers = [...servers.slice(first), ...servers.slice(0, first)];
  }

  /** The addresses of the first candidate that has any. */
  async run(kinds: readonly RecordKind[]): Promise<LookupAddress[]> {
    // The failure to hear of a name, and of one address family of a name that exists. The others answer for the first, as in getaddrinfo(3).
    let failure: Error | undefined;
    let halfFailure: Error | undefined;
    let exists = false;
    for (const name of candidates(this.#host, this.#settings).filter(isName)) {
      const replies = await Promise.allSettled(kinds.map((kind) => this.#ask(name, kind)));
      this.#ending.assertGoing();
      const answers = replies.flatMap((reply) => (reply.status === 'fulfilled' ? [reply.value] : []));
      const refusal = replies.find((reply) => reply.status === 'rejected')?.reason as Error | undefined;
      const found = answers.flatMap(({ addresses }) => addresses);
      // One version is enough to go on with, should the server have no answer about the other.
      if (found.length > 0) return found;
      if (refusal instanceof NetlaneError) throw refusal;
      const isThere = answers.some(({ rcode }) => rcode === 'NOERROR');
      if (refusal === undefined) exists ||= isThere;
      else if (isThere) halfFailure ??= refusal;
      else failure ??= refusal;
    }
    if (halfFailure !== undefined) throw halfFailure;
    if (failure !== undefined && !exists) throw failure;
    const [kind] = kinds;
    const version = kinds.length === 2 ? 'IP' : kind === 'A' ? 'IPv4' : 'IPv6';
    throw this.#error('ENOTFOUND', exists ? `the name has no ${version} address` : 'there is no such name');
  }

  /** The answer of the first server that has one, whether it is yes or no. */
  async #ask(name: string, kind: RecordKind): Promise<Reply> {
    const { ask, NoAnswer } = dnsClient;
    const { timeout, attempts, tcp } = this.#settings;
    let last: { readonly server: string; readonly code: string; readonly truncated?: boolean } | undefined;
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      for (const server of this.#servers) {
        if (this.#skipped.has(server)) continue;
        this.#ending.assertGoing();
        try {
          const exchange = { place: this.#place, server, question: { name, kind }, timeout, ending: this.#ending };
          const reply = await ask(exchange, tcp);
          if (reply.rcode === 'NOERROR' || reply.rcode === 'NXDOMAIN') return reply;
          last = { server, code: `E${reply.rcode}` };
        } catch (error) {
          if (!(error instanceof NoAnswer)) throw error;
          // Another namespace's loopback is not this one's: the host's resolver (127.0.0.53, say) is out of reach from here.
          const { code, truncated } = error;
          if (!truncated && isLoopback(server) && (unserved.has(code) || (await isLoopbackDown(this.#place)))) this.#skipped.add(server);
          else last = { server, code, truncated };
        }
      }
    }
    if (last === undefined) throw this.#noResolver();
    const before = last.truncated === true ? 'has an answer that does not fit a datagram, and by TCP ' : '';
    throw this.#error(last.code, `${last.server} ${before}${describe(last.code)}`);
  }

  #noResolver(): NetlaneError {
    const { path, servers } = this.#settings;
    const own =
      this.#place.name === undefined
        ? 'give it a name, and /etc/netns/NAME/resolv.conf'
        : `write /etc/netns/${this.#place.name}/resolv.conf`;
    const where = path === undefined ? 'there is no resolv.conf, and so' : `${path} names`;
    return new NetlaneError('NETLANE_NO_RESOLVER', `${where} ${servers.join(', ')}, where nobody serves inside this namespace`, {
      operation: `look up ${this.#host}`,
      namespace: this.#place.label,
      hint: `${own} with a nameserver that it can reach, or start one inside`,
      details: { servers, path },
    });
  }

  #error(code: string, reason: string): LookupError {
    return new LookupError(code, this.#host, reason, { operation: `look up ${this.#host}`, namespace: this.#place.label });
  }
}

function describe(code: string): string {
  switch (code) {
    case 'ETIMEOUT':
      return 'did not answer in time';
    case 'ESERVFAIL':
      return 'could not find out';
    case 'EREFUSED':
      return 'refused to answer';
    default:
      return `could not be asked (${code})`;
  }
}

/** All addresses of a name or of a literal, in the order that they were found; at least one. */
export async function addressesOf(place: Place, host: string, family: 0 | 4 | 6, ending: Ending): Promise<LookupAddress[]> {
  const version = ipVersion(host);
  const operation = `look up ${host}`;
  if (version !== 0) {
    if (family === 0 || family === version) return [{ address: host, family: version }];
    throw new LookupError('ENOTFOUND', host, `it is an IPv${version} address, and one of IPv${family} was asked for`, {
      operation,
      namespace: place.label,
    });
  }
  const ascii = asciiOf(host);
  const absolute = host.endsWith('.');
  if (ascii === undefined) throw new LookupError('ENOTFOUND', host, 'it is not a name', { operation, namespace: place.label });
  if (ipVersion(ascii) === 4) return addressesOf(place, ascii, family, ending);
  const wanted = (address: LookupAddress): boolean => family === 0 || address.family === family;
  const listed = listedAddresses(place, ascii, operation).filter(wanted);
  if (listed.length > 0) return listed;
  // RFC 6761: never asked for.
  if (ascii === 'localhost' || ascii.endsWith('.localhost')) {
    const loopback: LookupAddress[] = [
      { address: '127.0.0.1', family: 4 },
      { address: '::1', family: 6 },
    ];
    return loopback.filter(wanted);
  }
  if (ascii === 'invalid' || ascii.endsWith('.invalid'))
    throw new LookupError('ENOTFOUND', host, 'names below .invalid are never there', { operation, namespace: place.label });
  const kinds: RecordKind[] = family === 0 ? ['AAAA', 'A'] : [family === 4 ? 'A' : 'AAAA'];
  return new Query(place, absolute ? `${ascii}.` : ascii, settingsOf(place, operation), ending).run(kinds);
}

function checkHost(name: unknown): string {
  if (typeof name !== 'string' || name === '' || name.includes('\0')) throw invalidArgument('name', 'a name or an address', name);
  return name;
}

/** Namespace.lookup(). */
export async function lookupInside(place: Place, name: unknown, given: unknown): Promise<LookupAddress | LookupAddress[]> {
  const host = checkHost(name);
  const options = checkRules<LookupOptions>('options', given, rules);
  const { family = 0, all = false, order = 'ipv6first', signal } = options;
  if (family !== 0 && family !== 4 && family !== 6) throw invalidArgument('options.family', '0, 4 or 6', family);
  const timeout = checkMilliseconds('options.timeout', options.timeout ?? 0);
  const context = { operation: `look up ${host}`, namespace: place.label };
  const found = await untilEnded(place, context, { signal, timeout }, (ending) => addressesOf(place, host, family, ending));
  const first = order === 'ipv4first' ? 4 : 6;
  const sorted = [...found.filter((each) => each.family === first), ...found.filter((each) => each.family !== first)];
  if (all) return sorted;
  const [best] = sorted;
  if (best === undefined) throw new LookupError('ENOTFOUND', host, 'there is no such name', context);
  return best;
}

type Callback = (error: NodeJS.ErrnoException | null, address: string, family: number) => void;

/** A function with the shape of dns.lookup(), for the `lookup` options of Node's sockets; literals are answered at once. */
export function nodeLookup(place: Place): (host: string, options: unknown, callback: Callback) => void {
  return (host, options, callback) => {
    const asked = isObject(options) ? options : { family: options };
    const family = asked['family'] === 4 || asked['family'] === 6 ? asked['family'] : 0;
    const version = ipVersion(host);
    if (version !== 0 && asked['all'] !== true) {
      callback(null, host, version);
      return;
    }
    void lookUpFor(place, { host, family, all: asked['all'] === true }, callback);
  };
}

async function lookUpFor(
  place: Place,
  { host, family, all }: { readonly host: string; readonly family: 0 | 4 | 6; readonly all: boolean },
  callback: Callback,
): Promise<void> {
  let found;
  try {
    found = [await lookupInside(place, host, { family, all })].flat();
  } catch (error) {
    callback(error as NodeJS.ErrnoException, '', 0);
    return;
  }
  // With `all`, the array stands in the place of the address.
  if (all) callback(null, found as never, 0);
  else callback(null, found[0]?.address ?? '', found[0]?.family ?? 0);
}
