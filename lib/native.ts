import { createRequire } from 'node:module';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NetlaneError, SystemError } from './errors.js';
import { packageUrl } from './places.js';

/*
 * The only importer of the addon. The rules of the boundary:
 * - Arguments were validated in TypeScript; native code checks only what would be memory-unsafe.
 * - A failed system call throws (or rejects with) an Error that has the own fields errno (negative) and syscall, and path where one was
 *   given; one place in native code makes it, and `translate` below gives it netlane's class.
 * - fds that are handed out as numbers are O_CLOEXEC and the caller's to close (closeFd); those inside native objects belong to the object.
 *   Namespace fds that closeFd did not get by the time their thread ends (a terminated worker runs no clean-up) are closed then: another
 *   thread that is to own one duplicates it. Those of openSocket are not watched: whoever they are given to closes them.
 * - Functions whose name ends in Async run on a native thread that ends with the call, and never on the caller's thread.
 */

/** One record in a slab; the bytes of the datagram follow, padded to 8. All fields are in the machine's byte order. */
export const frameHeader = {
  /** u32: bytes of the datagram that follow. */
  length: 0,
  /** u32: port id of the sender; 0 is the kernel. */
  port: 4,
  /** u32: mask of the groups it was sent to (sockaddr_nl.nl_groups, groups 1 to 32). */
  groups: 8,
  /** u32: group number (NETLINK_PKTINFO), 0 where unknown. */
  group: 12,
  /** i32: nsid of the sender (NETLINK_LISTEN_ALL_NSID), -1 where there is none. */
  nsid: 16,
  /** u32: frameFlags. */
  flags: 20,
  /** Size of the header; the datagram starts here. */
  size: 24,
} as const;

export const frameFlags = {
  /** The datagram was longer than the scratch area (1 MiB) and its end is lost. */
  truncated: 1,
} as const;

/** Room that a slab must have left for another receive to be tried. */
export const smallestReceive = 24 + 64;

export interface ReceiveResult {
  /** New end of the frames in the slab. */
  readonly end: number;
  /** How many datagrams were received. */
  readonly count: number;
  /** 0, or the errno (positive) that ended the round: EAGAIN when the queue is empty, ENOBUFS when the kernel dropped messages. */
  readonly errno: number;
  /** A frame (header and datagram) that did not fit in the slab; comes after those in the slab. */
  readonly spill?: ArrayBuffer;
}

export interface SocketOptions {
  /** fd of the namespace to open in (by the opener); -1: the calling thread's own. */
  readonly namespace: number;
  /** Protocol number, NETLINK_ROUTE is 0. */
  readonly protocol: number;
  /** Fixed port id, 0: the kernel's choice. */
  readonly port: number;
}

/**
 * A bound, non-blocking netlink socket. Everything but close() throws EBADF after close(). Belongs to the thread that made it. One that is
 * forgotten is closed when it is collected, which the listener of poll() prevents for as long as it refers to the socket.
 */
export interface NativeSocket {
  readonly fd: number;
  readonly port: number;
  /** SO_NETNS_COOKIE of the namespace; 0n before Linux 5.14. */
  readonly cookie: bigint;
  /** One sendmsg. Returns 0, or a positive errno: EAGAIN, EMSGSIZE, ENOBUFS, ECONNREFUSED, ... */
  send(bytes: Uint8Array, port: number, groups: number): number;
  /**
   * Receives datagrams, without blocking, into the slab from offset on until the queue is empty, the slab is full (less than
   * smallestReceive left), a datagram spilled, `most` datagrams were received, or an error came. EINTR is retried. The slab's pointer is not kept.
   */
  receive(slab: ArrayBuffer, offset: number, most: number): ReceiveResult;
  /**
   * One sendmsg to the kernel of the first `length` bytes and, where it was taken, the answers that are there already, which the slab
   * receives from its start as by receive(): rtnetlink answers within sendmsg. The outcome of the receiving stands in `outcome` (at least
   * three words: end, count, errno). Returns 0, sendmsg's errno (positive; then nothing was received), or the spill.
   */
  exchange(bytes: Uint8Array, length: number, slab: ArrayBuffer, most: number, outcome: Uint32Array): number | ArrayBuffer;
  /** Waits (blocking, poll(2)) for readability; false on time-out, and within 50 ms when the thread is being ended. Negative: for ever. */
  wait(milliseconds: number): boolean;
  /**
   * Polls on this thread's loop: calls onReady with bit 1 readable, 2 writable, or 4 alone for an error (an overrun), again and again until
   * receive() has fetched it. mask 0 stops. The callback of the first call stays; what it throws is an uncaught exception.
   */
  poll(mask: number, onReady: (events: number) => void): void;
  /** Whether polling keeps the loop alive. Starts unreferenced. */
  ref(keep: boolean): void;
  /** setsockopt/getsockopt of an int. */
  setOption(level: number, option: number, value: number): void;
  getOption(level: number, option: number): number;
  /** NETLINK_LIST_MEMBERSHIPS, as group numbers. */
  memberships(): number[];
  /** Classic BPF: bytes of struct sock_filter, 8 each; empty detaches, if there is one. */
  setFilter(program: Uint8Array): void;
  /** Idempotent. Stops polling; the fd is closed in the poll handle's close callback, or at once when it was never polled. */
  close(): void;
}

