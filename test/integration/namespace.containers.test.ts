import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { cgroupRoots } from '../../lib/namespace/containers.js';
import { Namespace } from '../../lib/namespace.js';
import { rejectionOf } from '../support/error-of.js';
import { pathOf, resultOfProgram, withNamespace } from '../support/namespaces.js';
import { needs, needsRoot } from '../support/skip.js';

const id = `5e${process.pid.toString(16)}`.padEnd(64, 'c7');

/** Makes a control group and its missing parents in the kernel's own tree; what it made is gone afterwards. */
async function withControlGroup(path: string, use: (path: string) => Promise<void>): Promise<void> {
  const made: string[] = [];
  const make = (folder: string): void => {
    try {
      mkdirSync(folder);
      made.push(folder);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') {
        make(dirname(folder));
        make(folder);
      } else if (code !== 'EEXIST') throw error;
    }
  };
  make(path);
  try {
    await use(path);
  } finally {
    for (const folder of made.reverse()) rmdirSync(folder);
  }
}

function root(): string {
  const [first] = cgroupRoots();
  if (first === undefined) throw Object.assign(new Error('no cgroup tree is mounted'), { code: 'ENOENT' });
  return first;
}

describe('Namespace.open of a container', () => {
  before(async function () {
    needsRoot(this);
    await needs(this, 'control groups that can be made', () =>
      withControlGroup(join(root(), `netlane-probe-${process.pid}`), () => Promise.resolve()),
    );
  });

  for (const [runtime, path] of [
    ['Docker', `docker/${id}`],
    ['podman', `netlane-machine.slice/libpod-${id}.scope/container`],
    ['CRI-O', `netlane-kubepods.slice/netlane-kubepods-pod1.slice/crio-${id}.scope`],
  ] as const) {
    it(`opens the namespace of a process in a control group as ${runtime} makes it`, async () => {
      await withNamespace(async (namespace) => {
        await withControlGroup(join(root(), path), async (group) => {
          const child = spawn('nsenter', [`--net=${pathOf(namespace)}`, '--', 'sh', '-c', 'echo ready; exec sleep 600'], {
            stdio: ['ignore', 'pipe', 'ignore'],
          });
          await once(child.stdout, 'data');
          writeFileSync(join(group, 'cgroup.procs'), String(child.pid));
          try {
            for (const container of [id, id.slice(0, 12), `docker://${id}`]) {
              const opened = await Namespace.open({ container });
              expect(opened.equals(namespace)).to.equal(true);
              await opened.close();
            }
          } finally {
            child.kill('SIGKILL');
            await once(child, 'exit');
          }
          // A control group stays busy until the kernel has reaped the process.
          const error = await rejectionOf(Namespace.open({ container: id }));
          expect(error).to.include({ code: 'NETLANE_CONTAINER_NOT_FOUND' });
          expect(error.message).to.include('has no process that is visible here');
        });
      });
    });
  }

  it('says that there is no such container', async () => {
    const error = await rejectionOf(Namespace.open({ container: 'f'.repeat(64) }));
    expect(error).to.include({ code: 'NETLANE_CONTAINER_NOT_FOUND' });
    expect(error.message).to.include(root()).and.to.include('{ pid }');
  });

  it('looks into /sys/fs/cgroup whatever is mounted there', () => {
    const text = `
      import { execFileSync } from 'node:child_process';
      import { mkdirSync, writeFileSync } from 'node:fs';
      execFileSync('mount', ['-t', 'tmpfs', 'none', '/sys/fs/cgroup']);
      mkdirSync('/sys/fs/cgroup/system.slice/docker-${id}.scope', { recursive: true });
      writeFileSync('/sys/fs/cgroup/system.slice/docker-${id}.scope/cgroup.procs', process.pid + '\\n');
      const opened = await Namespace.open({ container: '${id.slice(0, 12)}' });
      const own = await Namespace.current();
      console.log(JSON.stringify(opened.equals(own)));
      await Promise.all([opened.close(), own.close()]);`;
    expect(resultOfProgram(text, ['unshare', '--mount', '--'])).to.equal(true);
  });
});
