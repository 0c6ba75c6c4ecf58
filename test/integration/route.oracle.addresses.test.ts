import { addressLabels, addresses, addressScene, labelScene } from '../support/oracle/addresses.js';
import { describeAgreement, printedBy } from '../support/oracle/agreement.js';
import { linksOfAddresses } from '../support/oracle/links.js';
import { isPlain, type Plain } from '../support/oracle/table.js';

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

/** The same key of an address that the library lists. */
function keyOf(address: Plain): readonly unknown[] {
  const split = (value: unknown): readonly string[] => (typeof value === 'string' ? value.split('/') : []);
  const [local, length] = split(address['address']);
  return [address['link'], address['family'] === 'ipv4' ? 'inet' : 'inet6', local, Number(length), split(address['peer'])[0]];
}

describeAgreement('Addresses as iproute2 shows them', {
  table: addresses,
  scene: addressScene,
  ways: (namespace, route) => ({
    printed: () => flat(printedBy(namespace, 'ip', '-details address show')),
    listed: async () => (await route.addresses.list()).map((one) => one as unknown as Plain).sort(byKey(keyOf)),
    label: (address) => String(address['local']),
  }),
});

describeAgreement('Links of addresses as iproute2 shows them', {
  table: linksOfAddresses,
  scene: addressScene.map(({ objects: _objects, ...part }) => part),
  ways: (namespace, route) => ({
    printed: () => printedBy(namespace, 'ip', '-details address show'),
    listed: () => route.links.list(),
    label: (link) => String(link['ifname']),
  }),
});

describeAgreement('Address labels as iproute2 shows them', {
  table: addressLabels,
  scene: labelScene,
  ways: (namespace, route) => ({
    printed: () => printedBy(namespace, 'ip', '-details addrlabel list'),
    listed: () => route.addressLabels.list(),
    label: (label) => String(label['address']),
  }),
});
