import type { Socket as DatagramSocket } from 'node:dgram';
import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import type { Server, Socket } from 'node:net';
import type { Agent } from 'undici';
import type { ConnectOptions } from '../execution/connect.js';
import type { DispatcherOptions } from '../execution/fetch.js';
import type { InsideHttpAgentOptions, InsideHttpsAgentOptions } from '../execution/http-agent.js';
import type { ListenOptions } from '../execution/listen.js';
import type { LookupOptions } from '../execution/lookup.js';
import type { OwnedSocket, OwnedSocketOptions } from '../execution/owned-socket.js';
import type { LookupAddress } from '../execution/socket-address.js';
import type { PacketSocket } from '../execution/packet.js';
import type { PacketOptions } from '../execution/packet-options.js';
import type { UdpOptions } from '../execution/udp.js';
import { placeAt, within } from './place.js';
import * as connect from '../execution/connect.js';
import * as fetcher from '../execution/fetch.js';
import * as agents from '../execution/http-agent.js';
import * as listen from '../execution/listen.js';
import * as lookup from '../execution/lookup.js';
import * as ownedSocket from '../execution/owned-socket.js';
import * as packets from '../execution/packet.js';
import * as udp from '../execution/udp.js';

/**
 * The part of Namespace that opens sockets inside, for the caller's own loop: no thread of JavaScript enters the namespace. What is handed out lives on
 * when the handle is closed, and keeps the namespace alive; it never leaves it, also when it is told to connect or to listen again (NETLANE_REBIND).
 */
export abstract class Sockets {
  /**
   * Connects by TCP, or to a Unix socket, inside. Names are looked up inside; of several addresses each is tried on a socket of its own, IPv6 first, the next when
   * one fails or after 250 ms (RFC 8305).
   *
   * @param options see ConnectOptions.
   * @returns a socket of node:net, connected.
   * @throws NETLANE_INVALID_ARGUMENT; what lookup throws; a SystemError with the address and the port: ECONNREFUSED, ENETUNREACH, EHOSTUNREACH, ETIMEDOUT, ENODEV,
   *   EADDRINUSE, EPERM; of several addresses the last one's, and all of them in its `cause`; NETLANE_TIMEOUT, ABORT_ERR, NETLANE_CLOSED. Source: tcp(7), unix(7).
   */
  connect(options: ConnectOptions): Promise<Socket> {
    return within(this, (place) => connect.connectInside(place, options));
  }

  /**
   * Listens inside, by TCP or on a Unix socket.
   *
   * @param options see ListenOptions; `{ server }` has a server of node:http, node:https or node:tls listen.
   * @param listener called with each connection of a new server.
   * @returns the server, listening.
   * @throws NETLANE_INVALID_ARGUMENT; EADDRINUSE, EADDRNOTAVAIL, EACCES, ENODEV, EPERM; ABORT_ERR, NETLANE_CLOSED; NETLANE_BUSY when the server listens already.
   */
  listen<S extends Server = Server>(options: ListenOptions<S> & { readonly server: S }): Promise<S>;
  listen(options: ListenOptions, listener?: (connection: Socket) => void): Promise<Server>;
  listen(options: ListenOptions, listener?: (connection: Socket) => void): Promise<Server> {
    return within(this, (place) => listen.listenInside(place, options, listener));
  }

  /**
   * Opens a UDP socket inside. Names that it sends or connects to are looked up inside.
   *
   * @returns a socket of node:dgram that is bound already: its 'listening' event has been.
   * @throws NETLANE_INVALID_ARGUMENT; EADDRINUSE, EADDRNOTAVAIL, EACCES, ENODEV, EPERM; ABORT_ERR, NETLANE_CLOSED. Source: udp(7).
   */
  udp(options: UdpOptions = {}): Promise<DatagramSocket> {
    return within(this, (place) => udp.openUdp(place, udp.checkUdp(options), lookup.nodeLookup(place)));
  }

