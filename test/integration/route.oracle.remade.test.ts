import { expect } from 'chai';
import { NetlinkError } from '../../lib/errors.js';
import { Namespace } from '../../lib/namespace.js';
import type { RouteClient } from '../../lib/netlink/route.js';
import { skip } from '../support/skip.js';
import { printedBy } from '../support/oracle/agreement.js';
import { linkScene } from '../support/oracle/link-scene.js';
import { build } from '../support/oracle/scene.js';
import { isPlain, type Plain } from '../support/oracle/table.js';
import { limit } from '../support/time.js';

/*
 * What the library makes, ip shows as asked, with every option of every kind: links are made by iproute2 with all the options that it has,
 * listed by the library, deleted, and made again by the library from what it listed. Then iproute2 must show what it showed before.
 */

/** A pair would lose its other end, and tun devices are made through /dev/net/tun. */
const otherwise: ReadonlySet<unknown> = new Set(['veth', 'vxcan', 'tun']);

/** What does not outlive a link: its number, what it counts, what runs, and what has to do with its ports. */
const passing: ReadonlySet<string> = new Set([
  'ifindex',
  'operstate',
  'qdisc',
  'stats64',
  // Drawn anew for each tunnel.
  'permaddr',
  // Of a bridge without an address there is none, and then that of the address.
  'bridge_id',
  'root_id',
  // A bridge and the like have those of their ports.
  'tso_max_size',
  'tso_max_segs',
  'hello_timer',
  'tcn_timer',
  'topology_change_timer',
  'gc_timer',
  'topology_change',
  'topology_change_detected',
  'active_slave',
  'primary',
  'ad_info',
  'seq_nr',
]);

/** Flags that follow from the carrier. */
const carrier: ReadonlySet<unknown> = new Set(['NO-CARRIER', 'LOWER_UP', 'M-DOWN', 'DORMANT']);

/** Kernels that take the first byte of the channel's identifier for the switch that puts it into frames: nothing can be done about that. */
const refused: Readonly<Record<string, readonly string[]>> = { ms1: ['EINVAL'] };

function lasting(printed: Plain | undefined): unknown {
  const strip = (value: unknown): unknown =>
    isPlain(value)
      ? Object.fromEntries(
          Object.entries(value)
            .filter(([key]) => !passing.has(key))
            .map(([key, one]) => [key, strip(one)]),
        )
      : value;
  const { flags, ...others } = printed ?? {};
  const steady = Array.isArray(flags) ? flags.filter((flag) => !carrier.has(flag)) : [];
  return strip({ ...others, flags: steady });
}

describe('Links that are made again from what was listed', function () {
  this.timeout(limit(30_000));
  let namespace: Namespace;
  let route: RouteClient<Namespace>;
  let missing: ReadonlyMap<string, string>;
  const failures = new Map<string, Error>();
  const remade = new Set<string>();
  let shownBefore: ReadonlyMap<unknown, Plain>;
  let shownAfter: ReadonlyMap<unknown, Plain>;

  /** What ip shows of every link, by name. */
  function shown(): ReadonlyMap<unknown, Plain> {
    return new Map(printedBy(namespace, 'ip', '-details link show').map((link) => [link['ifname'], link]));
  }

  before(async () => {
    namespace = await Namespace.create({ loopback: true });
    route = await namespace.route({ thread: 'caller' });
    missing = build(namespace, linkScene);
    shownBefore = shown();
    const links = await route.links.list();
    const below = new Set(links.map(({ parent }) => parent));
    const made = linkScene.filter(({ name }) => !missing.has(name)).map(({ objects }) => objects);
    for (const link of links) {
      // With a link go those above it.
      if (otherwise.has(link.kind) || below.has(link.index) || !made.some((objects) => objects?.test(link.name) === true)) continue;
      remade.add(link.name);
      try {
        await route.links.delete(link);
        await route.links.add(link);
      } catch (error) {
        failures.set(link.name, error instanceof Error ? error : new Error(String(error)));
      }
    }
    shownAfter = shown();
  });
  after(() => namespace.close());

  for (const part of linkScene) {
    it(`${part.name}: iproute2 shows them as it did`, function () {
      if (missing.has(part.name)) skip(this, `not in this kernel: ${part.name}`);
      for (const name of remade) {
        if (part.objects?.test(name) !== true) continue;
        const failure = failures.get(name);
        if (failure instanceof NetlinkError && refused[name]?.includes(failure.code) === true) continue;
        if (failure !== undefined) throw failure;
        expect(lasting(shownAfter.get(name)), name).to.deep.equal(lasting(shownBefore.get(name)));
      }
    });
  }

  it('links of all these kinds were made', async () => {
    const kinds = new Set((await route.links.list()).filter(({ name }) => remade.has(name)).map(({ kind }) => kind));
    expect([...kinds]).to.include.members(['bridge', 'ifb', 'macvlan', 'macvtap', 'vxlan']);
  });
});
