import diagnosticsChannel from 'node:diagnostics_channel';
import { debuglog, inspect, type DebugLogger } from 'node:util';

/** node:diagnostics_channel; nothing is computed for them while nobody listens. docs/architecture.md has the shapes of the messages. */
export const channels = {
  /** { namespace, protocol, type, bytes } of each request, as it is put into a chunk. */
  request: diagnosticsChannel.channel('netlane:request'),
  /** { namespace, protocol, ... } of each event, overrun and dropped datagram. */
  event: diagnosticsChannel.channel('netlane:event'),
  /** { namespace, state: 'started' | 'ended' | 'lost', ... } of each lane. */
  lane: diagnosticsChannel.channel('netlane:lane'),
} as const;

/** A message of one of the channels as a person reads it; undefined for one that the describer does not know. */
export type Describer = (channel: keyof typeof channels, message: object) => string | undefined;

/** NODE_DEBUG=netlane: prints what is opened, asked and closed. */
export const debug: DebugLogger = debuglog('netlane');

const describers: Describer[] = [];

/** Under NODE_DEBUG=netlane messages are printed as the first describer says that knows them: layers that can decode add theirs. */
export function describeWith(describer: Describer): void {
  describers.push(describer);
}

function print(name: keyof typeof channels, message: unknown): void {
  if (typeof message !== 'object' || message === null) return;
  for (const describer of describers) {
    const text = describer(name, message);
    if (text === undefined) continue;
    debug('%s %s', name, text);
    return;
  }
  debug('%s %s', name, inspect(message, { depth: 6, breakLength: Infinity }));
}

// Being a subscriber like any other costs nothing where the variable is not set.
if (debug.enabled) {
  for (const name of ['request', 'event', 'lane'] as const)
    diagnosticsChannel.subscribe(channels[name].name, (message) => print(name, message));
}
