// node .scripts/bench.mjs [OPTIONS]: the benchmark, in a mount namespace of its own so that its names are nobody else's.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { root } from './files.mjs';

if (process.getuid() !== 0) {
  process.stderr.write('netlane: the benchmark makes network namespaces: run it as root\n');
  process.exit(1);
}
const own = 'mkdir -p /run/netns && mount -t tmpfs -o mode=755 netlane-bench /run/netns && exec "$@"';
// unshare, sh and the benchmark are one process after the other: a signal for this one is for it.
const child = spawn(
  'unshare',
  [
    '--mount',
    '--propagation',
    'private',
    '--',
    'sh',
    '-c',
    own,
    'sh',
    process.execPath,
    'dist/test/bench/bench.js',
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit' },
);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
const [status] = await once(child, 'exit');
process.exit(status ?? 1);
