import diagnosticsChannel from 'node:diagnostics_channel';
import { debuglog, type DebugLogger } from 'node:util';

/** node:diagnostics_channel; nothing is computed for them while nobody listens. docs/architecture.md has the shapes of the messages. */
export const channels = {
  /** { namespace, protocol, type, bytes } of each request, as it is put into a chunk. */
  request: diagnosticsChannel.channel('netlane:request'),
  /** { namespace, protocol, ... } of each event, overrun and dropped datagram. */
  event: diagnosticsChannel.channel('netlane:event'),
  /** { namespace, state: 'started' | 'ended' | 'lost', ... } of each lane. */
  lane: diagnosticsChannel.channel('netlane:lane'),
} as const;

/** NODE_DEBUG=netlane: prints what is opened, asked and closed. */
export const debug: DebugLogger = debuglog('netlane');

// Messages are printed where they are understood (lib/netlink/trace.ts); lanes say enough by themselves.
if (debug.enabled) diagnosticsChannel.subscribe(channels.lane.name, (message) => debug('lane %o', message));
