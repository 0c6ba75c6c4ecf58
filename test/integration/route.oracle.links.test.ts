import { Namespace } from '../../lib/namespace.js';
import type { RouteClient } from '../../lib/netlink/route.js';
import { build, expectAgreement, outcomeOf, printedBy, testParts, type Staged } from '../support/oracle/agreement.js';
import { linkScene } from '../support/oracle/link-scene.js';
import { links } from '../support/oracle/links.js';
import { limit } from '../support/time.js';

describe('Links as iproute2 shows them', function () {
  this.timeout(limit(30_000));
  let namespace: Namespace;
  let route: RouteClient<Namespace>;
  const staged: Staged = { missing: new Map(), outcome: new Map() };

  before(async () => {
    namespace = await Namespace.create({ loopback: true });
    route = await namespace.route({ thread: 'caller' });
    staged.missing = build(namespace, linkScene);
    staged.outcome = await outcomeOf(
      links,
      {
        printed: () => printedBy(namespace, 'ip', '-details -statistics -statistics link show'),
        listed: () => route.links.list(),
        label: (link) => String(link['ifname']),
      },
      route,
    );
  });
  after(() => namespace.close());

  testParts(linkScene, () => staged);

  it('all of them agree, key by key and field by field', () => {
    expectAgreement(staged.outcome);
  });
});
