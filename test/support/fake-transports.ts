import { NLM_F_ACK, NLM_F_REQUEST } from '../../lib/netlink/constants.js';
import type { Transport, TransportOptions } from '../../lib/netlink/transport.js';
import { ack, buildMessage, type FakeDatagram, type FakeKernel, type FakeRequest } from '../../lib/testing.js';
import { Recorder, transportOptions } from './recorder.js';

/* Transports of a fake kernel without a socket above them. */

/** Opens one, with who writes down what it tells. */
export async function open(
  kernel: FakeKernel,
  changes: Partial<TransportOptions> = {},
): Promise<{ readonly transport: Transport; readonly recorder: Recorder }> {
  const recorder = new Recorder();
  const transport = await kernel.open(transportOptions(changes), recorder);
  recorder.transport = transport;
  return { transport, recorder };
}

export function message(type: number, sequence: number, flags = NLM_F_ACK, body = new Uint8Array()): Uint8Array<ArrayBuffer> {
  return buildMessage({ type, flags: flags | NLM_F_REQUEST, sequence, body });
}

/** A kernel that does whatever it is told. */
export function acknowledging(request: FakeRequest): FakeDatagram {
  return ack(request);
}
