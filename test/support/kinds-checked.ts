import { linkScene } from './oracle/link-scene.js';

/*
 * How each kind of link is checked. Most are made by a kernel that the tests run on: this machine's, or the guest's. The others, and why
 * none makes them; docs/guides/links.md says the same to readers, and test/unit/schema.kinds.test.ts compares.
 */

/** Kinds that no kernel here makes; iproute2 knows them, and their requests are compared with its, byte for byte. */
export const comparedOnly: Readonly<Record<string, string>> = {
  amt: 'no module in the guest',
  bareudp: 'no module in the guest',
  can: 'of CAN controllers, which are hardware',
  dsa: 'of switch chips',
  hsr: 'no module in the guest',
  ipoib: 'of InfiniBand adapters',
  netdevsim: 'no module in the guest',
  netkit: 'Linux 6.7',
  pfcp: 'Linux 6.10',
  rmnet: 'of modems',
  virt_wifi: 'no module in the guest',
  wwan: 'of modems',
};

/** Kinds that iproute2 does not know either: by the kernel's headers, and by round trips. */
export const byHeadersOnly: Readonly<Record<string, string>> = {
  caif: 'of modems',
  lowpan: 'of IEEE 802.15.4 radios',
  openvswitch: 'made by Open vSwitch, and only reported here',
  ovpn: 'Linux 6.16',
  ppp: 'of descriptors of /dev/ppp, which a PPP program has',
};

/** Kinds that a scene for iproute2 makes. */
export const made: ReadonlySet<string> = new Set(
  linkScene.flatMap(({ name, ip = [] }) => [
    ...ip.flatMap((line) => /^(?:-\w+ )?link add .*?\btype (\w+)/.exec(line)?.[1] ?? []),
    ...(/^links of kind (\w+)$/.exec(name)?.slice(1) ?? []),
  ]),
);
