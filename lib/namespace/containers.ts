import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { invalidArgument, NetlaneError } from '../errors.js';
import { native } from '../native.js';
import { codeOf, namespaceError } from './entry-error.js';
import { startTime } from './processes.js';

/*
 * Containers have no names in the kernel. What all runtimes leave is a control group named for the container's id:
 *
 *   Docker, systemd driver        system.slice/docker-ID.scope
 *   Docker, cgroupfs driver       docker/ID
 *   podman, systemd driver        machine.slice/libpod-ID.scope[/container], user.slice/.../libpod-ID.scope
 *   podman, cgroupfs driver       libpod_parent/libpod-ID
 *   podman, --cgroups=split       NAME.service/libpod-payload-ID
 *   containerd under Kubernetes   kubepods.slice/.../cri-containerd-ID.scope, kubepods/.../podUID/ID
 *   containerd alone              NAMESPACE/ID (ctr: default/NAME), nerdctl: system.slice/nerdctl-ID.scope
 *   CRI-O                         kubepods.slice/.../crio-ID.scope, kubepods/.../podUID/crio-ID
 *   Amazon ECS                    ecs/TASK/ID
 *
 * libpod-conmon-ID and crio-conmon-ID hold the monitor, which is in the host's namespace, and are no container.
 */

/** A hexadecimal id, behind the prefix of its runtime. */
const scoped = /^(?:docker|libpod|libpod-payload|crio|cri-containerd|nerdctl|containerd)-([0-9a-f]{12,64})(?:\.scope)?$/;
/** A directory named by the id alone is a container only with a full id: all else is too likely something different. */
const bare = /^[0-9a-f]{64}$/;
/** Names that ctr(8) allows (containerd, pkg/identifiers). */
const identifier = /^[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*$/;
const shortest = 4;
const deepest = 32;

/** A control group that belongs to a container. */
export interface ContainerGroup {
  readonly id: string;
  readonly path: string;
}

/** Checks what open({ container }) was given. */
export function checkContainerId(id: unknown): string {
  const expected = `a container id: ${shortest} to 64 hexadecimal digits, or the whole name of a ctr container`;
  // Tools print ids as docker://ID or containerd://ID (kubectl): what follows is the id.
  const bareId = typeof id === 'string' ? id.replace(/^[a-z-]+:\/\//, '') : id;
  if (typeof bareId !== 'string' || bareId.length < shortest || bareId.length > 128 || !identifier.test(bareId)) {
    throw invalidArgument('source.container', expected, id);
  }
  return bareId;
}

/** The id of the container that a directory of a cgroup tree is named for; undefined for every other directory. */
export function containerIdOf(name: string): string | undefined {
  return scoped.exec(name)?.[1] ?? (bare.test(name) ? name : undefined);
}

function matches(path: string, depth: number, wanted: string): string | undefined {
  const name = basename(path);
  const id = containerIdOf(name);
  if (id !== undefined) return id.startsWith(wanted.toLowerCase()) ? id : undefined;
  // ctr: /NAMESPACE/NAME, with any name; the whole of it must be given.
  return depth === 2 && name === wanted && !dirname(path).endsWith('.slice') ? name : undefined;
}

function subdirectories(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(path, entry.name));
  } catch (error) {
    // Groups come and go while the tree is walked, and some may be closed to this user.
    if (['ENOENT', 'ENODEV', 'EACCES', 'ENOTDIR'].includes(codeOf(error) ?? '')) return [];
    throw error;
  }
}

/** Where cgroup trees are mounted, as /proc/self/mountinfo tells: version 2 first, then the hierarchies of version 1. */
export function cgroupRoots(mountinfo = readFileSync('/proc/self/mountinfo', 'utf8')): readonly string[] {
  const roots: { path: string; rank: number }[] = [];
  for (const line of mountinfo.split('\n')) {
    const [before, after] = line.split(' - ');
    const path = before?.split(' ')[4];
    const kind = after?.split(' ')[0];
    if (path === undefined || (kind !== 'cgroup' && kind !== 'cgroup2')) continue;
    // Every runtime uses name=systemd, pids or memory; the others are searched only after these.
    const usual = /name=systemd|\bpids\b|\bmemory\b/.test(after ?? '');
    const plain = path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
    roots.push({ path: plain, rank: kind === 'cgroup2' ? 0 : usual ? 1 : 2 });
  }
  return roots.sort((one, other) => one.rank - other.rank).map((root) => root.path);
}

