import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { exitCodes, type Call, type Command } from './command.js';
import { codeOfSignal, handOn } from './signals.js';
import { processNumber } from './source.js';
import type { Terminal } from './terminal.js';

/*
 * A process with several threads, as every Node is, cannot make a user namespace for itself. util-linux's unshare(1) and nsenter(1) can, in front of the
 * command: they also know the order in which the maps of ids are written.
 */

const unshareFlags = ['--user', '--map-root-user', '--mount', '--net', '--propagation', 'slave'];

/**
 * /run/netns as a tmpfs of its own. Where there is none, an ordinary user cannot make one: then /run is a tmpfs in which everything that was there is
 * put back, links as links.
 */
const privateNames = `
if [ -d /run/netns ]; then
  mount -t tmpfs -o mode=755 netlane /run/netns || exit 125
else
  mount --rbind /run /mnt 2>/dev/null && old=/mnt || old=
  mount -t tmpfs -o mode=755 netlane /run || exit 125
  mkdir /run/netns
  if [ -n "$old" ]; then
    for each in "$old"/*; do
      name=\${each##*/}
      if [ -L "$each" ]; then cp -P "$each" "/run/$name"
      elif [ -d "$each" ]; then mkdir "/run/$name" && mount --rbind "$each" "/run/$name"
      elif [ -e "$each" ]; then : > "/run/$name" && mount --bind "$each" "/run/$name"
      fi 2>/dev/null
    done
    umount -l /mnt
  fi
fi
ip link set lo up 2>/dev/null || ifconfig lo up 2>/dev/null || echo "netlane: lo is down: there is neither ip nor ifconfig" >&2
exec "$@"`;

const inDirectory = 'cd "$1" 2>/dev/null; shift; exec "$@"';

function freshCommand(command: readonly string[]): string[] {
  return ['unshare', ...unshareFlags, '--', 'sh', '-c', privateNames, 'sh', ...command];
}

function joinCommand(pid: number, command: readonly string[]): string[] {
  const enter = ['nsenter', '--target', String(pid), '--user', '--preserve-credentials', '--mount', '--net', '--'];
  return [...enter, 'sh', '-c', inDirectory, 'sh', process.cwd(), ...command];
}

function valueOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined; // Other kernels have other knobs.
  }
}

/** Why this user may not make user namespaces, as far as it can be told. */
function explanation(said: string): string {
  const knobs: [path: string, off: string, what: string][] = [
    ['/proc/sys/user/max_user_namespaces', '0', 'sysctl user.max_user_namespaces=10000'],
    ['/proc/sys/kernel/unprivileged_userns_clone', '0', 'sysctl kernel.unprivileged_userns_clone=1'],
    ['/proc/sys/kernel/apparmor_restrict_unprivileged_userns', '1', 'sysctl kernel.apparmor_restrict_unprivileged_userns=0'],
  ];
  const found = knobs.filter(([path, off]) => valueOf(path) === off).map(([, , what]) => what);
  const remedy =
    found.length > 0
      ? `root can allow it: ${found.join(', ')}`
      : 'in a container it takes --cap-add SYS_ADMIN or --security-opt seccomp=unconfined; with sudo there is no need for it';
  return `${said === '' ? 'user namespaces cannot be made here' : said} (${remedy})`;
}

/** Tries what will be done with nothing to do. True when it works; else the reason is told. */
async function possible(command: readonly string[], join: boolean, terminal: Terminal): Promise<boolean> {
  const [file = '', ...args] = command;
  const end = terminal.progress(() => `trying ${file}`);
  // Not spawn's own time-out, whose timer lives on where nothing could be started.
  const probe = spawn(file, args, { signal: AbortSignal.timeout(30_000), stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  probe.stderr.setEncoding('utf8').on('data', (part: string) => (said += part));
  try {
    // Rejects where it cannot be started.
    const [code] = (await once(probe, 'close')) as [number | null];
    if (code === 0) return true;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') terminal.complain(`${file} is missing: install util-linux`);
    else terminal.complain(code === 'ABORT_ERR' ? `${file} has not come back after 30 s` : message);
    return false;
  } finally {
    end();
  }
  said = said.trim().split('\n').at(-1) ?? '';
  terminal.complain(join ? `${said} (only processes of a user namespace of your own can be joined)` : explanation(said));
  return false;
}

/** Who it was outside, for programs inside that want to know. */
export const rootlessMarker = 'NETLANE_ROOTLESS';

async function run({ values, rest, terminal }: Call): Promise<number> {
  const { join } = values;
  const pid = typeof join === 'string' ? processNumber(join) : undefined;
  const wrap = (command: readonly string[]): string[] => (pid === undefined ? freshCommand(command) : joinCommand(pid, command));
  if (!(await possible(wrap(['true']), pid !== undefined, terminal))) return exitCodes.notStarted;
  const [file = '', ...args] = wrap(rest);
  const env = { ...process.env, [rootlessMarker]: process.env[rootlessMarker] ?? String(process.getuid?.() ?? '') };
  const child = spawn(file, args, { stdio: 'inherit', env });
  const stop = handOn((signal) => child.kill(signal));
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  stop();
  return code ?? codeOfSignal(signal ?? '');
}

export const rootless: Command = {
  name: 'rootless',
  summary: 'Run a command as root of a user, mount and network namespace of its own',
  usage: 'rootless [--join PID] [--] COMMAND [ARGUMENT...]',
  options: {
    join: {
      type: 'string',
      short: 'j',
      value: 'PID',
      completes: 'processes',
      text: 'enter the namespaces of a process that was started so, instead of new ones',
    },
  },
  positionals: [0, 0],
  runs: true,
  details: `For ordinary users: inside, the command may make network namespaces, links and all else, and has a /run/netns of its own. Outside
it can change nothing that the user could not. Ends as the command does; with 125 when that is not possible here, and
says why. Uses unshare(1) and nsenter(1) of util-linux.`,
  run,
};
