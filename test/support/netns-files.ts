import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';

/*
 * Files of /etc/netns/NAME for a test. Root makes them on the machine, under a name that nobody else has, and takes them away again; an ordinary
 * user, whose run has mounts of its own, gets a copy of what is needed of /etc first.
 */

const directory = '/etc/netns';
const needed = ['resolv.conf', 'hosts', 'passwd', 'group', 'nsswitch.conf', 'services', 'protocols', 'ld.so.cache'];

function mayWrite(): boolean {
  try {
    mkdirSync(directory, { recursive: true });
    mkdirSync(`${directory}/.probe-${process.pid}`);
    rmdirSync(`${directory}/.probe-${process.pid}`);
    return true;
  } catch (error) {
    if (['EACCES', 'EROFS', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** Puts a copy over /etc, which can be written. Returns what takes it away. */
function coverEtc(): () => void {
  const kept = needed.filter((file) => readdirSync('/etc').includes(file)).map((file) => [file, readFileSync(`/etc/${file}`)] as const);
  execFileSync('mount', ['-t', 'tmpfs', 'netlane-tests', '/etc']);
  for (const [file, content] of kept) writeFileSync(`/etc/${file}`, content);
  return () => execFileSync('umount', ['/etc']);
}

/** Runs the test with files of its own for a namespace's name. */
export async function withNetnsFiles<T>(name: string, files: Readonly<Record<string, string>>, use: () => Promise<T>): Promise<T> {
  const uncover = mayWrite() ? undefined : coverEtc();
  try {
    mkdirSync(`${directory}/${name}`, { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(`${directory}/${name}/${file}`, text);
    return await use();
  } finally {
    rmSync(`${directory}/${name}`, { recursive: true, force: true });
    uncover?.();
  }
}
