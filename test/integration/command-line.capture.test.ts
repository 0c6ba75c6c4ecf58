import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Namespace } from '../../lib/namespace.js';
import { uniqueName, wire, withNamedNamespace, withNamespace } from '../support/namespaces.js';
import { needsMachineRoot, needsPrograms, needsRoot } from '../support/skip.js';
import { limit } from '../support/time.js';
import { until } from './support/route.js';
import { asTcpdump, compiledByTcpdump, readByTcpdump } from './support/tcpdump.js';

const main = fileURLToPath(new URL('../../lib/command-line/main.js', import.meta.url));

interface Ended {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

function collected(child: ChildProcess): Promise<Ended> {
  const out: Buffer[] = [];
  let stderr = '';
  child.stdout?.on('data', (part: Buffer) => out.push(part));
  child.stderr?.setEncoding('utf8').on('data', (part: string) => (stderr += part));
  return once(child, 'close').then(([status]) => ({ status: status as number | null, stdout: Buffer.concat(out), stderr }));
}

/** Two namespaces on one wire without packets of the kernel's own, a directory, and the name of the one that is captured in. */
function withScene(use: (scene: { other: Namespace; name: string; directory: string }) => Promise<void>): Promise<void> {
  return withNamedNamespace((namespace, name) =>
    withNamespace(async (other) => {
      const directory = mkdtempSync(join(tmpdir(), 'netlane-'));
      try {
        await Promise.all([namespace, other].map((each) => each.sysctl('net.ipv6.conf.default.disable_ipv6', 1)));
        wire(namespace, other, { addresses: ['10.9.0.1/24', '10.9.0.2/24'] });
        await use({ other, name, directory });
      } finally {
        rmSync(directory, { recursive: true });
      }
    }),
  );
}

function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [main, 'capture', ...args], { stdio: ['ignore', 'pipe', 'pipe'], timeout: limit(30_000) });
}

