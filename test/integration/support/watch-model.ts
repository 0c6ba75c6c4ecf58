import type { Namespace } from '../../../lib/namespace.js';
import type { RouteClient } from '../../../lib/netlink/route.js';
import type { Event } from '../../../lib/netlink/route/watch.js';
import { execInside } from '../../support/namespaces.js';

export type Plain = Readonly<Record<string, unknown>>;
type Client = RouteClient<Namespace>;

/** What tells objects apart; written down here once more, so that the library's keys are not tested with themselves. */
const keys: Readonly<Record<string, readonly string[]>> = {
  link: ['index', 'hairpin', 'alias', 'group', 'alternativeNames', 'forwardDelay', 'tsoMaxSize', 'up'],
  'bridge link': ['index', 'master', 'hairpin'],
  address: ['family', 'link', 'address', 'peer'],
  route: ['family', 'table', 'destination', 'type', 'metric', 'gateway', 'link'],
  rule: ['family', 'priority', 'table', 'source', 'mark'],
  neighbour: ['family', 'link', 'address'],
  nexthop: ['id'],
  'forwarding entry': ['link', 'address', 'vlan', 'remote', 'master'],
  'multicast group': ['bridge', 'port', 'group', 'vlan'],
  VNI: ['link', 'vni'],
  'network configuration': ['family', 'link', 'forwarding'],
  'namespace id': ['id'],
};

/** What a key has that may change, and is no part of who it is. */
const changing: Readonly<Record<string, readonly string[]>> = {
  link: ['hairpin', 'alias', 'group', 'alternativeNames', 'forwardDelay', 'tsoMaxSize', 'up'],
  'bridge link': ['hairpin', 'master'],
  'network configuration': ['forwarding'],
};

/** With a setting of ports that both links and bridge links have, and one of a bridge. */
function flattened(value: Plain): Plain {
  const port = value['port'] as { readonly hairpin?: boolean; readonly data?: { readonly hairpin?: boolean } } | undefined;
  const data = value['data'] as { readonly forwardDelay?: number } | undefined;
  return { ...value, hairpin: port?.data?.hairpin ?? port?.hairpin, forwardDelay: data?.forwardDelay };
}

export function keyOf(object: string, value: Plain): string {
  const [names, flat] = [keys[object] ?? [], flattened(value)];
  return `${object} ${JSON.stringify(names.map((name) => flat[name] ?? null))}`;
}

/** The key without what may change. */
function identityOf(object: string, value: Plain): string {
  const names = (keys[object] ?? []).filter((name) => changing[object]?.includes(name) !== true);
  return `${object} ${JSON.stringify(names.map((name) => value[name] ?? null))}`;
}

/** Entries that the kernel makes for itself and tells nobody of are no part of the model. */
function counts(object: string, value: Plain): boolean {
  if (object === 'neighbour') return value['state'] === 'permanent';
  // Multicast routing has rules of its own, which are not watched.
  if (object === 'rule') return value['family'] === 'ipv4' || value['family'] === 'ipv6';
  if (object !== 'forwarding entry') return true;
  return !(String(value['address']).startsWith('33:33') || String(value['address']).startsWith('01:00'));
}

/** What a consumer of the events holds to be there; throws when something is added twice. */
export function stateOf(events: readonly Event<Namespace>[], namespace: Namespace): Set<string> {
  const state = new Map<string, string>();
  for (const event of events) {
    if (!('value' in event) || event.namespace !== namespace) continue;
    const value = event.value as unknown as Plain;
    const identity = identityOf(event.object, value);
    if (event.action === 'removed' || !counts(event.object, value)) state.delete(identity);
    else {
      if (event.action === 'added' && state.has(identity)) throw new Error(`added twice: ${identity}`);
      state.set(identity, keyOf(event.object, value));
    }
  }
  return new Set(state.values());
}

/** What is there. */
export async function freshOf(route: Client): Promise<Set<string>> {
  const named = async (object: string, list: Promise<readonly object[]>): Promise<string[]> =>
    (await list).filter((value) => counts(object, value as Plain)).map((value) => keyOf(object, value as Plain));
  const networks = route.vniFilters
    .list()
    .then((all) =>
      all.flatMap(({ link, entries }) =>
        (entries ?? []).flatMap(({ first = 0, last = first }) =>
          Array.from({ length: last - first + 1 }, (_, at) => ({ link, vni: first + at })),
        ),
      ),
    );
  const lists = await Promise.all([
    named('link', route.links.list()),
    named('bridge link', route.bridgeLinks.list()),
    named('address', route.addresses.list()),
    named('route', route.routes.list()),
    named('rule', route.rules.list()),
    named('neighbour', route.neighbours.list()),
    named('nexthop', route.nexthops.list()),
    named('forwarding entry', route.fdb.list()),
    named('multicast group', route.multicast.list()),
    named('VNI', networks),
    named('network configuration', route.netconf.list()),
    named('namespace id', route.namespaceIds.list()),
  ]);
  return new Set(lists.flat());
}

