import { Namespace } from '../../lib/namespace.js';
import type { RouteClient } from '../../lib/netlink/route.js';
import { addressLabels, addresses, addressScene, labelScene } from '../support/oracle/addresses.js';
import { build, expectAgreement, outcomeOf, printedBy, testParts, type Staged } from '../support/oracle/agreement.js';
import { linksOfAddresses } from '../support/oracle/links.js';
import { isPlain, type Plain } from '../support/oracle/table.js';
import { limit } from '../support/time.js';

/** The addresses of `ip address`, each with its link: iproute2 puts them under links, the kernel lists them by family. */
function flat(links: readonly Plain[]): Plain[] {
  const all = links.flatMap((link) =>
    (Array.isArray(link['addr_info']) ? link['addr_info'] : [])
      .filter(isPlain)
      .map((address) => ({ ifindex: link['ifindex'], ...address })),
  );
  return all.sort(byKey(({ ifindex, family, local, prefixlen, address }) => [ifindex, family, local, prefixlen, address]));
}

function byKey(keyOf: (value: Plain) => readonly unknown[]): (one: Plain, other: Plain) => number {
  return (one, other) => JSON.stringify(keyOf(one)).localeCompare(JSON.stringify(keyOf(other)));
}

describe('Addresses as iproute2 shows them', function () {
  this.timeout(limit(30_000));
  let namespace: Namespace;
  let route: RouteClient<Namespace>;
  const staged: Staged = { missing: new Map(), outcome: new Map() };

  before(async () => {
    namespace = await Namespace.create({ loopback: true });
    route = await namespace.route({ thread: 'caller' });
    staged.missing = build(namespace, addressScene);
    staged.outcome = await outcomeOf(
      addresses,
      {
        printed: () => flat(printedBy(namespace, 'ip', '-details address show')),
        listed: async () => {
          const family = (value: unknown): unknown => (value === 'ipv4' ? 'inet' : 'inet6');
          const split = (value: unknown): readonly string[] => (typeof value === 'string' ? value.split('/') : []);
          const keyOf = (one: Plain): readonly unknown[] => {
            const [local, length] = split(one['address']);
            return [one['link'], family(one['family']), local, Number(length), split(one['peer'])[0]];
          };
          return (await route.addresses.list()).map((one) => one as unknown as Plain).sort(byKey(keyOf));
        },
        label: (address) => String(address['local']),
      },
      route,
    );
  });
  after(() => namespace.close());

  testParts(addressScene, () => staged);

  it('all of them agree, key by key and field by field', () => {
    expectAgreement(staged.outcome);
  });

  it('links are the same in ip address', async () => {
    const outcome = await outcomeOf(
      linksOfAddresses,
      {
        printed: () => printedBy(namespace, 'ip', '-details address show'),
        listed: () => route.links.list(),
        label: (link) => String(link['ifname']),
      },
      route,
    );
    expectAgreement(outcome);
  });
});

describe('Address labels as iproute2 shows them', function () {
  this.timeout(limit(30_000));
  let namespace: Namespace;
  let route: RouteClient<Namespace>;
  const staged: Staged = { missing: new Map(), outcome: new Map() };

  before(async () => {
    namespace = await Namespace.create({ loopback: true });
    route = await namespace.route({ thread: 'caller' });
    staged.missing = build(namespace, labelScene);
    staged.outcome = await outcomeOf(
      addressLabels,
      {
        printed: () => printedBy(namespace, 'ip', '-details addrlabel list'),
        listed: () => route.addressLabels.list(),
        label: (label) => String(label['address']),
      },
      route,
    );
  });
  after(() => namespace.close());

  testParts(labelScene, () => staged);

  it('all of them agree, those of the kernel as well', () => {
    expectAgreement(staged.outcome);
  });
});
