// A raw subscription: the messages of multicast groups as the kernel sends them, through the namespace's lane.
// Prints:
//   message 16 through group 1, … bytes, of link 2
import { Namespace } from 'netlane';
import { deserializeIfInfomsg, RTM_NEWLINK, RTNLGRP_LINK } from 'netlane/nl';

const blue = await Namespace.create();
try {
  const events = await blue.netlink('route', { groups: [RTNLGRP_LINK] });
  const route = await blue.route();
  await route.links.add({ name: 'v0', kind: 'veth', peer: { name: 'v1', index: 2 } });

  for await (const message of events.messages()) {
    // Type 4 stands where the kernel dropped messages because nobody read them in time.
    if (message.type === 4) throw new Error('some messages were lost: list everything again');
    const { index } = deserializeIfInfomsg(message.body);
    if (message.type !== RTM_NEWLINK || index !== 2) continue;
    console.log(`message ${message.type} through group ${message.group}, ${message.body.length} bytes, of link ${index}`);
    break;
  }
} finally {
  await blue.close();
}
