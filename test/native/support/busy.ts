import type { Native, NativeSocket } from '../../../lib/native.js';

/*
 * Programs that keep every part of the addon busy until something ends them. They are sent to other processes and threads as source
 * text, so each one stands on its own.
 */

/** How a busy thread comes to its end. */
export type Ending =
  | 'is ended from outside'
  | 'exits'
  | 'throws in a callback'
  | 'rejects'
  | 'closes and ends'
  | 'ends with sockets open'
  | 'is ended with calls under way'
  | 'is ended within a call';

/** Netlink dumps in a namespace of its own, datagrams between two sockets, a watch of the mounts and namespaces being made. */
export async function keepBusy(file: string, ending: Ending, announce: () => void): Promise<void> {
  const native = process.getBuiltinModule('node:module').createRequire('/')(file) as Native;
  const namespace = await native.createNamespaceAsync(true);
  const slab = new ArrayBuffer(65536);
  const dump = new Uint8Array(32);
  const header = new DataView(dump.buffer);
  header.setUint32(0, 32, true);
  header.setUint16(4, 18, true); // RTM_GETLINK
  header.setUint16(6, 0x301, true); // NLM_F_REQUEST | NLM_F_DUMP
  const sockets: NativeSocket[] = [0, 2, 2].map((protocol) => new native.NetlinkSocket({ namespace, protocol, port: 0 }));
  const watch = native.watchMounts(() => undefined);
  watch.ref(true);

  let rounds = 0;
  const end = (): void => {
    if (ending === 'exits') process.exit(7);
    if (ending === 'throws in a callback') throw new Error('thrown in a callback');
    if (ending === 'rejects') void Promise.reject(new Error('rejected in a callback'));
    if (ending === 'closes and ends') {
      for (const socket of sockets) socket.close();
      watch.close();
      native.closeFd(namespace);
    }
    if (ending === 'ends with sockets open') {
      for (const socket of sockets) socket.ref(false);
      watch.ref(false);
    }
  };
  const ports = sockets.map((socket) => socket.port);
  const send = (index: number): void => {
    const errno = index === 0 ? sockets[0]?.send(dump, 0, 0) : sockets[index]?.send(new Uint8Array(9000), ports[3 - index] ?? 0, 0);
    if (errno !== 0) throw new Error(`send on socket ${index}: errno ${errno}`);
  };
  sockets.forEach((socket, index) => {
    socket.ref(true);
    socket.poll(1, () => {
      const { count } = socket.receive(slab, 0, 64);
      rounds += 1;
      if (rounds === 3) announce();
      if (count > 0 && rounds < 12) send(index);
      if (rounds === 12) end();
      if (rounds >= 12 && ending.startsWith('is ended')) send(index);
    });
    send(index);
  });
  while (ending === 'is ended with calls under way') {
    const made = await Promise.all([native.createNamespaceAsync(true), native.createNamespaceAsync(false)]);
    for (const fd of made) native.closeFd(fd);
  }
}

/**
 * Calls one function of the addon after the other and never goes back to the loop. From the instant another thread ends this one, each
 * call into the engine that could run JavaScript fails, wherever native code happens to be.
 */
export function callForEver(file: string, announce: () => void): never {
  const native = process.getBuiltinModule('node:module').createRequire('/')(file) as Native;
  const refused = (call: () => unknown): void => {
    try {
      call();
    } catch {
      return; // As it should be.
    }
    throw new Error('what must fail did not');
  };
  const slab = new ArrayBuffer(256);
  const datagram = new Uint8Array(4096);
  announce();
  for (;;) {
    const socket = new native.NetlinkSocket({ namespace: -1, protocol: 2, port: 0 });
    socket.send(datagram, socket.port, 0);
    if (socket.receive(slab, 0, 1).spill?.byteLength !== 4096 + 24) throw new Error('no spill');
    socket.memberships();
    socket.poll(1, () => undefined);
    socket.ref(true);
    refused(() => socket.setOption(270, 9999, 1));
    socket.close();
    refused(() => socket.port);
    const watch = native.watchMounts(() => undefined);
    watch.ref(true);
    watch.close();
    const namespace = native.currentNamespace();
    native.identity(namespace);
    native.owner(namespace);
    native.cookie(namespace);
    native.closeFd(native.duplicateNamespace(namespace));
    native.closeFd(namespace);
    refused(() => native.openNamespace('/dev/null'));
    refused(() => new native.NetlinkSocket({ namespace: -1, protocol: 77, port: 0 }));
    void native.createNamespaceAsync(false).then((fd) => native.closeFd(fd));
  }
}

export interface Census {
  readonly fds: string[];
  readonly threads: string[];
  readonly mounts: string[];
}

/** What this process holds. Threads by name, since those of the pool and of the engine stay. */
export function census(): Census {
  const fs = process.getBuiltinModule('node:fs');
  const read = (path: string): string[] => {
    try {
      return [fs.readFileSync(path, 'utf8').trim()];
    } catch {
      return []; // A thread that ended while the folder was read.
    }
  };
  const link = (path: string): string[] => {
    try {
      return [fs.readlinkSync(path).replace(/\[\d+\]/, '')];
    } catch {
      return []; // The fd by which the folder is read.
    }
  };
  return {
    fds: fs
      .readdirSync('/proc/self/fd')
      .flatMap((fd) => link(`/proc/self/fd/${fd}`))
      .sort(),
    threads: fs
      .readdirSync('/proc/self/task')
      .flatMap((thread) => read(`/proc/self/task/${thread}/comm`))
      .sort(),
    mounts: fs.readFileSync('/proc/self/mountinfo', 'utf8').split('\n'),
  };
}

/**
 * What this process holds when threads that were joined have gone: they stand in /proc a moment longer. When something stays, what is there
 * after many looks.
 */
export async function settledCensus(before: Census): Promise<Census> {
  let now = census();
  for (let look = 0; look < 500 && now.threads.length > before.threads.length; look += 1) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    now = census();
  }
  return now;
}

/** What is there more than before. Mounts of others go away when their folders do, in every mount namespace. */
export function gained(before: Census, after: Census): Census {
  const more = (older: readonly string[], newer: readonly string[]): string[] => {
    const rest = [...older];
    return newer.filter((entry) => {
      const index = rest.indexOf(entry);
      if (index >= 0) rest.splice(index, 1);
      return index < 0;
    });
  };
  return { fds: more(before.fds, after.fds), threads: more(before.threads, after.threads), mounts: more(before.mounts, after.mounts) };
}

export const nothing: Census = { fds: [], threads: [], mounts: [] };
