import { spawnSync } from 'node:child_process';
import { limit } from '../../support/time.js';

/*
 * BPF programs are loaded by a system call that Node has not got: Perl, which every Debian has, makes it, and goes on as Node with the
 * program's descriptor. The program says "pass" to every packet, and needs no compiler: two instructions, r0 = 2 (XDP_PASS) or 0
 * (BPF_OK), and exit.
 */
const loader = String.raw`
use strict; use Errno; use Fcntl;
my ($number, $type, $code, @command) = @ARGV;
my $instructions = pack('C2 s l C2 s l', 0xb7, 0, 0, $code, 0x95, 0, 0, 0);
my $license = "GPL\0";
my $attributes = pack('L L P P L L Q L L', $type, 2, $instructions, $license, 0, 0, 0, 0, 0) . ("\0" x 72);
my $fd = syscall($number, 5, $attributes, length $attributes);
if ($fd < 0) { print "failed " . ((grep { $!{$_} } keys %!)[0] // "EIO"); exit 0 }
open(my $handle, '<&=', $fd) or die;
fcntl($handle, F_SETFD, 0) or die;
$ENV{PROGRAM_FD} = $fd;
exec @command or die;
`;

/** Number of bpf(2) by Node's name of the architecture. */
const systemCalls: Readonly<Record<string, number>> = { x64: 321, arm64: 280 };

/** bpf_prog_type, and what "pass" is there. */
const types = { xdp: [6, 2], 'lwt-in': [10, 0], 'lwt-out': [11, 0], 'lwt-xmit': [12, 0] } as const;

/**
 * Runs a module of JavaScript as a process of its own, in which PROGRAM_FD is the number of a descriptor of such a program, and gives what
 * it printed, as JSON. Throws with the kernel's code where no program can be loaded.
 */
export function withProgram(type: keyof typeof types, module: string): unknown {
  const number = systemCalls[process.arch];
  if (number === undefined) throw Object.assign(new Error(`the number of bpf(2) on ${process.arch} is not known here`), { code: 'ENOSYS' });
  const [programType, pass] = types[type];
  const command = [process.execPath, '--input-type=module', '--eval', module];
  const done = spawnSync('perl', ['-e', loader, String(number), String(programType), String(pass), ...command], {
    encoding: 'utf8',
    timeout: limit(20_000),
  });
  if (done.error !== undefined) throw done.error;
  const refusal = /^failed (\w+)/.exec(done.stdout)?.[1];
  if (refusal !== undefined) throw Object.assign(new Error(`bpf(2) was refused: ${refusal}`), { code: refusal });
  if (done.status !== 0) throw new Error(`the program ended with ${done.status ?? done.signal ?? '?'}: ${done.stderr}`);
  return JSON.parse(done.stdout);
}