/** The head of the file is written when everything is heard already. */
function listening(file: string): Promise<void> {
  return until(`there is a head in ${file}`, () => (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0);
}

function ping(from: Namespace, count: number): Promise<unknown> {
  return from.exec('ping', ['-n', '-q', '-i', '0.01', '-c', String(count), '10.9.0.1']);
}

describe('netlane capture', function () {
  this.timeout(60_000);
  before(async function () {
    needsRoot(this);
    await needsPrograms(this, 'ping', 'tcpdump');
  });

  it('writes what tcpdump captures, packet for packet, and ends after so many', function () {
    needsMachineRoot(this, 'a capture of tcpdump, which becomes another user for it,');
    return withScene(async ({ other, name, directory }) => {
      const file = join(directory, 'netlane.pcapng');
      const reference = join(directory, 'tcpdump.pcap');
      const [program, ...args] = asTcpdump(['-i', 'v0', '-w', reference, '-U', '-c', '8']);
      const tcpdump = spawn('nsenter', [`--net=/run/netns/${name}`, program, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
      const tcpdumpEnded = once(tcpdump, 'close');
      await once(tcpdump.stderr, 'data');
      tcpdump.stderr.resume();
      const netlane = start([name, 'v0', '-w', file, '--count', '8']);
      const ended = collected(netlane);
      await listening(file);
      await ping(other, 4);
      const { status, stdout, stderr } = await ended;
      expect([status, stdout.length]).to.deep.equal([0, 0]);
      // ARP is among the first, so that there are more than it was to take.
      expect(stderr).to.match(/^netlane: 8 packets captured, \d+ more heard, 0 lost for want of buffer\n$/);
      await tcpdumpEnded;
      // Headers and all bytes. Of the times the kernel keeps one for each socket.
      const all = ['-n', '-e', '-t', '-XX'];
      const expected = readByTcpdump(reference, all);
      expect(expected).to.match(/ICMP echo request/);
      expect(readByTcpdump(file, all)).to.equal(expected);
    });
  });

  it('ends by Ctrl-C with a whole file, what was heard last included', () =>
    withScene(async ({ other, name, directory }) => {
      const file = join(directory, 'netlane.pcapng');
      const netlane = start([name, 'v0', '-w', file]);
      const ended = collected(netlane);
      await listening(file);
      await ping(other, 3);
      netlane.kill('SIGINT');
      const { status, stderr } = await ended;
      expect(status).to.equal(0);
      expect(stderr).to.match(/^netlane: \d+ packets captured, 0 more heard, 0 lost for want of buffer\n$/);
      const lines = readByTcpdump(file).trim().split('\n');
      expect(lines.filter((line) => line.includes('ICMP echo'))).to.have.lengthOf(6);
    }));

  it('keeps what the filter of tcpdump -ddd lets through, cut, and writes it to a pipe', () =>
    withScene(async ({ other, name }) => {
      const filter = compiledByTcpdump('icmp[icmptype] = icmp-echo');
      const netlane = start([name, 'v0', '-w', '-', '--filter', filter, '-s', '40', '-c', '2', '--promiscuous']);
      const ended = collected(netlane);
      await once(netlane.stdout ?? netlane, 'data');
      await ping(other, 3);
      const { status, stdout, stderr } = await ended;
      expect(status, stderr).to.equal(0);
      const [program, ...args] = asTcpdump(['-n', '-r', '-']);
      const read = spawnSync(program, args, { input: stdout, encoding: 'utf8', timeout: limit(20_000) });
      expect(read.status, read.stderr).to.equal(0);
      const lines = read.stdout.trim().split('\n');
      expect(lines).to.have.lengthOf(2);
      for (const line of lines) expect(line).to.match(/ 10\.9\.0\.2 > 10\.9\.0\.1: .*icmp/i);
      expect(read.stderr).to.match(/snapshot length 44/);
    }));

  it('ends after so long, and when its reader has had enough', () =>
    withScene(async ({ name, directory }) => {
      const file = join(directory, 'empty.pcapng');
      const { status, stderr } = await collected(start([name, 'any', '-w', file, '--duration', '0.05', '-B', '256']));
      expect([status, stderr]).to.deep.equal([0, 'netlane: 0 packets captured, 0 more heard, 0 lost for want of buffer\n']);
      expect(readByTcpdump(file)).to.equal('');

      const piped = start([name, 'v0', '-w', '-']);
      const ended = collected(piped);
      await once(piped.stdout ?? piped, 'data');
      // Without another packet.
      piped.stdout?.destroy();
      expect((await ended).status).to.equal(0);
    }));

  it('waits for a reader who takes his time', () =>
    withScene(async ({ other, name }) => {
      const capture = [process.execPath, main, 'capture', name, 'v0', '-w', '-', '--count', '150'];
      // A pipe that holds less than what is captured, and is read when the test says so.
      const script = 'set -o pipefail; "$@" | { read -r go <&3; cat; }';
      const shell = spawn('bash', ['-c', script, 'bash', ...capture], {
        stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
        timeout: limit(30_000),
      });
      const ended = collected(shell);
      const path = `/run/netns/${name}`;
      await until('it listens', () =>
        /^\w+ +\d+ +\d+ +0003/m.test(spawnSync('nsenter', [`--net=${path}`, 'cat', '/proc/net/packet'], { encoding: 'utf8' }).stdout),
      );
      await other.exec('ping', ['-n', '-q', '-i', '0.01', '-s', '1400', '-c', '100', '10.9.0.1']);
      (shell.stdio[3] as Writable).end('go\n');
      const { status, stdout, stderr } = await ended;
      expect([status, stderr]).to.deep.equal([0, stderr.match(/^netlane: 150 packets captured, .*\n$/)?.[0]]);
      const [program, ...args] = asTcpdump(['-n', '-r', '-']);
      const read = spawnSync(program, args, { input: stdout, encoding: 'utf8', timeout: limit(20_000) });
      expect(read.stdout.trim().split('\n'), read.stderr).to.have.lengthOf(150);
    }));

  it('says what it cannot do, and then leaves the file alone', () =>
    withScene(async ({ name, directory }) => {
      const file = join(directory, 'kept');
      const tell = (...args: string[]): Promise<Ended> => collected(start(args));
      const told = await Promise.all([
        tell(name, 'v7', '-w', file),
        tell(uniqueName(), 'v0', '-w', file),
        tell(name, 'v0', '-w', join(directory, 'nowhere', 'file')),
        tell(name, 'v0'),
        tell(name, 'v0', '-w', file, '--filter', 'port 53'),
        tell(name, 'any', '-w', file, '--promiscuous'),
        tell(name, 'v0', '-w', file, '--snap-length', '0'),
        tell(name, 'v0', '-w', '/dev/full'),
      ]);
      const expected: [status: number, text: string][] = [
        [1, 'there is no link v7 in this namespace'],
        [1, 'no namespace has this name'],
        [1, 'ENOENT'],
        [2, 'capture needs a file'],
        [2, 'tcpdump -ddd'],
        [2, 'not of any'],
        [2, '--snap-length takes bytes, 1 to 262144, not "0"'],
        [1, 'ENOSPC'],
      ];
      for (const [index, [status, text]] of expected.entries()) {
        expect(told[index]?.status, text).to.equal(status);
        expect(told[index]?.stderr).to.include(text);
      }
      expect(() => readFileSync(file))
        .to.throw()
        .with.property('code', 'ENOENT');
    }));
});