/** What is -1 is not set. */
export interface TunSettings {
  /** IFF_TUN or IFF_TAP, and the flags that go with them. */
  readonly flags: number;
  readonly index: number;
  readonly owner: number;
  readonly group: number;
  readonly vnetHeaderSize: number;
  /** 1: TUNSETPERSIST, after all else. */
  readonly persistent: number;
}

/**
 * A socket of any family that was opened inside a namespace, non-blocking. Everything but close() throws EBADF after close(). Belongs to the thread
 * that made it. One that is forgotten is closed when it is collected, which the listener of poll() prevents for as long as it refers to the socket.
 */
export interface InsideSocket {
  readonly fd: number;
  /** setsockopt of an int, or of the bytes. */
  setOption(level: number, option: number, value: number | Uint8Array): void;
  /** getsockopt into the bytes; how many were written. */
  getOption(level: number, option: number, into: Uint8Array): number;
  /** Classic BPF, as NativeSocket has it. */
  setFilter(program: Uint8Array): void;
  /** The bytes of a sockaddr. */
  bind(address: Uint8Array): void;
  /** 0, or a positive errno: EINPROGRESS while it goes on, which it does not where the other end is on this machine. */
  connect(address: Uint8Array): number;
  listen(backlog: number): void;
  /** One sendto: 0, or a positive errno. An empty address is none. */
  send(bytes: Uint8Array, address: Uint8Array): number;
  /** As NativeSocket has it. */
  poll(mask: number, onReady: (events: number) => void): void;
  ref(keep: boolean): void;
  /** Of a link of the socket's namespace: ENODEV. */
  linkIndex(name: string): number;
  /** ENODEV, ENXIO. */
  linkName(index: number): string;
  /** What kind of hardware the link is (ARPHRD_). ENODEV, ENXIO. */
  linkHardware(index: number): number;
  /** A ring of the kernel's for what a packet socket hears (TPACKET_V3): blocks of a multiple of the page size. Once. */
  mapRing(blockSize: number, blocks: number, retire: number): void;
  /** Copies the next block that the kernel has finished, struct tpacket_block_desc first, and gives it back. How many bytes; 0: none is finished. */
  takeBlock(into: Uint8Array): number;
  /** Gives the socket away as an fd, which is closed with the thread until forgetFd; close() is done. */
  release(): number;
  /** Idempotent. Stops polling; the fd is closed in the poll handle's close callback, or at once when it was never polled. */
  close(): void;
}

export interface Identity {
  readonly device: bigint;
  readonly inode: bigint;
}

/** How a child is started. Everything was checked: strings have no NUL. */
export interface SpawnJob {
  /** fd of the namespace; -1: the process's own. */
  readonly namespace: number;
  /** Mounts of its own, as enterMounts makes them, for this name ('' for none); undefined: those of the calling thread. */
  readonly mounts: string | undefined;
  /** Paths of the executable, tried one after the other as execvp(3) does. */
  readonly files: readonly string[];
  readonly arguments: readonly string[];
  readonly environment: readonly string[];
  /** '': the process's own. */
  readonly directory: string;
  readonly user: number | undefined;
  readonly group: number | undefined;
  readonly groups: readonly number[] | undefined;
  /** setsid(2). */
  readonly detached: boolean;
  /** What the child has as 0, 1, 2, ...: an fd of the caller's, or one of childDescriptors. */
  readonly descriptors: readonly number[];
}

export const childDescriptors = {
  /** /dev/null */
  ignored: -1,
  /** A pipe that the child reads. */
  toChild: -2,
  /** A pipe that the child writes. */
  fromChild: -3,
  /** Both ways: a pair of Unix sockets. */
  both: -4,
} as const;