/** What each namespace of the model starts with. */
export async function furnish(route: Client): Promise<void> {
  await route.links.add({ name: 'br', kind: 'bridge', up: true });
  await route.links.add({ name: 'v0', kind: 'veth', peer: { name: 'v1' }, master: 'br' });
  await route.links.set('v0', { up: true });
  await route.links.set('v1', { up: true });
  await route.links.add({ name: 'vx', kind: 'vxlan', data: { external: true, vniFilter: true }, up: true });
  await route.addresses.add({ link: 'v1', address: '10.0.0.1/24' });
  for (const name of ['d0', 'd1']) await route.links.add({ name, kind: 'ifb' });
  await route.links.add({ name: 'bd', kind: 'bridge' });
}

/** A change of one of the objects, chosen by numbers. What the kernel refuses is no change. */
export function changeOf(route: Client, namespace: Namespace, pick: (limit: number) => number): () => Promise<unknown> {
  const number = pick(30);
  const mac = `02:00:00:00:00:${number.toString(16).padStart(2, '0')}`;
  const entry = { bridge: 'br', port: 'v0', group: `239.1.1.${number}`, state: 'permanent' } as const;
  const net = `10.${100 + number}.0.0/16`;
  const choices: readonly (() => Promise<unknown>)[] = [
    () => route.links.set('v1', { mtu: 1300 + number }),
    () => route.links.set(pick(2) === 0 ? 'v1' : 'br', { up: pick(3) > 0 }),
    () => route.links.set('v0', { master: pick(3) > 0 ? 'br' : 0 }),
    () => route.bridgeLinks.set({ index: 'v0', port: { hairpin: pick(2) === 0 } }),
    // Of links that are down: the kernel tells nobody of these.
    () => route.links.set(pick(2) === 0 ? 'd0' : 'd1', { alias: `a${number}` }),
    () => route.links.set({ group: pick(2) }, { alias: `g${number}` }),
    () => route.links.set('d0', { group: pick(2), txQueueLength: 10 + number }),
    () =>
      pick(2) === 0
        ? route.links.addAlternativeNames('d1', [`n${number % 3}`])
        : route.links.deleteAlternativeNames('d1', [`n${number % 3}`]),
    () => route.links.set(`n${number % 3}`, { alias: `n${number}` }),
    () => route.links.set('bd', { kind: 'bridge', data: { forwardDelay: 300 + number } }),
    () => route.links.set(pick(2) === 0 ? 'd0' : 'bd', { up: pick(3) === 0 }),
    () => route.links.set('d0', { master: pick(2) === 0 ? 'bd' : 0 }),
    () => route.batch(({ links }) => ['one', 'two', 'three'].forEach((alias) => links.set('d0', { alias: `${alias}${number}` }))),
    () => route.links.ensure({ name: 'd1', alias: `e${number}` }),
    () => route.links.add({ name: `l${number}`, kind: 'ifb' }),
    () => route.links.delete(`l${number}`),
    () => route.addresses.add({ link: 'v1', address: `10.0.${number}.1/24` }),
    () => route.addresses.delete({ link: 'v1', address: `10.0.${number}.1/24` }),
    () => route.addresses.add({ link: 'br', address: `fd00:${number}::1/64`, flags: ['nodad'] }),
    () => route.routes.replace({ destination: net, link: 'v1' }),
    () => route.routes.delete({ destination: net }),
    () => route.routes.add({ destination: `fd01:${number}::/32`, link: 'v1' }),
    () => route.routes.delete({ destination: `fd01:${number}::/32`, link: 'v1' }),
    () => route.rules.add({ family: 'ipv4', priority: 100 + number, table: 100 }),
    () => route.rules.delete({ family: 'ipv4', priority: 100 + number, table: 100 }),
    () => route.neighbours.replace({ link: 'v1', address: `10.0.0.${2 + number}`, hardwareAddress: mac }),
    () => route.neighbours.delete({ link: 'v1', address: `10.0.0.${2 + number}` }),
    () => route.nexthops.replace({ id: 1 + number, link: 'v1', family: 'ipv4' }),
    () => route.nexthops.delete({ id: 1 + number }),
    () => route.fdb.add({ link: 'v0', address: mac, flags: ['master'], state: ['noarp'] }),
    () => route.fdb.delete({ link: 'v0', address: mac, flags: ['master'] }),
    () => route.multicast.add(entry),
    () => route.multicast.delete(entry),
    () => route.vniFilters.add({ link: 'vx', entries: [{ first: number * 10, last: number * 10 + pick(5) }] }),
    () => route.vniFilters.delete({ link: 'vx', entries: [{ first: number * 10 }] }),
    () =>
      Promise.resolve().then(() =>
        execInside(namespace, 'sysctl', ['-q', '-w', `net.ipv4.conf.${pick(2) === 0 ? 'v1' : 'all'}.forwarding=${pick(2)}`]),
      ),
  ];
  // Programs take their time: seldom.
  const choice = choices[pick(40) === 0 ? choices.length - 1 : pick(choices.length - 1)];
  return choice ?? ((): Promise<void> => Promise.resolve());
}
