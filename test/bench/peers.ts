import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Contestant } from './racer.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const sources = join(root, 'test/bench/peers');
const programs = join(root, 'dist/bench');

/** A peer that takes part: how one of its works is started. */
export type Peer = (work: string, namespace: string, ...args: string[]) => readonly [string, ...string[]];

/** The peers by name; a string says how to get the one that is missing. */
export interface Peers {
  readonly C: Peer | string;
  readonly Go: Peer | string;
  readonly 'npm netlink': Peer | string;
  readonly pyroute2: Peer | string;
  readonly iproute2: Peer | string;
}

function succeeds(file: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): boolean {
  return spawnSync(file, args, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ...environment } }).status === 0;
}

const inside = (namespace: string, ...command: string[]): readonly [string, ...string[]] => [
  'nsenter',
  `--net=/run/netns/${namespace}`,
  ...command,
];

function compiled(name: string, build: () => boolean, missing: string): Peer | string {
  const program = join(programs, name);
  if (!build() || !existsSync(program)) return missing;
  return (work, namespace, ...args) => inside(namespace, program, work, ...args);
}

function inC(): Peer | string {
  const program = join(programs, 'peer-c');
  const build = (): boolean => succeeds('cc', ['-O2', '-o', program, join(sources, 'peer.c'), '-lpthread']);
  return compiled('peer-c', build, 'apt-get install gcc libc6-dev');
}

function inGo(): Peer | string {
  const missing = 'apt-get install golang-go golang-github-vishvananda-netlink-dev';
  const gopath = '/usr/share/gocode';
  if (!existsSync(join(gopath, 'src/github.com/vishvananda/netlink'))) return missing;
  const build = (): boolean =>
    succeeds('go', ['build', '-o', join(programs, 'peer-go'), join(sources, 'peer.go')], { GO111MODULE: 'off', GOPATH: gopath });
  return compiled('peer-go', build, missing);
}

function npmNetlink(): Peer | string {
  try {
    const found = createRequire(import.meta.url).resolve('netlink');
    return (work, namespace, ...args) => inside(namespace, process.execPath, join(sources, 'peer-netlink.cjs'), found, work, ...args);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    return 'npm install --no-save netlink';
  }
}

function pyroute2(): Peer | string {
  // Debian's package is for Debian's Python, which need not be the first in the path.
  const python = '/usr/bin/python3';
  if (!succeeds(python, ['-c', 'import importlib.util, sys; sys.exit(importlib.util.find_spec("pyroute2") is None)'])) {
    return 'apt-get install python3-pyroute2';
  }
  return (work, namespace, ...args) => inside(namespace, python, join(sources, 'peer.py'), work, ...args);
}

function iproute2(): Peer | string {
  if (!succeeds('ip', ['-Version'])) return 'apt-get install iproute2';
  return (work, namespace) => inside(namespace, process.execPath, join(sources, 'peer-ip.mjs'), work);
}

/** Builds the peers that can be built here. */
export function findPeers(): Peers {
  mkdirSync(programs, { recursive: true });
  return { C: inC(), Go: inGo(), 'npm netlink': npmNetlink(), pyroute2: pyroute2(), iproute2: iproute2() };
}

/** Contestants of a work: those peers that are here and know it. */
export function contestants(
  peers: Peers,
  namespace: string,
  works: Readonly<Partial<Record<keyof Peers, { readonly work: string; readonly count?: number }>>>,
  ...args: string[]
): Contestant[] {
  return Object.entries(works).flatMap(([name, { work, count }]) => {
    const peer = peers[name as keyof Peers];
    return typeof peer === 'string' ? [] : [{ name, command: peer(work, namespace, ...args), count }];
  });
}