/** A child that runs. It is reaped by end(), or, when its thread ends before it does, by native code. */
export interface NativeChild {
  readonly pid: number;
  /** The other end of each descriptor that was made, non-blocking; -1 for all others. As the fds of namespaces they are closed with the thread, until forgetFd. */
  readonly streams: readonly number[];
  /** Calls back when it has ended. Keeps the loop alive until then, unless ref(false). Once. */
  watch(onEnd: () => void): void;
  /** Reaps it when it has ended: its exit status or the number of the signal; both null where somebody else has reaped it. Else undefined. */
  end(): { readonly code: number | null; readonly signal: number | null } | undefined;
  /** pidfd_send_signal(2): 0, or a positive errno (ESRCH: it has ended). */
  kill(signal: number): number;
  ref(keep: boolean): void;
}

export interface Native {
  readonly NetlinkSocket: new (options: SocketOptions) => NativeSocket;
  /**
   * Opened by the opener in the namespace of the fd; -1: the calling thread's own. From the second within half a second on, the opener stays for half a second.
   */
  readonly InsideSocket: new (namespace: number, family: number, type: number, protocol: number) => InsideSocket;

  // Namespaces. Every fd that comes out was checked with fstat and ioctl(NS_GET_NSTYPE): anything else is closed again and the error has
  // notNamespace: true.
  /** Opens a namespace file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC: never blocks, whatever it is. */
  readonly openNamespace: (path: string) => number;
  /** Duplicates an fd (F_DUPFD_CLOEXEC) that must be a network namespace. */
  readonly duplicateNamespace: (fd: number) => number;
  /** The namespace of a socket of any family (SIOCGSKNS). */
  readonly namespaceOfSocket: (fd: number) => number;
  /** The same of a socket of another process (pidfd_getfd(2), Linux 5.6): EPERM without the right to trace it. */
  readonly namespaceOfForeignSocket: (pid: number, fd: number) => number;
  /** The namespace of the process behind a pidfd: PIDFD_GET_NETWORK_NAMESPACE (Linux 6.11), else /proc/PID/ns/net with the pidfd checked before and after. */
  readonly namespaceOfPidfd: (pidfd: number) => number;
  /** The calling thread's namespace (/proc/thread-self/ns/net). */
  readonly currentNamespace: () => number;
  /** By what something inside the namespace of the fd is opened: -1 where the calling thread is in it, else the fd. */
  readonly entryOf: (fd: number) => number;
  /** Of any fd (fstat). */
  readonly inodeOf: (fd: number) => bigint;
  readonly identity: (fd: number) => Identity;
  /** SO_NETNS_COOKIE by a socket opened inside; 0n where the kernel has none. */
  readonly cookie: (fd: number) => bigint;
  /** ns type by NS_GET_NSTYPE (CLONE_NEWNET is 0x40000000); 0 when the fd is no namespace. */
  readonly namespaceType: (fd: number) => number;
  /** device and inode of the user namespace that owns it (NS_GET_USERNS); undefined where it is out of reach (EPERM). */
  readonly owner: (fd: number) => Identity | undefined;
  /** A new network namespace made on a thread of its own, lo up if asked; the fd. */
  readonly createNamespaceAsync: (loopbackUp: boolean) => Promise<number>;
  readonly closeFd: (fd: number) => void;
  /** Puts the calling thread into the namespace for good. Throws on the process's main thread. */
  readonly enterNamespace: (fd: number) => void;
  /**
   * Gives the calling thread, inside its namespace already, a mount namespace of its own for good, as ip netns exec has it: a sysfs of that
   * namespace, and /etc/netns/NAME/* in the place of /etc/*. Throws on the process's main thread.
   */
  readonly enterMounts: (name: string) => void;
  /**
   * Changes the working directory of the calling thread, which has its own since enterMounts. Where the path leads nowhere in its mounts, it is
   * the directory itself in which the process is. Throws on the process's main thread.
   */
  readonly followDirectory: (path: string) => void;

  // Names: entries of a directory such as /run/netns.
  /**
   * Under an exclusive flock of the directory (as iproute2): makes the directory and its parents (0755), makes it a shared mount of its own if
   * it is not one, creates the file (O_EXCL, 0444) and bind-mounts the namespace on it. On any failure nothing of this is left but the
   * directory. ETIMEDOUT (flock) when another program holds the lock for more than 10 s. The fd may be closed once the call has returned.
   */
  readonly bindNameAsync: (directory: string, name: string, fd: number) => Promise<void>;
  /** Unmounts (MNT_DETACH | UMOUNT_NOFOLLOW) until EINVAL, since mounts stack, then unlinks. A file that is no mount is just unlinked. */
  readonly unbindNameAsync: (directory: string, name: string) => Promise<void>;
  /** Opens a socket(2) inside the namespace by the opener, SOCK_CLOEXEC | SOCK_NONBLOCK. */
  readonly openSocket: (namespace: number, family: number, type: number, protocol: number) => number;

