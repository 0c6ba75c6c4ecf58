import type { Namespace } from '../../../lib/namespace.js';
import type { Batch, RouteClient } from '../../../lib/netlink/route.js';
import { MulticastRouter } from './multicast-router.js';

type Client = RouteClient<Namespace>;

/** Many entries of one type; some of them come and go in mid-dump, and the others must be listed once each. */
export interface Torn {
  /** The title in the table of the library. */
  readonly type: string;
  readonly what?: string;
  /** Takes long, and another is like it. */
  readonly long?: boolean;
  readonly fill: (route: Client, namespace: Namespace) => Promise<void>;
  /** One thing that each entry is known by. */
  readonly list: (route: Client) => Promise<readonly unknown[]>;
  readonly disturb: (route: Client) => Promise<void>;
  readonly needs?: (route: Client, namespace: Namespace) => Promise<void>;
  /** Ends what fill() started. */
  readonly end?: () => Promise<void>;
}

const many = 1500;

async function all(route: Client, put: (batch: Batch) => void): Promise<void> {
  for (const result of await route.batch(put)) if (!result.ok) throw result.error;
}

/** From a number on, in steps. */
function* numbers(step = 1, from = 1, to = many): Generator<number> {
  for (let number = from; number < to; number += step) yield number;
}

async function each<T>(values: Iterable<T>, act: (value: T) => Promise<unknown>): Promise<void> {
  await Promise.all([...values].map(act));
}

async function pair(route: Client): Promise<void> {
  await route.links.add({ name: 'v0', index: 100, kind: 'veth', peer: { name: 'v1' } });
  await route.links.set('v0', { up: true });
  await route.links.set('v1', { up: true });
}

/** A namespace has no labels of MPLS until it is told how many. */
const labels = ['net/mpls/platform_labels', '100000'] as const;

async function bridged(route: Client): Promise<void> {
  await route.links.add({ name: 'br', kind: 'bridge', up: true });
  await pair(route);
  await route.links.set('v0', { master: 'br' });
}

const link = 100;
const ipv4 = (number: number): string => `10.0.${number >> 8}.${number & 255}`;
const ipv6 = (number: number): string => `fd00::${number.toString(16)}`;
const mac = (number: number): string =>
  `02:00:00:00:${(number >> 8).toString(16).padStart(2, '0')}:${(number & 255).toString(16).padStart(2, '0')}`;
const group = (number: number): string => `239.1.${number >> 8}.${number & 255}`;

function addresses(address: (number: number) => string): Omit<Torn, 'type'> {
  return {
    async fill(route) {
      await pair(route);
      await all(route, (batch) => {
        for (const one of numbers()) batch.addresses.add({ link, address: address(one), flags: ['nodad'] });
      });
    },
    list: async (route) => (await route.addresses.list()).map((one) => one.address),
    disturb: (route) =>
      all(route, (batch) => {
        for (const one of numbers(9)) batch.addresses.delete({ link, address: address(one) });
      }),
  };
}

function routes(family: 'ipv4' | 'ipv6', address: (number: number) => string): Torn[] {
  const type = family === 'ipv4' ? 'routes of IPv4' : 'routes of IPv6';
  const list: Torn['list'] = async (route) =>
    (await route.routes.list({ family })).map((one) => `${one.destination ?? ''} ${one.metric ?? ''} ${one.table}`);
  const destination = family === 'ipv4' ? '10.0.0.0/8' : 'fd00::/16';
  return [
    {
      type,
      what: 'to many destinations',
      long: family === 'ipv4',
      async fill(route) {
        await pair(route);
        await all(route, (batch) => {
          for (const one of numbers()) batch.routes.add({ link, destination: address(one * 2) });
        });
      },
      list,
      async disturb(route) {
        await all(route, (batch) => {
          for (const one of numbers(9)) batch.routes.delete({ link, destination: address(one * 2) });
        });
        await all(route, (batch) => {
          for (const one of numbers(5)) batch.routes.add({ link, destination: address(one * 2 + 1) });
        });
      },
    },
    {
      type,
      what: 'to one destination',
      long: family === 'ipv6',
      async fill(route) {
        await pair(route);
        await all(route, (batch) => {
          for (const metric of numbers()) batch.routes.add({ link, destination, metric });
        });
      },
      list,
      disturb: (route) =>
        all(route, (batch) => {
          for (const metric of numbers(9)) batch.routes.delete({ link, destination, metric });
        }),
    },
    {
      type,
      what: 'in many tables',
      long: family === 'ipv6',
      async fill(route) {
        await pair(route);
        await all(route, (batch) => {
          for (const one of numbers()) batch.routes.add({ link, destination, table: 256 * one });
        });
      },
      list,
      disturb: (route) =>
        all(route, (batch) => {
          for (const one of numbers(9)) batch.routes.delete({ link, destination, table: 256 * one });
          for (const one of numbers(9)) batch.routes.add({ link, destination, table: 256 * (one + many) });
        }),
    },
  ];
}

