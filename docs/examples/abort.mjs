// Every wait can be ended: by an AbortSignal, by a time-out, by close(). Each has a code of its own.
// Prints:
//   ABORT_ERR, because of TimeoutError
//   NETLANE_CLOSED
//   no request was harmed: 1 link
import { Namespace } from 'netlane';
import { RTNLGRP_LINK } from 'netlane/nl';

const blue = await Namespace.create();
try {
  const events = await blue.netlink('route', { groups: [RTNLGRP_LINK] });
  try {
    for await (const message of events.messages({ signal: AbortSignal.timeout(50) })) console.log(message.type);
  } catch (error) {
    console.log(`${error.code}, because of ${error.cause.name}`);
  }

  // The socket lives on after an abort; close() ends whoever still waits.
  const waiting = events.messages().next();
  const told = waiting.catch((error) => console.log(error.code));
  await events.close();
  await told;

  const route = await blue.route({ timeout: 1000 });
  console.log(`no request was harmed: ${(await route.links.list()).length} link`);
} finally {
  await blue.close();
}
