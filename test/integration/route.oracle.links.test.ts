import { describeAgreement, printedBy } from '../support/oracle/agreement.js';
import { linkScene } from '../support/oracle/link-scene.js';
import { links } from '../support/oracle/links.js';

describeAgreement('Links as iproute2 shows them', {
  table: links,
  scene: linkScene,
  ways: (namespace, route) => ({
    printed: () => printedBy(namespace, 'ip', '-details -statistics -statistics link show'),
    listed: () => route.links.list(),
    label: (link) => String(link['ifname']),
  }),
});