function rules(family: 'ipv4' | 'ipv6'): Torn {
  return {
    type: 'rules',
    what: family,
    long: family === 'ipv6',
    fill: (route) =>
      all(route, (batch) => {
        for (const priority of numbers()) batch.rules.add({ family, priority, table: 100 });
      }),
    list: async (route) => (await route.rules.list({ family })).map((one) => one.priority ?? 0),
    disturb: (route) =>
      all(route, (batch) => {
        for (const priority of numbers(9)) batch.rules.delete({ family, priority, table: 100 });
      }),
  };
}

/** Links without anything, many of them; some go. */
function manyLinks(count: number, master?: string): Pick<Torn, 'fill' | 'disturb'> {
  return {
    async fill(route) {
      if (master !== undefined) await route.links.add({ name: master, kind: 'bridge' });
      await all(route, (batch) => {
        for (const one of numbers(1, 0, count)) batch.links.add({ name: `l${one}`, kind: 'ifb', txQueues: 1, rxQueues: 1, master });
      });
    },
    disturb: (route) =>
      all(route, (batch) => {
        for (const one of numbers(9, 0, count)) batch.links.delete(`l${one}`);
      }),
  };
}

/** The kernel takes multicast routes from a program that holds a socket for them. */
function multicastRoutes(version: 4 | 6): Torn {
  let router: MulticastRouter | undefined;
  const start = async (route: Client, namespace: Namespace, count: number): Promise<MulticastRouter> => {
    await pair(route);
    return MulticastRouter.start(namespace, version, [link, (await route.links.get('v1')).index], count);
  };
  return {
    type: 'multicast routes',
    what: version === 4 ? 'of IPv4' : 'of IPv6',
    needs: async (route, namespace) => (await start(route, namespace, 1))[Symbol.asyncDispose](),
    async fill(route, namespace) {
      router = await start(route, namespace, many);
    },
    list: async (route) => (await route.routes.list({ family: version === 4 ? 'ipmr' : 'ip6mr' })).map((one) => one.destination),
    disturb: async () => router?.takeSomeAway(),
    end: async () => router?.[Symbol.asyncDispose](),
  };
}

