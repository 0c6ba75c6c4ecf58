import { expect } from 'chai';
import { Namespace } from '../../lib/namespace.js';
import { ip, uniqueName } from '../support/namespaces.js';
import { describeAgreement, expectAgreement, outcomeOf, printedBy } from '../support/oracle/agreement.js';
import {
  namespaceIds,
  neighbourTables,
  netconf,
  netconfScene,
  tableScene,
  tokens,
  tokenScene,
  tokensOf,
} from '../support/oracle/settings.js';
import { byLink, statistics, statisticsScene } from '../support/oracle/statistics.js';
import { limit } from '../support/time.js';

describeAgreement('Settings of forwarding as iproute2 shows them', {
  table: netconf,
  scene: netconfScene,
  ways: (namespace, route) => ({
    printed: () => printedBy(namespace, 'ip', 'netconf'),
    listed: () => route.netconf.list(),
    label: (one) => `${String(one['interface'])} ${String(one['family'])}`,
  }),
});

describeAgreement('Neighbour tables as iproute2 shows them', {
  table: neighbourTables,
  scene: tableScene,
  ways: (namespace, route) => ({
    printed: () => printedBy(namespace, 'ip', '-statistics ntable show'),
    listed: () => route.neighbourTables.list(),
    label: (one) => `${String(one['name'])} ${String(one['dev'])}`,
  }),
});

describeAgreement('Tokens as iproute2 shows them', {
  table: tokens,
  scene: tokenScene,
  ways: (namespace, route) => ({
    printed: () => printedBy(namespace, 'ip', 'token list'),
    listed: async () => tokensOf(await route.links.list()),
    label: (one) => String(one['ifname']),
  }),
});

describeAgreement('Statistics as iproute2 shows them', {
  table: statistics,
  scene: statisticsScene,
  ways: (namespace, route) => ({
    printed: () => byLink(printedBy(namespace, 'ip', '-statistics -statistics stats show')),
    listed: () => route.statistics.list({ filter: ['link64', 'extended', 'port-extended', 'offload', 'families'] }),
    label: (one) => String(one['ifindex']),
  }),
});

describe('Namespace ids as iproute2 shows them', function () {
  this.timeout(limit(60_000));

  it('numbers that iproute2 gave, and those that the kernel gave, agree', async () => {
    const names = [uniqueName(), uniqueName(), uniqueName()] as const;
    const namespace = await Namespace.create();
    const others = await Promise.all(names.map((name) => Namespace.create(name, { temporary: true })));
    try {
      const route = await namespace.route({ thread: 'caller' });
      ip(namespace, `netns set ${names[0]} 7`);
      ip(namespace, `netns set ${names[1]} 2147483647`);
      // A link there makes the kernel choose a number.
      ip(namespace, `link add v0 type veth peer name v1 netns ${names[2]}`);
      const outcome = await outcomeOf(
        namespaceIds,
        {
          printed: () => printedBy(namespace, 'ip', 'netns list-id'),
          listed: () => route.namespaceIds.list(),
          label: (one) => String(one['nsid']),
        },
        route,
      );
      expect([...outcome.keys()]).to.include.members(['7', '2147483647', '0']);
      expectAgreement(outcome);
    } finally {
      await Promise.all([...others, namespace].map((one) => one.close()));
    }
  });

  it('numbers are told in the terms of another namespace', async () => {
    const names = [uniqueName(), uniqueName()] as const;
    const namespace = await Namespace.create();
    const others = await Promise.all(names.map((name) => Namespace.create(name, { temporary: true })));
    try {
      const route = await namespace.route({ thread: 'caller' });
      ip(namespace, `netns set ${names[0]} 7`);
      ip(namespace, `netns set ${names[1]} 8`);
      const [other] = others;
      if (other === undefined) throw new Error('there is another namespace');
      ip(other, `netns set ${names[1]} 33`);
      const outcome = await outcomeOf(
        namespaceIds,
        {
          printed: () => printedBy(namespace, 'ip', 'netns list-id target-nsid 7'),
          listed: () => route.namespaceIds.list({ targetId: 7 }),
          label: (one) => String(one['nsid']),
        },
        route,
      );
      expect([...outcome.keys()]).to.include('33');
      expectAgreement(outcome);
    } finally {
      await Promise.all([...others, namespace].map((one) => one.close()));
    }
  });
});