  /** Ends the opener that this thread has in the namespace of the fd, and waits until it is outside. */
  readonly endOpener: (fd: number) => void;
  /** The namespace of this thread's opener with that number; undefined for any other. */
  readonly namespaceOfOpener: (tid: number) => Identity | undefined;

  /**
   * Starts a process on a thread that ends: setns, mounts, clone (vfork), exec. Rejects when any of it fails, up to exec, in the child as well;
   * then there is no child. Signals are reset, and no other descriptors than those named are open in it.
   */
  readonly spawnAsync: (job: SpawnJob) => Promise<NativeChild>;
  /** Somebody else closes the fd from now on. */
  readonly forgetFd: (fd: number) => void;

  /**
   * One queue of a tun or tap device (/dev/net/tun, TUNSETIFF) inside the namespace, O_NONBLOCK | O_CLOEXEC; an empty name is the kernel's
   * choice. The fd is closeFd's. Throws with the ioctl's name as syscall.
   */
  readonly openTun: (namespace: number, name: string, settings: TunSettings) => { readonly fd: number; readonly name: string };

  /**
   * Reads a file of /proc or /sys as the namespace has it, whole, or writes it, in one write(2), on a thread that ends. A path below /sys is
   * looked up in a fresh sysfs that is mounted nowhere, or, with `mounted`, in the one that the calling thread sees, whosever devices that shows.
   * Neither a symbolic link at the end of the path nor a file of another file system.
   */
  readonly accessFileAsync: {
    (namespace: number, path: string, content?: undefined, mounted?: boolean): Promise<Buffer>;
    (namespace: number, path: string, content: string): Promise<void>;
  };

  /** Calls back whenever /proc/self/mountinfo changes (POLLPRI). Returns an object to close; unreferenced until ref(true). */
  readonly watchMounts: (onChange: () => void) => { close(): void; ref(keep: boolean): void };
  /**
   * Calls back, again and again until it is closed, when nobody is at the other end of a pipe or socket any more. Else as watchMounts. Throws EPERM for
   * what cannot be polled, such as an ordinary file.
   */
  readonly watchHangUp: (fd: number, onHangUp: () => void) => { close(): void; ref(keep: boolean): void };
  /** gettid(). */
  readonly threadId: () => number;
  /** Nanoseconds, CLOCK_MONOTONIC; cheaper than process.hrtime.bigint() in a spin. */
  readonly now: () => number;
}

interface NativeFailure extends Error {
  errno?: number;
  syscall?: string;
  path?: string;
  notNamespace?: boolean;
}

/** Gives an error of the addon netlane's class. Anything else comes back as it is. */
export function translate(thrown: unknown, context: { operation?: string; namespace?: string; hint?: string } = {}): unknown {
  if (!(thrown instanceof Error)) return thrown;
  const failure = thrown as NativeFailure;
  if (failure.notNamespace === true) {
    const path = failure.path === undefined ? 'the fd' : `'${failure.path}'`;
    return new NetlaneError('NETLANE_NOT_A_NETNS', `${path} is not a network namespace`, { ...context, cause: thrown });
  }
  if (typeof failure.errno !== 'number' || typeof failure.syscall !== 'string') return thrown;
  return new SystemError({ errno: failure.errno, syscall: failure.syscall, path: failure.path }, context);
}

let loaded: Native | undefined;

/** The addon, loaded when first needed, so that importing netlane works on any platform. */
export function native(): Native {
  loaded ??= load();
  return loaded;
}

function load(): Native {
  if (process.platform !== 'linux') {
    throw new NetlaneError('NETLANE_UNSUPPORTED_PLATFORM', `network namespaces are Linux's; this is ${process.platform}`);
  }
  const system = `linux-${process.arch}${isMusl() ? '-musl' : ''}`;
  const places = ['build/Release/netlane.node', `prebuilds/${system}/netlane.node`].map((path) => fileURLToPath(packageUrl(path)));
  const override = process.env['NETLANE_ADDON'];
  const file = override ?? places.find((place) => existsSync(place));
  if (file === undefined) {
    throw new NetlaneError('NETLANE_NATIVE_MISSING', `the native binding is at none of ${places.join(', ')}`, {
      hint: `in a clone: npm run build; no prebuilt binding exists for ${system}`,
    });
  }
  try {
    return createRequire(import.meta.url)(file) as Native;
  } catch (cause) {
    throw new NetlaneError('NETLANE_NATIVE_MISSING', `the native binding ${file} cannot be loaded: ${String(cause)}`, {
      cause,
      hint: 'build it for this system: npm run build',
    });
  }
}

/** Whether this process runs on musl: then its loader is mapped. A process.report would ask the name server for the names of all peers. */
function isMusl(): boolean {
  return /\/ld-musl-[^/]*$/m.test(readFileSync('/proc/self/maps', 'utf8'));
}
