/**
 * `netlane/testing`: a kernel made of a function, for tests without privileges and without native code, and fixtures for its messages.
 * This is the reviewed list of what is public of it.
 */
export { FakeKernel, type FakeHandler, type FakeKernelOptions } from './testing/fake-kernel.js';
export type { FakeRequest, FakeSend, FakeTransportFacts } from './testing/fake-request.js';
export {
  bufferCost,
  datagram,
  join,
  type FakeDatagram,
  type FakeDelay,
  type FakeDump,
  type FakeOverrun,
  type FakeReplies,
  type FakeReply,
} from './testing/datagram.js';
export {
  ack,
  done,
  later,
  multi,
  notification,
  overrun,
  refuse,
  reply,
  type FakeDumpOptions,
  type FakeExplanation,
  type FakePolicy,
} from './testing/replies.js';
export { openSocket } from './testing/open.js';
export { fakeLies, impostor, liar, truncate, withLength, withPort, withSequence, type FakeLie } from './testing/faults.js';
export {
  attribute,
  buildMessage,
  concatenate,
  nest,
  parseMessages,
  u16,
  u32,
  u64,
  u8,
  type MessageFields,
  type ParsedMessage,
} from './testing/fixtures.js';
