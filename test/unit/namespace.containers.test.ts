import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  cgroupRoots,
  checkContainerId,
  containerIdOf,
  findContainer,
  processesOfGroups,
  type ContainerGroup,
} from '../../lib/namespace/containers.js';
import { errorOf, rejectionOf } from '../support/error-of.js';
import { withPlainDirectory } from '../support/directories.js';

const id = '4f1c'.padEnd(64, 'a9');
const other = '4f1d'.padEnd(64, '03');
const pod = 'pod7b0e5f3e-12c4-4bb5-9d12-0f5c2b1f77aa';
const podSlice = 'kubepods-burstable-pod7b0e5f3e_12c4_4bb5_9d12_0f5c2b1f77aa.slice';

/** Lays out a cgroup tree: each path with its processes. */
function layOut(root: string, groups: Readonly<Record<string, readonly number[]>>): void {
  for (const [path, pids] of Object.entries(groups)) {
    mkdirSync(join(root, path), { recursive: true });
    writeFileSync(join(root, path, 'cgroup.procs'), pids.map((pid) => `${pid}\n`).join(''));
  }
}

/** Where each runtime puts a container, by driver and version of the tree. */
const layouts: Readonly<Record<string, (container: string) => string>> = {
  'Docker, systemd driver': (container) => `system.slice/docker-${container}.scope`,
  'Docker, cgroupfs driver': (container) => `docker/${container}`,
  'Docker with --cgroup-parent': (container) => `mine.slice/mine-apps.slice/docker-${container}.scope`,
  'rootless Docker': (container) => `user.slice/user-1000.slice/user@1000.service/user.slice/docker-${container}.scope`,
  'podman, systemd driver': (container) => `machine.slice/libpod-${container}.scope`,
  'rootless podman': (container) => `user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${container}.scope`,
  'podman, cgroupfs driver': (container) => `libpod_parent/libpod-${container}`,
  'podman, split cgroups': (container) => `system.slice/web.service/libpod-payload-${container}`,
  'containerd under Kubernetes, systemd driver': (container) =>
    `kubepods.slice/kubepods-burstable.slice/${podSlice}/cri-containerd-${container}.scope`,
  'containerd under Kubernetes, cgroupfs driver': (container) => `kubepods/burstable/${pod}/${container}`,
  'guaranteed pods': (container) => `kubepods/${pod}/${container}`,
  'Kubernetes in Docker': (container) => `docker/${'b'.repeat(64)}/kubelet/kubepods/besteffort/${pod}/${container}`,
  'CRI-O, systemd driver': (container) => `kubepods.slice/kubepods-besteffort.slice/${podSlice}/crio-${container}.scope`,
  'CRI-O, cgroupfs driver': (container) => `kubepods/besteffort/${pod}/crio-${container}`,
  nerdctl: (container) => `system.slice/nerdctl-${container}.scope`,
  'Amazon ECS': (container) => `ecs/0c4e8a4f2b7d4f0c9a3e/${container}`,
};