  /**
   * Opens a socket of any family inside, for whatever takes a file descriptor.
   *
   * @returns its owner: `fd`, setOption(), getOption(), release() and close().
   * @throws NETLANE_INVALID_ARGUMENT; EAFNOSUPPORT, EPROTONOSUPPORT, EPERM (raw and packet sockets need CAP_NET_RAW inside), EMFILE. Source: socket(2).
   */
  socket(options: OwnedSocketOptions): Promise<OwnedSocket> {
    return within(this, (place) => ownedSocket.openOwned(place, options));
  }

  /**
   * Looks a name up inside: in hosts, then by DNS with the servers of resolv.conf, each the file of /etc/netns/NAME or, where that has none, the host's. A resolver
   * on a loopback address that nobody serves inside is passed over. Neither the thread pool nor the host's resolver is used.
   *
   * @param name a name, or an address, which is given back.
   * @returns an address and its family, as dns.lookup() does; with `{ all: true }` all of them.
   * @throws NETLANE_INVALID_ARGUMENT; a LookupError: ENOTFOUND, ESERVFAIL, EREFUSED, ETIMEOUT, ECONNREFUSED; NETLANE_NO_RESOLVER when no server is left to ask;
   *   NETLANE_TIMEOUT, ABORT_ERR, NETLANE_CLOSED. Source: resolv.conf(5), hosts(5), RFC 1035, 6761, 6891.
   */
  lookup(name: string, options: LookupOptions & { readonly all: true }): Promise<LookupAddress[]>;
  lookup(name: string, options?: LookupOptions & { readonly all?: false | undefined }): Promise<LookupAddress>;
  lookup(name: string, options?: LookupOptions): Promise<LookupAddress | LookupAddress[]> {
    return within(this, (place) => lookup.lookupInside(place, name, options));
  }

  /**
   * Fetches over connections that are made inside, with names looked up inside.
   *
   * @param input, init as fetch() of Node takes them, without a dispatcher. Responses under way end with NETLANE_CLOSED when the namespace's handle is closed.
   * @returns a Response of Node's.
   * @throws NETLANE_CLOSED, NETLANE_INVALID_ARGUMENT, EMFILE; as fetch() does: a TypeError with the reason as its `cause`, which has what connect throws.
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    return within(this, (place) => fetcher.fetchInside(place, input, init));
  }

  /**
   * An agent for node:http, or node:https, and all that takes one, whose connections are made inside.
   *
   * @param options those of http.Agent, or of https.Agent, and `connection`: what connect takes, but for where to.
   * @returns the agent; it is the caller's to destroy(). Requests fail with what connect throws.
   * @throws NETLANE_INVALID_ARGUMENT.
   */
  agent(protocol: 'http:', options?: InsideHttpAgentOptions): HttpAgent;
  agent(protocol: 'https:', options?: InsideHttpsAgentOptions): HttpsAgent;
  agent(protocol: 'http:' | 'https:', options?: InsideHttpAgentOptions | InsideHttpsAgentOptions): HttpAgent | HttpsAgent {
    return agents.agentInside(placeAt(this), protocol, options);
  }

  /**
   * An Agent of undici, for its request(), stream() and so on, and for the `dispatcher` of Node's fetch(), whose connections are made inside.
   *
   * @param options those of undici's Agent without `connect`; `connection`: what connect takes, but for where to; `tls`: what tls.connect() takes.
   * @returns the agent; it is the caller's to close() or destroy().
   * @throws NETLANE_INVALID_ARGUMENT, NETLANE_CLOSED, EMFILE.
   */
  dispatcher(options?: DispatcherOptions): Promise<Agent> {
    return within(this, (place) => fetcher.dispatcherInside(place, options));
  }

  /**
   * Opens a socket for whole packets of one link or of all, to capture and to send (packet(7)).
   *
   * @param options see PacketOptions.
   * @returns the socket: `for await (const packet of socket)`, send(), statistics(), close(). It ends with the handle. pcapng() writes what it hears to a file.
   * @throws NETLANE_INVALID_ARGUMENT; ENODEV; EPERM without CAP_NET_RAW inside; ENOMEM for a buffer that is too large; EMFILE; ABORT_ERR, NETLANE_CLOSED.
   */
  packet(options: PacketOptions = {}): Promise<PacketSocket> {
    return within(this, (place) => packets.openPacket(place, options));
  }
}
