// Programs inside: one that is run to its end, one with streams, one that fails, and one whose failure is an answer.
// Prints:
//   v0 v1
//   the mtu of v0 is 1400
//   the child ended with 0, null
//   NETLANE_PROCESS_FAILED: exit status 2, …/missing…
//   lo is there: true
import { once } from 'node:events';
import { Namespace } from 'netlane';

const blue = await Namespace.create({ loopback: true });
try {
  await blue.exec('ip', ['link', 'add', 'v0', 'mtu', '1400', 'type', 'veth', 'peer', 'name', 'v1']);
  const { stdout } = await blue.exec('ip', ['-o', 'link', 'show', 'type', 'veth']);
  console.log(
    [...stdout.matchAll(/^\d+: (v\d)/gm)]
      .map(([, name]) => name)
      .sort()
      .join(' '),
  );

  const script = 'while read name; do cat "/sys/class/net/$name/mtu"; done';
  const child = await blue.spawn('sh', ['-c', script], { mounts: true });
  child.stdin.write('v0\n');
  const [answer] = await once(child.stdout, 'data');
  console.log(`the mtu of v0 is ${String(answer).trim()}`);
  child.stdin.end();
  const [code, signal] = await once(child, 'close');
  console.log(`the child ended with ${code}, ${signal}`);

  const error = await blue.exec('ls', ['/missing']).catch((failure) => failure);
  console.log(`${error.code}: exit status ${error.exitCode}, ${error.stderr.trim()}`);

  const { exitCode } = await blue.exec('ip', ['link', 'show', 'lo'], { reject: false });
  console.log(`lo is there: ${exitCode === 0}`);
} finally {
  await blue.close();
}