/** All control groups below the root whose container's id is or starts with `wanted`. */
async function groupsBelow(root: string, wanted: string): Promise<ContainerGroup[]> {
  const found: ContainerGroup[] = [];
  const queue = subdirectories(root).map((path) => ({ path, depth: 1 }));
  for (let index = 0; index < queue.length; index += 1) {
    const next = queue[index];
    if (next === undefined) break;
    // A node with ten thousand groups must not hold up the event loop.
    if (index % 128 === 127) await turn();
    const id = matches(next.path, next.depth, wanted);
    if (id !== undefined) found.push({ id, path: next.path });
    if (next.depth < deepest) for (const path of subdirectories(next.path)) queue.push({ path, depth: next.depth + 1 });
  }
  return found;
}

/** Searched when no tree has the container: a tree may be copied there, or mounted by something that mountinfo does not call cgroup. */
const usualRoot = '/sys/fs/cgroup';

/**
 * The control groups of one container, in all hierarchies. Throws NETLANE_CONTAINER_NOT_FOUND, and
 * NETLANE_CONTAINER_AMBIGUOUS with the candidates when a short id fits several containers.
 */
export async function findContainer(wanted: string, roots: readonly string[], lastResort?: string): Promise<readonly ContainerGroup[]> {
  const operation = `find container ${wanted}`;
  const found: ContainerGroup[] = [];
  for (const root of roots) found.push(...(await groupsBelow(root, wanted)));
  if (found.length === 0 && lastResort !== undefined) found.push(...(await groupsBelow(lastResort, wanted)));
  if (found.length === 0) {
    throw new NetlaneError('NETLANE_CONTAINER_NOT_FOUND', `no control group of a running container has this id`, {
      operation,
      hint: `searched: ${roots.length === 0 ? 'nothing, since no cgroup tree is mounted here' : roots.join(', ')}; give the id, not the name, of a running container, or the pid of one of its processes with { pid }`,
      details: { roots },
    });
  }
  // One that was given whole is meant, even when it is the beginning of another.
  const exact = found.filter((group) => group.id === wanted);
  const fitting = exact.length > 0 ? exact : found;
  const ids = [...new Set(fitting.map((group) => group.id))].sort();
  if (ids.length > 1) {
    throw new NetlaneError('NETLANE_CONTAINER_AMBIGUOUS', `${ids.length} containers have this id: ${ids.join(', ')}`, {
      operation,
      hint: 'give more digits of it',
      details: { candidates: fitting },
    });
  }
  return fitting;
}

function pidsOf(path: string): number[] {
  try {
    // A process of a pid namespace that is not visible from here shows as 0.
    return readFileSync(join(path, 'cgroup.procs'), 'latin1')
      .split('\n')
      .map(Number)
      .filter((pid) => pid > 0);
  } catch (error) {
    // EOPNOTSUPP: a threaded group, whose processes are listed further up.
    if (['ENOENT', 'ENODEV', 'EACCES', 'EOPNOTSUPP', 'ENOTSUP'].includes(codeOf(error) ?? '')) return [];
    throw error;
  }
}

/**
 * The processes of a container, its first one first. Groups below (an init system makes some) are looked into, those of containers
 * inside the container are not.
 */
export function processesOfGroups(groups: readonly ContainerGroup[]): readonly number[] {
  const pids = new Set<number>();
  const queue = groups.map((group) => group.path);
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    for (const pid of pidsOf(path)) pids.add(pid);
    queue.push(...subdirectories(path).filter((below) => containerIdOf(basename(below)) === undefined));
  }
  const started = [...pids].flatMap((pid) => {
    const time = startTime(pid);
    return time === undefined ? [] : [{ pid, time }];
  });
  // The first process of a container is the one that its runtime started in the container's namespace; others may have moved on.
  return started.sort((one, other) => Number(one.time - other.time) || one.pid - other.pid).map(({ pid }) => pid);
}

/** Opens the network namespace of a running container. The fd is the caller's. */
export async function openContainer(container: unknown): Promise<number> {
  const wanted = checkContainerId(container);
  const operation = `open the namespace of container ${wanted}`;
  const groups = await findContainer(wanted, cgroupRoots(), usualRoot);
  let failure: unknown;
  for (const pid of processesOfGroups(groups)) {
    let fd;
    try {
      fd = native().openNamespace(`/proc/${pid}/ns/net`);
    } catch (thrown) {
      failure = thrown;
      // It ended in between: the next one is as good.
      if (['ENOENT', 'ESRCH'].includes(codeOf(thrown) ?? '')) continue;
      throw namespaceError(thrown, {
        operation,
        hint: `process ${pid} of the container is another user's: it needs root, or CAP_SYS_PTRACE`,
      });
    }
    // Only if the process is still in the container was the number not given away before it was opened.
    if (processesOfGroups(groups).includes(pid)) return fd;
    native().closeFd(fd);
  }
  throw new NetlaneError('NETLANE_CONTAINER_NOT_FOUND', `its control group ${groups[0]?.path ?? ''} has no process that is visible here`, {
    operation,
    hint: 'the container has stopped, or runs in a pid namespace outside of this one',
    details: { candidates: groups },
    cause: failure,
  });
}
