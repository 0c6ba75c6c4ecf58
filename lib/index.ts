/** The reviewed list of public names. */
export { Namespace } from './namespace.js';
export type {
  Change,
  CreateOptions,
  LeakedDescriptor,
  LeakedMount,
  LeakedThread,
  Leaks,
  LeaksOptions,
  ListOptions,
  NameOptions,
  NamespaceChange,
  NamespaceEntry,
  NamespaceSource,
  NamespaceWatch,
  NamespaceWatchOptions,
  OpenOptions,
  WatchAll,
  WatchAllOptions,
} from './namespace.js';
export type { Executor } from './namespace/executor.js';
export type { Child, ChildEvents } from './execution/child.js';
export type { ExecOptions, ExecResult } from './execution/exec.js';
export type { ReadFileOptions } from './execution/files.js';
export type { SpawnOptions } from './execution/spawn-options.js';
export type { Stdio, StdioStream } from './execution/stdio.js';
export type { Sockets } from './namespace/sockets.js';
export type { ConnectOptions } from './execution/connect.js';
export type { DispatcherOptions } from './execution/fetch.js';
export type { ConnectionOptions, InsideHttpAgentOptions, InsideHttpsAgentOptions } from './execution/http-agent.js';
export type { ListenOptions } from './execution/listen.js';
export type { LocalOptions, SocketPlacement } from './execution/local-options.js';
export type { LookupOptions } from './execution/lookup.js';
export type { OwnedSocket, OwnedSocketOptions } from './execution/owned-socket.js';
export type { LookupAddress } from './execution/socket-address.js';
export type { Packet, PacketDirection } from './execution/packet-block.js';
export type { PacketOptions } from './execution/packet-options.js';
export type { PacketSocket, PacketStatistics, SendOptions } from './execution/packet.js';
export { pcapng, PcapngWriter } from './execution/pcapng.js';
export type { UdpOptions } from './execution/udp.js';
export { DecodeError, LookupError, NetlaneError, NetlinkError, ProcessError, SystemError } from './errors.js';
export type { AttributePolicy, NetlaneCode, ProcessOutcome } from './errors.js';
export type { Protocol, ProtocolName } from './netlink/constants.js';
export type { Message } from './netlink/message.js';
export type { Reply, Request, Warning } from './netlink/request.js';
export type { FilterInstruction } from './netlink/filter.js';
export type { OutgoingMessage } from './netlink/outgoing-message.js';
export type { NetlinkSocket } from './netlink/socket.js';
export type { SocketStatistics } from './netlink/socket-statistics.js';
export type { SocketOptionName, SocketOptions } from './netlink/socket-options.js';
export type { Counted, Counter, Counting, WithBigint } from './codec/scalars.js';
export type { Batch, CountingOf, RouteClient, RouteOptions } from './netlink/route.js';
export type { BatchResult } from './netlink/route/batch.js';
export type { OperationOptions } from './netlink/route/exchange.js';
export type { LinkGroup } from './netlink/route/links.js';
export type { Ensured, Filter } from './netlink/route/object-client.js';
export type { ViewOptions } from './netlink/route/viewed-client.js';
export type { TunDevice, TunOptions } from './netlink/route/tun.js';
export type { RouteQuery } from './netlink/route/routes.js';
export type { ChangeOf, Event, ObjectChange, RouteWatch } from './netlink/route/watch.js';
export type { WatchOptions } from './netlink/route/watch-options.js';
export type { WatchedName, WatchedObjects } from './netlink/route/watched.js';
export { transfer } from './execution/transfer.js';
export type {
  ExportOf,
  ModuleFunction,
  ModuleRunOptions,
  OptionalOptions,
  RunOptions,
  TaskFunction,
  TaskResult,
} from './execution/run-types.js';
export type { TaskIterator } from './execution/task-stream.js';
export { otherKind } from './schema/route/other-kind.js';
export type { Link, LinkChanges, LinkInput, LinkKind } from './schema/route/link.js';
export type { Address, AddressInput } from './schema/route/address.js';
export type { Route, RouteInput } from './schema/route/route.js';
export type { Rule, RuleInput } from './schema/route/rule.js';
export type { FdbEntry, FdbEntryInput, Neighbour, NeighbourInput, ProxyInput } from './schema/route/neighbour.js';
export type { AddressLabel, AddressLabelInput } from './schema/route/address-label.js';
export type { BridgeLink, BridgeLinkInput } from './schema/route/bridge-link.js';
export type { BridgeVlan, BridgeVlanInput, PortVlan } from './schema/route/bridge-vlan.js';
export type { MulticastGroup, MulticastGroupInput, MulticastRouter } from './schema/route/multicast-database.js';
export type { NamespaceId } from './schema/route/namespace-id.js';
export type { NeighbourTable, NeighbourTableInput } from './schema/route/neighbour-table.js';
export type { Netconf } from './schema/route/netconf.js';
export type { Nexthop, NexthopBucket, NexthopChange, NexthopInput } from './schema/route/nexthop.js';
export type { Statistics, StatisticsRequestInput } from './schema/route/statistics.js';
export type { TunnelVni, VniFilter, VniFilterInput } from './schema/route/vni-filter.js';