describe('containers in cgroup trees', () => {
  for (const [runtime, path] of Object.entries(layouts)) {
    it(`are found as ${runtime} lays them out, by whole and by short id`, async () => {
      await withPlainDirectory(async (root) => {
        layOut(root, { [path(id)]: [11, 12], [path(other)]: [21], 'system.slice/ssh.service': [1], 'init.scope': [1] });
        for (const wanted of [id, id.slice(0, 12), id.slice(0, 4)]) {
          expect(await findContainer(wanted, [root]), wanted).to.deep.equal([{ id, path: join(root, path(id)) }]);
        }
      });
    });
  }

  it('are one container in all hierarchies of version 1', async () => {
    await withPlainDirectory(async (root) => {
      for (const hierarchy of ['memory', 'pids', 'cpu,cpuacct']) layOut(root, { [`${hierarchy}/docker/${id}`]: [11] });
      const roots = ['memory', 'pids', 'cpu,cpuacct'].map((hierarchy) => join(root, hierarchy));
      const found = await findContainer(id.slice(0, 8), roots);
      expect(new Set(found.map((group) => group.id))).to.deep.equal(new Set([id]));
      expect(found).to.have.length(3);
    });
  });

  it('say which they are when a short id fits several', async () => {
    await withPlainDirectory(async (root) => {
      layOut(root, { [`docker/${id}`]: [11], [`machine.slice/libpod-${other}.scope`]: [21] });
      const error = await rejectionOf(findContainer('4f1', [root]));
      expect(error).to.include({ code: 'NETLANE_CONTAINER_AMBIGUOUS', operation: 'find container 4f1' });
      expect(error.message).to.include(id).and.to.include(other).and.to.include('give more digits');
      const { candidates } = (error as unknown as { details: { candidates: ContainerGroup[] } }).details;
      expect(candidates).to.have.deep.members([
        { id, path: join(root, `docker/${id}`) },
        { id: other, path: join(root, `machine.slice/libpod-${other}.scope`) },
      ]);
      expect(await findContainer('4f1d', [root])).to.have.length(1);
    });
  });

  it('are not found when there are none, nor for monitors, pods, slices and things that only look alike', async () => {
    await withPlainDirectory(async (root) => {
      layOut(root, {
        [`machine.slice/libpod-conmon-${id}.scope`]: [11],
        [`kubepods.slice/crio-conmon-${id}.scope`]: [12],
        [`kubepods/burstable/${pod}`]: [13],
        [`docker/${id.slice(0, 63)}`]: [14],
        [`docker/${id.slice(0, 63)}g`]: [15],
        [`system.slice/other-${id}.scope`]: [16],
        [`system.slice/docker-${id}.service`]: [17],
      });
      const error = await rejectionOf(findContainer(id.slice(0, 12), [root]));
      expect(error).to.include({ code: 'NETLANE_CONTAINER_NOT_FOUND' });
      expect(error.message).to.include(`searched: ${root}`);
      expect(await rejectionOf(findContainer(id, [join(root, 'missing')]))).to.include({ code: 'NETLANE_CONTAINER_NOT_FOUND' });
      expect((await rejectionOf(findContainer(id, []))).message).to.include('no cgroup tree is mounted here');
    });
  });

  it('are found by their whole name where ctr gave one', async () => {
    await withPlainDirectory(async (root) => {
      layOut(root, { 'default/redis': [11], 'default/redis-2': [12], 'system.slice/nginx': [13], 'a/b/deep': [14] });
      expect(await findContainer('redis', [root])).to.deep.equal([{ id: 'redis', path: join(root, 'default/redis') }]);
      for (const name of ['redi', 'nginx', 'deep', 'default']) {
        expect(await rejectionOf(findContainer(name, [root])), name).to.include({ code: 'NETLANE_CONTAINER_NOT_FOUND' });
      }
    });
  });

  it('have the processes of their own groups below, but not those of containers inside', async () => {
    await withPlainDirectory((root) => {
      const { pid, ppid } = process;
      const base = `system.slice/docker-${id}.scope`;
      layOut(root, {
        [base]: [],
        [`${base}/init.scope`]: [ppid, 0],
        [`${base}/system.slice/a.service`]: [pid],
        [`${base}/docker/${other}`]: [1],
      });
      // The parent started first.
      expect(processesOfGroups([{ id, path: join(root, base) }])).to.deep.equal([ppid, pid]);
      expect(processesOfGroups([{ id, path: join(root, 'missing') }])).to.deep.equal([]);
    });
  });

  it('give no process that has ended', async () => {
    await withPlainDirectory((root) => {
      layOut(root, { [`docker/${id}`]: [process.pid, 4_194_303, 0] });
      expect(processesOfGroups([{ id, path: join(root, `docker/${id}`) }])).to.deep.equal([process.pid]);
    });
  });

  it('never come out of any other name', () => {
    const hex = fc.stringMatching(/^[0-9a-f]{64}$/);
    fc.assert(fc.property(hex, (text) => containerIdOf(text) === text && containerIdOf(`docker-${text}.scope`) === text));
    fc.assert(
      fc.property(fc.string(), (text) => {
        const found = containerIdOf(text);
        return found === undefined || (/^[0-9a-f]{12,64}$/.test(found) && text.includes(found));
      }),
    );
  });
});

describe('the id of a container', () => {
  it('is taken as tools print it', () => {
    for (const text of [id, id.slice(0, 12), id.slice(0, 4)]) expect(checkContainerId(text)).to.equal(text);
    for (const scheme of ['docker', 'containerd', 'cri-o']) expect(checkContainerId(`${scheme}://${id}`)).to.equal(id);
    expect(checkContainerId('redis-2.x')).to.equal('redis-2.x');
  });

  it('is refused when it is too short or can be no id', () => {
    for (const text of ['', 'abc', 'a/b/c', '../..', 'a b c d', 'x'.repeat(129), '-abcd', 5, null, undefined, {}]) {
      expect(errorOf(() => checkContainerId(text))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    }
  });
});

describe('cgroup trees', () => {
  it('are found where they are mounted, version 2 first, then what every runtime uses', () => {
    const mountinfo = [
      '22 27 0:21 / /proc rw,relatime - proc proc rw',
      '32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu',
      '35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:5 - cgroup cgroup rw,memory',
      '41 31 0:38 / /sys/fs/cgroup/uni\\040fied rw,relatime - cgroup2 cgroup2 rw',
      '',
    ].join('\n');
    expect(cgroupRoots(mountinfo)).to.deep.equal(['/sys/fs/cgroup/uni fied', '/sys/fs/cgroup/memory', '/sys/fs/cgroup/cpu']);
    expect(cgroupRoots('')).to.deep.equal([]);
  });
});
