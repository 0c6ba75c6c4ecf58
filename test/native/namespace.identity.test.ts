import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import { expect } from 'chai';
import { errorOf } from '../support/error-of.js';
import { needs, needsRoot } from '../support/skip.js';
import { addon, addonPath, failureOf, inNamespace, withSockets } from './support/addon.js';
import type { Native } from '../../lib/native.js';
import { resultOf, runScenario } from './support/scenario.js';

const CLONE_NEWNET = 0x40000000;

/** The code of the error when lo's address is connected to in a namespace where nobody listens. */
async function connectInside(namespace: number): Promise<string | undefined> {
  const socket = new Socket({ fd: addon().openSocket(namespace, 2, 1, 0) });
  socket.connect({ host: '127.0.0.1', port: 1 });
  const [error] = (await once(socket, 'error').catch((failure: unknown) => [failure])) as [NodeJS.ErrnoException];
  await once(socket, 'close');
  return error.code;
}

describe('A namespace fd', () => {
  describe('of the caller', () => {
    it('is the namespace of the calling thread, under its kernel identity', () => {
      const fd = addon().currentNamespace();
      try {
        const { dev, ino } = statSync('/proc/thread-self/ns/net', { bigint: true });
        expect(addon().identity(fd)).to.deep.equal({ device: dev, inode: ino });
        expect(addon().namespaceType(fd)).to.equal(CLONE_NEWNET);
        const user = statSync('/proc/self/ns/user', { bigint: true });
        expect(addon().owner(fd)).to.deep.equal({ device: user.dev, inode: user.ino });
      } finally {
        addon().closeFd(fd);
      }
    });

    it('is closed on exec and duplicated as such', () => {
      const fd = addon().currentNamespace();
      const copy = addon().duplicateNamespace(fd);
      try {
        expect(copy).not.to.equal(fd);
        expect(addon().identity(copy)).to.deep.equal(addon().identity(fd));
        const { stdout, status } = spawnSync('ls', ['-l', '/proc/self/fd'], { encoding: 'utf8' });
        expect(status).to.equal(0);
        expect(stdout).to.match(/ 1 -> /);
        expect(stdout).not.to.include('net:[');
      } finally {
        addon().closeFd(copy);
        addon().closeFd(fd);
      }
    });
  });

  describe('of a new namespace', function () {
    before(function () {
      needsRoot(this);
    });

    it('has an identity and a cookie that no other has', async () => {
      await inNamespace((first) =>
        inNamespace((second) => {
          const native = addon();
          expect(native.identity(first)).not.to.deep.equal(native.identity(second));
          expect([native.inodeOf(first), native.inodeOf(second)]).to.deep.equal([first, second].map((fd) => native.identity(fd).inode));
          expect(native.cookie(first) > 0n).to.equal(true);
          expect(native.cookie(first)).not.to.equal(native.cookie(second));
          expect(native.cookie(first)).to.equal(native.cookie(first));
        }),
      );
    });

    it('is told from the one that the calling thread is in', () =>
      inNamespace((fd) => {
        const native = addon();
        const own = native.currentNamespace();
        expect([native.entryOf(own), native.entryOf(fd)]).to.deep.equal([-1, fd]);
        for (let count = 0; count < 2; count += 1) new native.InsideSocket(fd, 2, 1, 0).close();
        expect([native.entryOf(own), native.entryOf(fd)]).to.deep.equal([-1, fd]);
        native.endOpener(fd);
        native.closeFd(own);
        expect(failureOf(errorOf(() => native.entryOf(own)))).to.include({ syscall: 'fstat' });
      }));

    it('leaves the calling thread where it is', async () => {
      const before = readlinkSync('/proc/thread-self/ns/net');
      await inNamespace(async (fd) => {
        addon().cookie(fd);
        await withSockets((open) => {
          const inside = open({ namespace: fd, protocol: 0 });
          const outside = open({ protocol: 0 });
          expect(inside.cookie).to.equal(addon().cookie(fd));
          expect(outside.cookie).not.to.equal(inside.cookie);
        });
        expect(readlinkSync('/proc/thread-self/ns/net')).to.equal(before);
        expect(statSync('/proc/thread-self/ns/net', { bigint: true }).ino).not.to.equal(addon().identity(fd).inode);
      });
    });

    it('is found by a socket that was opened inside', async () => {
      await inNamespace((fd) => {
        const native = addon();
        const socket = native.openSocket(fd, 2, 1, 0);
        try {
          const found = native.namespaceOfSocket(socket);
          try {
            expect(native.identity(found)).to.deep.equal(native.identity(fd));
          } finally {
            native.closeFd(found);
          }
        } finally {
          native.closeFd(socket);
        }
      });
    });

    it('has lo up when asked, and down when not', async () => {
      // Connecting to lo that is down is ENETUNREACH, and refused when it is up.
      for (const [up, errno] of [
        [true, 'ECONNREFUSED'],
        [false, 'ENETUNREACH'],
      ] as const) {
        const fd = await addon().createNamespaceAsync(up);
        const found = await connectInside(fd);
        addon().closeFd(fd);
        expect(found).to.equal(errno);
      }
    });

    it('is what a thread enters for good', async () => {
      interface Report {
        before: string;
        after: string;
        main: string;
        refused: { errno: number; syscall: string };
      }
      const enter = async (file: string): Promise<void> => {
        const { Worker } = process.getBuiltinModule('node:worker_threads');
        const fs = process.getBuiltinModule('node:fs');
        const native = process.getBuiltinModule('node:module').createRequire('/')(file) as Native;
        const fd = await native.createNamespaceAsync(false);
        let refused = {};
        try {
          native.enterNamespace(fd);
        } catch (error) {
          const { errno, syscall } = error as NodeJS.ErrnoException;
          refused = { errno, syscall };
        }
        const worker = new Worker(
          `const fs = require('node:fs'); const native = require(${JSON.stringify(file)});
           const where = () => fs.readlinkSync('/proc/thread-self/ns/net');
           const before = where(); native.enterNamespace(${fd});
           setTimeout(() => require('node:worker_threads').parentPort.postMessage({ before, after: where() }), 1);`,
          { eval: true },
        );
        worker.once('message', (seen: object) => {
          console.log(JSON.stringify({ ...seen, main: fs.readlinkSync('/proc/thread-self/ns/net'), refused }));
        });
      };
      const report = resultOf(await runScenario(enter, [])) as Report;
      expect(report.before).to.equal(report.main);
      expect(report.after).not.to.equal(report.main);
      expect(report.refused).to.deep.equal({ errno: -1, syscall: 'setns' });
    });
  });

  describe('of a process', function () {
    before(function () {
      needsRoot(this);
    });

    it('is found by a pidfd, and not any more once the process has ended', async function () {
      await needs(this, 'perl (to make a pidfd)', () => {
        const { error } = spawnSync('perl', ['-e', '1']);
        if (error !== undefined) throw error;
      });
      interface Report {
        found: boolean;
        ended: { errno: number; syscall: string };
      }
      /** Gets a child and its pidfd from the program that became this one. */
      const look = (file: string, pid: number, pidfd: number): void => {
        const fs = process.getBuiltinModule('node:fs');
        const native = process.getBuiltinModule('node:module').createRequire('/')(file) as Native;
        const own = fs.readlinkSync('/proc/self/ns/net');
        while (fs.readlinkSync(`/proc/${pid}/ns/net`) === own) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
        const fd = native.namespaceOfPidfd(pidfd);
        const expected = fs.statSync(`/proc/${pid}/ns/net`, { bigint: true }).ino;
        const found = native.identity(fd).inode === expected;
        process.kill(pid, 'SIGKILL');
        // A zombie, whoever reaps it: it has no namespace any more.
        while (/^State:\t[^ZX]/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8')))
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
        let ended = {};
        try {
          native.namespaceOfPidfd(pidfd);
        } catch (error) {
          const { errno, syscall } = error as NodeJS.ErrnoException;
          ended = { errno, syscall };
        }
        console.log(JSON.stringify({ found, ended }));
      };
      const child = `my $pid = fork(); if ($pid == 0) { exec 'unshare', '--net', 'sleep', '1000' }
        my $fd = syscall(434, $pid, 0); die "pidfd_open: $!" if $fd < 0;
        open(my $handle, '<&=', $fd) or die $!; fcntl($handle, 2, 0) or die $!;
        $ENV{NETLANE_TEST_PID} = $pid; $ENV{NETLANE_TEST_PIDFD} = $fd; exec @ARGV or die $!;`;
      const program = `(${String(look)})(${JSON.stringify(addonPath)}, Number(process.env.NETLANE_TEST_PID), Number(process.env.NETLANE_TEST_PIDFD))`;
      const { stdout, stderr, status } = spawnSync('perl', ['-e', child, process.execPath, '-e', program], { encoding: 'utf8' });
      expect(status, stderr).to.equal(0);
      const report = JSON.parse(stdout) as Report;
      expect(report.found).to.equal(true);
      expect(report.ended.errno).to.equal(-3);
    });
  });
});
