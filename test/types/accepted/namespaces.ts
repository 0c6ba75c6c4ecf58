import { Namespace, NetlaneError, NetlinkError, SystemError, type NamespaceEntry } from 'netlane';

export async function forms(controller: AbortController): Promise<bigint> {
  await using temporary = await Namespace.create();
  const named = await Namespace.create('blue', { ifExists: 'open', loopback: true, temporary: true });
  await Namespace.open('blue');
  await Namespace.open({ path: '/proc/1/ns/net' });
  await Namespace.open({ pid: 1 });
  await Namespace.open({ pid: 1, tid: 1 });
  await Namespace.open({ pidfd: 3, pid: undefined });
  await Namespace.open({ fd: 3 }, { lane: 'shared' });
  await Namespace.open({ socket: 3 });
  await Namespace.open({ container: '0123456789ab' });
  await Namespace.attach('name', { pid: process.pid });
  await Namespace.delete('name');
  const entries: NamespaceEntry[] = await Namespace.list({ all: true });
  for (const { name, id, cookie, nsid, pids } of entries) void [name?.length, id.length, cookie + 1n, (nsid ?? 0) + 1, pids.length];
  for await (const change of Namespace.watch({ signal: controller.signal })) void change;
  const { length } = Namespace.leaks().threads;
  const same: boolean = named.equals(temporary);
  // Optional inputs may be undefined, so that options can be passed on.
  await Namespace.create(undefined, { loopback: same ? true : undefined });
  return temporary.cookie + BigInt(length);
}

export function explain(error: unknown): string {
  if (error instanceof NetlinkError)
    return `${error.errno} ${error.kernelMessage ?? ''} ${error.attribute ?? ''} ${error.policy?.type ?? ''}`;
  if (error instanceof SystemError) return `${error.syscall} ${error.path ?? ''}`;
  if (error instanceof NetlaneError && error.code === 'NETLANE_CLOSED') return error.message;
  return String(error);
}
