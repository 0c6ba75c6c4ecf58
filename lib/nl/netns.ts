import { inspect } from 'node:util';
import { invalidArgument } from '../errors.js';
import { Namespace } from '../namespace.js';

/**
 * Handle of a network namespace, as the netns package has it. It owns a Namespace, and with it an fd, until close(); none() owns nothing.
 * Nothing here moves a thread: Set and Setns are left out, and newNs() and newNamed() leave the caller where it is.
 */
export class NsHandle {
  readonly #namespace: Namespace | undefined;
  #closing: Promise<void> | undefined;

  /** @param namespace Closed with the handle. Without it, a handle of nothing: none(). */
  constructor(namespace?: Namespace) {
    if (namespace !== undefined && !(namespace instanceof Namespace)) throw invalidArgument('namespace', 'a Namespace', namespace);
    this.#namespace = namespace;
  }

  /** The fd, which is what the Go type is; -1 for none and after close(). */
  get fd(): number {
    return this.#namespace?.closed === false ? this.#namespace.fd : -1;
  }

  /** The Namespace behind it, for everything that netlane does with one; undefined for none and after close(). It is the handle's to close. */
  get namespace(): Namespace | undefined {
    return this.#namespace?.closed === false ? this.#namespace : undefined;
  }

  /** Whether both are the same handle, or open handles of the same namespace. Two handles of nothing are equal, as in Go. */
  equal(other: NsHandle): boolean {
    if (!(other instanceof NsHandle)) throw invalidArgument('other', 'an NsHandle', other);
    const mine = this.namespace;
    const theirs = other.namespace;
    return mine === undefined || theirs === undefined ? mine === theirs : mine.equals(theirs);
  }

  /** 'NS(23: 4, 4026532281)': fd, device and inode; 'NS(none)' for none and after close(). */
  toString(): string {
    const namespace = this.namespace;
    return namespace === undefined ? 'NS(none)' : `NS(${namespace.fd}: ${namespace.id.replace(':', ', ')})`;
  }

  /** 'NS(4:4026532281)': device and inode, the same for every handle of a namespace while one is open; 'NS(none)' for none. */
  uniqueId(): string {
    const namespace = this.namespace;
    return namespace === undefined ? 'NS(none)' : `NS(${namespace.id})`;
  }

  isOpen(): boolean {
    return this.namespace !== undefined;
  }

  /** Closes the fd. The same promise each time, where the ancestor's second Close is EBADF. Sockets opened with the handle are not touched. */
  close(): Promise<void> {
    this.#closing ??= this.#namespace?.close() ?? Promise.resolve();
    return this.#closing;
  }

  /**
   * The same namespace as one more Namespace; the calling thread's own for none(). NETLANE_CLOSED after close(), where the ancestor goes on
   * in the caller's namespace.
   * @internal
   */
  async reopen(): Promise<Namespace> {
    return this.#namespace === undefined ? Namespace.current() : Namespace.open({ fd: this.#namespace.fd });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

/** What stands for a namespace in the calls of this package: a handle, or netlane's own class. */
export type NsLike = NsHandle | Namespace;

/** A handle of nothing: where a call takes one, it means the caller's own namespace. */
export function none(): NsHandle {
  return new NsHandle();
}

/** The namespace that the calling thread is in. Rejects with EMFILE. */
export async function get(): Promise<NsHandle> {
  return new NsHandle(await Namespace.current());
}

/** @param path Of a namespace file. Rejects with ENOENT, EACCES, and NETLANE_NOT_A_NETNS for any other file, which the ancestor opens. */
export async function getFromPath(path: string): Promise<NsHandle> {
  return new NsHandle(await Namespace.open({ path }));
}

/** @param name In /run/netns, then in /var/run/netns. Rejects with ENOENT, EACCES, NETLANE_NOT_A_NETNS. */
export async function getFromName(name: string): Promise<NsHandle> {
  return new NsHandle(await Namespace.open({ name }));
}

/** @param pid Of a process. Rejects with ENOENT when there is none, EACCES when it is another user's. */
export async function getFromPid(pid: number): Promise<NsHandle> {
  return new NsHandle(await Namespace.open({ pid }));
}

/** @param pid Of a process. @param tid Of one of its threads. Rejects as getFromPid(). */
export async function getFromThread(pid: number, tid: number): Promise<NsHandle> {
  return new NsHandle(await Namespace.open({ pid, tid }));
}

/**
 * @param id Of a running container, or the beginning of one: of Docker, and of podman, containerd and CRI-O as well.
 * Rejects with NETLANE_CONTAINER_NOT_FOUND, NETLANE_CONTAINER_AMBIGUOUS.
 */
export async function getFromDocker(id: string): Promise<NsHandle> {
  return new NsHandle(await Namespace.open({ container: id }));
}

/** A new namespace without a name (Go: New). The calling thread stays where it is. Rejects with EPERM without CAP_SYS_ADMIN. */
export async function newNs(): Promise<NsHandle> {
  return new NsHandle(await Namespace.create());
}

/**
 * A new namespace with a name in /run/netns. The calling thread stays where it is, and on failure nothing is left. Rejects with EEXIST when
 * the name is taken, EPERM without CAP_SYS_ADMIN.
 */
export async function newNamed(name: string): Promise<NsHandle> {
  return new NsHandle(await Namespace.create(name));
}

/** Takes the name off /run/netns. Rejects with ENOENT when there is none. */
export async function deleteNamed(name: string): Promise<void> {
  await Namespace.delete(name);
}
