/** The reviewed list of public names. */
export { Namespace } from './namespace.js';
export type {
  CreateOptions,
  LeakedDescriptor,
  LeakedMount,
  LeakedThread,
  Leaks,
  ListOptions,
  NameOptions,
  NamespaceChange,
  NamespaceEntry,
  NamespaceSource,
  NamespaceWatch,
  NamespaceWatchOptions,
  OpenOptions,
} from './namespace.js';
export { DecodeError, NetlaneError, NetlinkError, SystemError } from './errors.js';
export type { AttributePolicy, NetlaneCode } from './errors.js';
export type { Protocol, ProtocolName } from './netlink/constants.js';
export type { Message } from './netlink/message.js';
export type { Reply, Request, Warning } from './netlink/request.js';
export type { FilterInstruction } from './netlink/filter.js';
export type { OutgoingMessage } from './netlink/outgoing-message.js';
export type { NetlinkSocket, SocketStatistics } from './netlink/socket.js';
export type { SocketOptionName, SocketOptions } from './netlink/socket-options.js';
