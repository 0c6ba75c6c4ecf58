// What goes on underneath, for tracing: three channels that cost nothing while nobody listens. NODE_DEBUG=netlane prints all of it.
// Prints:
//   lane of Namespace(…) started
//   request 18 in Namespace(…)
//   request 16 in Namespace(…)
//   event in Namespace(…)
//   lane of Namespace(…) ended
import { subscribe } from 'node:diagnostics_channel';
import { Namespace } from 'netlane';
import { RTNLGRP_LINK } from 'netlane/nl';

const lines = new Set();
subscribe('netlane:lane', ({ namespace, state }) => lines.add(`lane of ${namespace} ${state}`));
subscribe('netlane:request', ({ namespace, type }) => lines.add(`request ${type} in ${namespace}`));
subscribe('netlane:event', ({ namespace }) => lines.add(`event in ${namespace}`));

const blue = await Namespace.create();
try {
  const events = await blue.netlink('route', { groups: [RTNLGRP_LINK] });
  const route = await blue.route();
  await route.links.get('lo');
  await route.links.set('lo', { up: true });
  await events.messages().next();
} finally {
  await blue.close();
}
for (const line of lines) console.log(line);