export const tornCases: readonly Torn[] = [
  { type: 'links', long: true, ...manyLinks(90), list: async (route) => (await route.links.list()).map((one) => one.name) },
  {
    type: 'links as bridges see them',
    ...manyLinks(150, 'br'),
    list: async (route) => (await route.bridgeLinks.list()).map((one) => one.name),
  },
  { type: 'addresses', what: 'of IPv4', long: true, ...addresses((one) => `${ipv4(one)}/32`) },
  { type: 'addresses', what: 'of IPv6', long: true, ...addresses((one) => `${ipv6(one)}/128`) },
  ...routes('ipv4', (one) => `${ipv4(one)}/32`),
  ...routes('ipv6', (one) => `${ipv6(one)}/128`),
  {
    type: 'routes of all families',
    async fill(route) {
      await pair(route);
      await all(route, (batch) => {
        for (const metric of numbers()) batch.routes.add({ link, destination: '10.0.0.0/8', metric });
        for (const metric of numbers()) batch.routes.add({ link, destination: 'fd00::/16', metric });
      });
    },
    list: async (route) => (await route.routes.list()).map((one) => `${one.destination ?? ''} ${one.metric ?? ''} ${one.table}`),
    disturb: (route) =>
      all(route, (batch) => {
        for (const metric of numbers(9)) batch.routes.delete({ link, destination: '10.0.0.0/8', metric });
        for (const metric of numbers(9)) batch.routes.delete({ link, destination: 'fd00::/16', metric });
      }),
  },
  {
    type: 'routes of MPLS',
    needs: async (route, namespace) => {
      await pair(route);
      await namespace.sysctl(...labels);
      await route.routes.add({ family: 'mpls', destination: '16', link });
    },
    async fill(route, namespace) {
      await pair(route);
      await namespace.sysctl(...labels);
      await all(route, (batch) => {
        for (const one of numbers()) batch.routes.add({ family: 'mpls', destination: `${15 + one}`, link });
      });
    },
    list: async (route) => (await route.routes.list({ family: 'mpls' })).map((one) => one.destination),
    disturb: (route) =>
      all(route, (batch) => {
        for (const one of numbers(9)) batch.routes.delete({ family: 'mpls', destination: `${15 + one}` });
      }),
  },
  multicastRoutes(4),
  multicastRoutes(6),
  rules('ipv4'),
  rules('ipv6'),
  {
    type: 'neighbours and proxies',
    what: 'neighbours',
    long: true,
    async fill(route) {
      await pair(route);
      await all(route, (batch) => {
        for (const one of numbers()) batch.neighbours.add({ link, address: ipv4(one), hardwareAddress: mac(one) });
      });
    },
    list: async (route) => (await route.neighbours.list()).map((one) => one.address),
    // The table of all namespaces grows, and everything in it is somewhere else.
    disturb: (route) =>
      all(route, (batch) => {
        for (const one of numbers(1, many, 4 * many)) batch.neighbours.replace({ link, address: ipv4(one), hardwareAddress: mac(one) });
        for (const one of numbers(9)) batch.neighbours.delete({ link, address: ipv4(one) });
      }),
  },
  {
    type: 'neighbours and proxies',
    what: 'proxies, which are told by nobody',
    async fill(route) {
      await pair(route);
      await each(numbers(), (one) => route.proxies.add({ link, address: ipv4(one) }));
    },
    list: async (route) => (await route.proxies.list()).map((one) => one.address),
    disturb: (route) => each(numbers(3), (one) => route.proxies.delete({ link, address: ipv4(one) })),
  },
  {
    type: 'forwarding entries',
    what: 'of a bridge',
    async fill(route) {
      await bridged(route);
      await all(route, (batch) => {
        for (const one of numbers()) batch.fdb.add({ link, address: mac(one), flags: ['master'], state: ['noarp'] });
      });
    },
    list: async (route) => (await route.fdb.list({ link })).filter((one) => one.master !== undefined).map((one) => one.address),
    disturb: (route) =>
      all(route, (batch) => {
        for (const one of numbers(9)) batch.fdb.delete({ link, address: mac(one), flags: ['master'] });
      }),
  },
  {
    type: 'forwarding entries',
    what: 'of a tunnel',
    long: true,
    async fill(route) {
      await route.links.add({ name: 'vx', index: link, kind: 'vxlan', data: { id: 42, port: 4789 }, up: true });
      await all(route, (batch) => {
        for (const one of numbers()) batch.fdb.add({ link, address: mac(one), remote: '10.0.0.1', flags: ['self'], state: ['permanent'] });
      });
    },
    list: async (route) => (await route.fdb.list({ link })).map((one) => one.address),
    disturb: (route) =>
      all(route, (batch) => {
        for (const one of numbers(9)) batch.fdb.delete({ link, address: mac(one), remote: '10.0.0.1', flags: ['self'] });
        for (const one of numbers(3)) {
          batch.fdb.add({ link, address: mac(many + one), remote: '10.0.0.1', flags: ['self'], state: ['permanent'] });
        }
      }),
  },
  {
    type: 'multicast entries of bridges',
    long: true,
    async fill(route) {
      await bridged(route);
      await each(numbers(), (one) => route.multicast.add({ bridge: 'br', port: link, group: group(one), state: 'permanent' }));
    },
    list: async (route) => (await route.multicast.list()).map((entry) => `${entry.group} ${entry.port}`),
    disturb: (route) =>
      each(numbers(9), (one) => route.multicast.delete({ bridge: 'br', port: link, group: group(one), state: 'permanent' })),
  },
  {
    type: 'VLANs of bridge ports',
    needs: (route) => route.links.add({ name: 'br', kind: 'bridge', data: { vlanFiltering: true } }),
    async fill(route) {
      await all(route, (batch) => {
        for (const one of numbers(1, 0, 40)) batch.links.add({ name: `b${one}`, kind: 'bridge', data: { vlanFiltering: true } });
      });
      for (const one of numbers(1, 0, 40)) {
        await each(numbers(2, 2, 120), (vlan) => route.bridgeVlans.add({ link: `b${one}`, vlans: [{ info: { vlan, flags: ['entry'] } }] }));
      }
    },
    list: async (route) =>
      (await route.bridgeVlans.list()).flatMap((one) => (one.vlans ?? []).map((vlan) => `${one.link} ${vlan.info?.vlan ?? 0}`)),
    disturb: (route) =>
      each(numbers(3, 0, 40), (one) =>
        each(numbers(6, 2, 120), (vlan) => route.bridgeVlans.delete({ link: `b${one}`, vlans: [{ info: { vlan, flags: ['entry'] } }] })),
      ),
  },
  {
    type: 'nexthops',
    long: true,
    async fill(route) {
      await pair(route);
      await all(route, (batch) => {
        for (const id of numbers()) batch.nexthops.add({ id, link, family: 'ipv4' });
      });
    },
    list: async (route) => (await route.nexthops.list()).map((one) => one.id),
    disturb: (route) =>
      all(route, (batch) => {
        for (const id of numbers(9)) batch.nexthops.delete({ id });
        for (const id of numbers(9)) batch.nexthops.add({ id: many + id, link, family: 'ipv4' });
      }),
  },
  {
    type: 'buckets of nexthop groups',
    long: true,
    async fill(route) {
      await pair(route);
      await route.nexthops.add({ id: 1, link, family: 'ipv4' });
      await all(route, (batch) => {
        for (const id of numbers(1, 10, 40))
          batch.nexthops.add({ id, group: [{ id: 1 }], groupType: 'resilient', resilient: { buckets: 64 } });
      });
    },
    list: async (route) => (await route.buckets.list()).map((one) => `${one.id} ${one.index ?? ''}`),
    disturb: (route) =>
      all(route, (batch) => {
        for (const id of numbers(5, 10, 40)) batch.nexthops.delete({ id });
      }),
  },
  {
    type: 'address labels',
    fill: (route) => each(numbers(), (label) => route.addressLabels.add({ prefix: `fd00:${label.toString(16)}::/32`, label })),
    list: async (route) => (await route.addressLabels.list()).map((one) => one.prefix),
    disturb: (route) => each(numbers(9), (label) => route.addressLabels.delete({ prefix: `fd00:${label.toString(16)}::/32`, label })),
  },
  {
    type: 'neighbour tables',
    ...manyLinks(200),
    list: async (route) => (await route.neighbourTables.list()).map((one) => `${one.name ?? ''} ${one.parameters?.link ?? ''}`),
  },
  {
    type: 'network configuration',
    long: true,
    ...manyLinks(500),
    list: async (route) => (await route.netconf.list()).map((one) => `${one.family} ${one.link ?? ''}`),
  },
  {
    type: 'statistics',
    ...manyLinks(250),
    list: async (route) => (await route.statistics.list({ filter: ['link64', 'extended', 'offload'] })).map((one) => one.link),
  },
  {
    type: 'VNI filters',
    needs: (route) => route.links.add({ name: 'vx', kind: 'vxlan', data: { external: true, vniFilter: true } }),
    async fill(route) {
      await route.links.add({ name: 'vx', index: link, kind: 'vxlan', data: { external: true, vniFilter: true } });
      await each(numbers(), (one) => route.vniFilters.add({ link, entries: [{ first: one * 2 }] }));
    },
    list: async (route) => (await route.vniFilters.list({ link })).flatMap((one) => (one.entries ?? []).map((entry) => entry.first)),
    disturb: (route) => each(numbers(9), (one) => route.vniFilters.delete({ link, entries: [{ first: one * 2 }] })),
  },
];
